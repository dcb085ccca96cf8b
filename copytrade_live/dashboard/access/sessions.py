"""Sessions of browsers: they live here, in memory; a browser holds only the name of one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from copytrade_live.clock import Clock
from copytrade_live.core.market import HOUR, MINUTE, Instant
from copytrade_live.dashboard.access.keys import KeyRecord
from copytrade_live.dashboard.access.tokens import digest, make_token
from copytrade_live.dashboard.schemas.session import Role

# Many more than people; the one unused for longest makes room.
MOST_SESSIONS = 500


@dataclass(slots=True, kw_only=True)
class Session:
    """Someone logged in. token_id is the digest of what the browser holds, key_sha256 that of the key used."""

    token_id: str
    user: str
    role: Role
    csrf: str
    key_sha256: str
    began_at: Instant
    seen_at: Instant
    ends_at: Instant


class SessionStore:
    """Begins, finds and ends sessions. Safe to use from several threads."""

    def __init__(
        self, clock: Clock, counts: Callable[[str], bool], *, idle_minutes: float, session_hours: float
    ) -> None:
        self._clock = clock
        self._counts = counts
        self._idle: Instant = round(idle_minutes * MINUTE)
        self._longest: Instant = round(session_hours * HOUR)
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def begin(self, record: KeyRecord, replaced: str = "") -> tuple[str, Session]:
        """Log in; the session that the browser held before ends. Returns: the token for its cookie, the session."""
        now, token = self._clock.now(), make_token()
        session = Session(
            token_id=digest(token),
            user=record.user,
            role=record.role,
            csrf=make_token(),
            key_sha256=record.sha256,
            began_at=now,
            seen_at=now,
            ends_at=now + self._longest,
        )
        with self._lock:
            self._sessions.pop(digest(replaced), None)
            if len(self._sessions) >= MOST_SESSIONS:
                del self._sessions[min(self._sessions, key=lambda name: self._sessions[name].seen_at)]
            self._sessions[session.token_id] = session
        return token, session

    def find(self, token: str) -> Session | None:
        """The session of a token that still counts; being found keeps it from growing idle."""
        return self._alive(digest(token), touch=True) if token else None

    def is_alive(self, session: Session) -> bool:
        """Whether it still counts, without keeping it from growing idle."""
        return self._alive(session.token_id, touch=False) is session

    def end(self, session: Session) -> None:
        """Log out."""
        with self._lock:
            self._sessions.pop(session.token_id, None)

    def _alive(self, token_id: str, *, touch: bool) -> Session | None:
        now = self._clock.now()
        with self._lock:
            session = self._sessions.get(token_id)
            if session is None:
                return None
            is_over = now >= session.ends_at or now - session.seen_at >= self._idle
            if is_over or not self._counts(session.key_sha256):
                del self._sessions[token_id]
                return None
            if touch:
                session.seen_at = now
            return session
