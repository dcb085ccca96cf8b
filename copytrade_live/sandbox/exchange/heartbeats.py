"""The dead man's switch: once armed, an API key that falls silent loses all its open orders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.exchange.options import made_uuid
from copytrade_live.sandbox.exchange.settlement import Agenda

DEADLINE: Instant = 10 * SECOND


class Heartbeats:
    """The last beat of every API key that has armed the switch; it cannot be disarmed."""

    def __init__(self, agenda: Agenda, lapse: Callable[[str, Instant], None]) -> None:
        self._agenda, self._lapse = agenda, lapse
        self._beats: dict[str, tuple[int, Instant]] = {}

    def expected(self, owner: str) -> str:
        """The id the next beat must carry; empty before the first."""
        count, _ = self._beats.get(owner, (0, 0))
        return made_uuid("heartbeat", owner, count) if count else ""

    def beat(self, owner: str, heartbeat_id: str, now: Instant) -> str | None:
        """Note a beat. Returns: the id of the next one; None when the id was not the expected one."""
        if heartbeat_id != self.expected(owner):
            return None
        count, _ = self._beats.get(owner, (0, 0))
        self._beats[owner] = (count + 1, now)
        self._agenda.note(now + DEADLINE, partial(self._check, owner, count + 1))
        return self.expected(owner)

    def _check(self, owner: str, count: int, at: Instant) -> None:
        if self._beats[owner][0] == count:
            self._lapse(owner, at)
            self._agenda.note(at + DEADLINE, partial(self._check, owner, count))
