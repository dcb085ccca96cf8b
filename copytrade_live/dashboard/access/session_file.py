"""What of sessions outlives the process: digests and times, for its owner alone. Nothing in it logs anybody in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from copytrade_live.core.market import Instant
from copytrade_live.errors import StateError
from copytrade_live.logs import logger
from copytrade_live.private_file import check_private, replace_private

_log = logger("dashboard")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSession:
    """A session by the digests of its token and of its key. Whose it is and what it may says the key, not this."""

    token_id: str
    key_sha256: str
    began_at: Instant
    seen_at: Instant


class SessionFile:
    """Where they lie. Only one dashboard writes it: its name carries the port that this one listens on."""

    def __init__(self, folder: Path, port: int) -> None:
        self._path = folder / f"sessions-{port}.json"

    def read(self) -> tuple[KeptSession, ...]:
        """What the process before left; none where it cannot be trusted, so that everyone logs in again."""
        if not self._path.exists() and not self._path.is_symlink():
            return ()
        try:
            check_private(self._path, StateError, what="the sessions", whose="the dashboard's")
            found = json.loads(self._path.read_bytes())
            return tuple(
                KeptSession(
                    token_id=str(one["token_id"]),
                    key_sha256=str(one["key_sha256"]),
                    began_at=int(one["began_at"]),
                    seen_at=int(one["seen_at"]),
                )
                for one in found["sessions"]
            )
        except (StateError, OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("the sessions of before are not taken over, everyone logs in again: %s", error)
            return ()

    def write(self, sessions: Iterable[KeptSession]) -> None:
        """Keep these and no others. Where that fails none are kept: one that was ended must not come back."""
        content = json.dumps({"sessions": [asdict(one) for one in sessions]})
        try:
            replace_private(self._path, content)
        except (OSError, StateError) as error:
            _log.warning("sessions end with this process, they cannot be kept: %s", error)
            self._forget()

    def _forget(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            _log.error("remove %s by hand: a session that was ended could come back (%s)", self._path, error)
