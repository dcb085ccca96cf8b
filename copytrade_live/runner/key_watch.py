"""Says once a day that the session key's right to trade is nearly over: after that every order is refused."""

from __future__ import annotations

from collections.abc import Callable

from copytrade_live.clock import Clock
from copytrade_live.core.market import DAY
from copytrade_live.errors import StateError
from copytrade_live.runner.alerts import Alert, Severity
from copytrade_live.session_record import SessionRecord, read_session
from copytrade_live.settings import Home


class KeyWatch:
    """Watches the record of one live home. clock: the machine's, by which the right was given."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home, self._clock = home, clock
        self._told_on = -1

    @property
    def record(self) -> SessionRecord | None:
        """What is known of the key, None on paper and where nothing is known."""
        try:
            return read_session(self._home) if self._home.is_live else None
        except StateError:
            return None

    @property
    def days_left(self) -> float | None:
        """Days until its right ends."""
        record = self.record
        return None if record is None else record.days_left(self._clock.now())

    def look(self, tell: Callable[[Alert], None]) -> None:
        """Tell once a day while seven days or fewer are left."""
        now, record = self._clock.now(), self.record
        if record is None or now // DAY == self._told_on or not record.warning(now):
            return
        self._told_on = now // DAY
        severity = Severity.WARNING if record.valid_until > now else Severity.CRITICAL
        tell(Alert(at=now, kind="session_key_ends", severity=severity, text=record.warning(now)))
