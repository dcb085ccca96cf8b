"""Sessions of browsers: they live here, in memory; a browser holds only the name of one.

Digests of them are kept in a file, so that a dashboard that starts again knows who was logged in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from copytrade_live.clock import Clock
from copytrade_live.core.market import HOUR, MINUTE, Instant
from copytrade_live.dashboard.access.keys import KeyRecord
from copytrade_live.dashboard.access.session_file import KeptSession, SessionFile
from copytrade_live.dashboard.access.tokens import csrf_of, digest, make_token
from copytrade_live.dashboard.schemas.session import Role

# Many more than people; the one unused for longest makes room.
MOST_SESSIONS = 500
# That one was used is written down no more often; after a restart it ends so much earlier at most.
NOTE_EVERY: Instant = MINUTE


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
        self,
        clock: Clock,
        record_of: Callable[[str], KeyRecord | None],
        *,
        idle_minutes: float,
        session_hours: float,
        file: SessionFile | None = None,
    ) -> None:
        self._clock = clock
        self._record_of = record_of
        self._idle: Instant = round(idle_minutes * MINUTE)
        self._longest: Instant = round(session_hours * HOUR)
        self._file = file
        self._noted_at: Instant = 0
        self._kept = {one.token_id: one for one in file.read()} if file else {}
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def begin(self, record: KeyRecord, replaced: str = "") -> tuple[str, Session]:
        """Log in; the session that the browser held before ends. Returns: the token for its cookie, the session."""
        now, token = self._clock.now(), make_token()
        session = self._session(token, record, began_at=now, seen_at=now)
        with self._lock:
            self._drop(digest(replaced))
            if len(self._sessions) >= MOST_SESSIONS:
                del self._sessions[min(self._sessions, key=lambda name: self._sessions[name].seen_at)]
            self._sessions[session.token_id] = session
            self._note(now)
        return token, session

    def find(self, token: str) -> Session | None:
        """The session of a token that still counts; being found keeps it from growing idle."""
        if not token:
            return None
        self._take_up(token)
        return self._alive(digest(token), touch=True)

    def is_alive(self, session: Session) -> bool:
        """Whether it still counts, without keeping it from growing idle."""
        return self._alive(session.token_id, touch=False) is session

    def end(self, session: Session) -> None:
        """Log out."""
        with self._lock:
            self._drop(session.token_id)
            self._note(self._clock.now())

    def _alive(self, token_id: str, *, touch: bool) -> Session | None:
        now = self._clock.now()
        with self._lock:
            session = self._sessions.get(token_id)
            if session is None:
                return None
            is_over = now >= session.ends_at or now - session.seen_at >= self._idle
            if is_over or self._record_of(session.key_sha256) is None:
                self._drop(token_id)
                return None
            if touch:
                session.seen_at = now
                if now - self._noted_at >= NOTE_EVERY:
                    self._note(now)
            return session

    def _take_up(self, token: str) -> None:
        """Know a session of the process before again, now that its browser brings what it is named by."""
        with self._lock:
            kept = self._kept.get(digest(token))
            if kept is None:
                return
            # Keys that cannot be read just now say nothing of the session.
            record = self._record_of(kept.key_sha256)
            del self._kept[kept.token_id]
            if record is not None:
                session = self._session(token, record, began_at=kept.began_at, seen_at=kept.seen_at)
                self._sessions[session.token_id] = session

    def _session(self, token: str, record: KeyRecord, *, began_at: Instant, seen_at: Instant) -> Session:
        return Session(
            token_id=digest(token),
            user=record.user,
            role=record.role,
            csrf=csrf_of(token),
            key_sha256=record.sha256,
            began_at=began_at,
            seen_at=seen_at,
            ends_at=began_at + self._longest,
        )

    def _drop(self, token_id: str) -> None:
        self._sessions.pop(token_id, None)
        self._kept.pop(token_id, None)

    def _note(self, now: Instant) -> None:
        """Write down which sessions there are; those not taken up yet stay while they may count."""
        if self._file is None:
            return
        self._noted_at = now
        ours = (
            KeptSession(token_id=one.token_id, key_sha256=one.key_sha256, began_at=one.began_at, seen_at=one.seen_at)
            for one in self._sessions.values()
        )
        waiting = (one for one in self._kept.values() if now - one.seen_at < self._idle)
        self._file.write((*ours, *waiting))
