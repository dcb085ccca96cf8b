"""Until when the session key may trade, as `keys authorize` left it here: the venue tells that only to the owner."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from copytrade_live.core.market import DAY, Instant
from copytrade_live.durable import make_folder, write_durably
from copytrade_live.errors import StateError
from copytrade_live.settings import Home

WARN_DAYS = 7.0
_FILE = "keys/session.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A session key's right to trade. Nothing in it is secret."""

    address: str
    wallet: str
    valid_until: Instant

    def days_left(self, now: Instant) -> float:
        """Days until it ends, below zero after that."""
        return (self.valid_until - now) / DAY

    def warning(self, now: Instant) -> str:
        """What to say while it is nearly over or over, else nothing."""
        days = self.days_left(now)
        if days > WARN_DAYS:
            return ""
        ends = f"ends in {days:.1f} days" if days > 0 else f"ended {-days:.1f} days ago"
        return f"the session key {self.address} {ends}: copytrade keys authorize {self.address}"


def write_session(home: Home, record: SessionRecord) -> None:
    """Remember what was authorised; a later one takes its place."""
    path = _path(home)
    make_folder(path.parent)
    path.parent.chmod(0o700)
    write_durably(path, json.dumps(asdict(record)).encode() + b"\n")


def read_session(home: Home) -> SessionRecord | None:
    """What was authorised last from this home, None where nothing was. Raises: StateError when it cannot be read."""
    path = _path(home)
    if not path.exists():
        return None
    try:
        return SessionRecord(**json.loads(path.read_bytes()))
    except (ValueError, TypeError, OSError) as error:
        raise StateError(f"{path} does not say until when a session key may trade ({error}); remove it") from error


def forget_session(home: Home, address: str) -> None:
    """Its right was taken away."""
    record = read_session(home)
    if record is not None and record.address.lower() == address.lower():
        _path(home).unlink()


def _path(home: Home) -> Path:
    return home.root / _FILE
