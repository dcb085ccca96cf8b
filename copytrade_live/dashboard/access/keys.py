"""API keys of the dashboard: made once, shown once, kept as SHA-256 in a file for its owner alone."""

from __future__ import annotations

import hmac
import json
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass
from pathlib import Path

from copytrade_live.dashboard.access.tokens import KEY_PREFIX, digest, make_key
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.errors import ConfigError, StateError
from copytrade_live.file_stamp import Stamp, stamp_of
from copytrade_live.private_file import check_private, replace_private
from copytrade_live.programs import DASHBOARD_KEY
from copytrade_live.redaction import hide
from copytrade_live.settings import Home

KEY_VARIABLE = DASHBOARD_KEY
_FILE = "keys/dashboard.json"
# What 256 random bits take in base64.
LEAST_LENGTH, _LEAST_DISTINCT = 43, 12
_EXAMPLES = ("example", "changeme", "change-me", "secret", "password", "your-key", "test-key", "12345")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """What is known of a key: whom it stands for and its digest."""

    user: str
    role: Role
    sha256: str


class KeyRing:
    """The keys that log in: those of the file, read again when it changes, and one of the environment."""

    def __init__(self, home: Home, environment: MutableMapping[str, str]) -> None:
        self._path = key_file(home)
        self._given = _from_environment(environment)
        self._seen: Stamp | None = None
        self._kept: tuple[KeyRecord, ...] = ()

    def records(self) -> tuple[KeyRecord, ...]:
        """Every key that counts now. Raises: StateError when the file is open to others or cannot be read."""
        seen = stamp_of(self._path)
        if seen != self._seen:
            self._kept = read_keys(self._path)
            self._seen = seen
        return (*self._kept, *((self._given,) if self._given else ()))

    def find(self, key: str) -> KeyRecord | None:
        """Whose key this is. As much work for a wrong one as for a right one."""
        given, found = digest(key), None
        for record in self.records():
            if hmac.compare_digest(record.sha256, given):
                found = record
        return found

    def record_of(self, sha256: str) -> KeyRecord | None:
        """Whose key this digest is of; None once it no longer logs in."""
        return next((record for record in self.records() if hmac.compare_digest(record.sha256, sha256)), None)


def key_file(home: Home) -> Path:
    """Where the digests lie."""
    return home.root / _FILE


def rotate_key(home: Home, role: Role) -> str:
    """Make a key for a role; the one before no longer counts. Returns: the key, which is nowhere else."""
    path, key = key_file(home), make_key()
    hide(key)
    others = [record for record in read_keys(path) if record.role is not role]
    _write(path, [*others, KeyRecord(user=role.value, role=role, sha256=digest(key))])
    return key


def read_keys(path: Path) -> tuple[KeyRecord, ...]:
    """The digests of a file, none where there is no file. Raises: StateError."""
    if not path.exists() and not path.is_symlink():
        return ()
    check_private(path, StateError, what="the keys", whose="the dashboard's")
    try:
        found = json.loads(path.read_bytes())
        return tuple(
            KeyRecord(user=str(one["user"]), role=Role(one["role"]), sha256=str(one["sha256"])) for one in found["keys"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"{path} does not hold the dashboard's keys ({type(error).__name__}); remove it and run: "
            "copytrade dashboard key"
        ) from None


def check_given(key: str) -> None:
    """Refuse a key that can be guessed. Raises: ConfigError that does not repeat it."""
    lowered = key.lower()
    if any(word in lowered for word in _EXAMPLES):
        raise ConfigError(f"{KEY_VARIABLE} holds an example, not a key; {_BETTER}")
    if len(key) < LEAST_LENGTH:
        raise ConfigError(f"{KEY_VARIABLE} has {len(key)} characters, {LEAST_LENGTH} are needed; {_BETTER}")
    if len(set(key.removeprefix(KEY_PREFIX))) < _LEAST_DISTINCT:
        raise ConfigError(f"{KEY_VARIABLE} repeats a few characters and can be guessed; {_BETTER}")


_BETTER = "unset it and run: copytrade dashboard key"


def _from_environment(environment: MutableMapping[str, str]) -> KeyRecord | None:
    key = environment.pop(KEY_VARIABLE, None)
    if key is None:
        return None
    hide(key)
    check_given(key)
    return KeyRecord(user="admin", role=Role.ADMIN, sha256=digest(key))


def _write(path: Path, records: list[KeyRecord]) -> None:
    replace_private(path, json.dumps({"keys": [asdict(record) for record in records]}))
