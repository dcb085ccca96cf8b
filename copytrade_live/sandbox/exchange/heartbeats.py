"""The dead man's switch: once armed, an API key that falls silent loses all its open orders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.exchange.options import made_uuid
from copytrade_live.sandbox.exchange.settlement import Agenda

DEADLINE: Instant = 10 * SECOND


class Heartbeats:
    """The beats of every API key. Whoever lapses is no longer armed, and arms the switch anew with the next beat."""

    def __init__(self, agenda: Agenda, lapse: Callable[[str, Instant], None]) -> None:
        self._agenda, self._lapse = agenda, lapse
        self._beats: dict[str, int] = {}
        self._armed: set[str] = set()

    def expected(self, owner: str) -> str:
        """The id the next beat must carry; empty while the switch is not armed."""
        return made_uuid("heartbeat", owner, self._beats[owner]) if owner in self._armed else ""

    def beat(self, owner: str, heartbeat_id: str, now: Instant) -> str | None:
        """Note a beat. Returns: the id of the next one; None when the id was not the expected one."""
        if heartbeat_id != self.expected(owner):
            return None
        count = self._beats[owner] = self._beats.get(owner, 0) + 1
        self._armed.add(owner)
        self._agenda.note(now + DEADLINE, partial(self._check, owner, count))
        return self.expected(owner)

    def _check(self, owner: str, count: int, at: Instant) -> None:
        if self._beats[owner] == count:
            self._armed.discard(owner)
            self._lapse(owner, at)
