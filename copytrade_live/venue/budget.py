"""How fast a host may be asked: a ceiling per family of endpoints, and a pace that gives way when it says 429."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pyrate_limiter import Limiter, Rate

_FIRST_GAP_SECONDS = 0.05
_LONGEST_GAP_SECONDS = 2.0
_SHORTEST_GAP_SECONDS = 0.005
_KEPT_PER_ANSWER = 0.9


@dataclass(frozen=True, slots=True)
class Family:
    """Endpoints that the venue counts together. Units: requests a second."""

    name: str
    prefixes: tuple[str, ...]
    per_second: float


@dataclass(slots=True)
class Use:
    """What became of a host's budget so far. Units: limit in requests a second, None where there is no ceiling."""

    requests: int = 0
    throttled: int = 0
    waited_seconds: float = 0.0
    limit: float | None = None


class Pace:
    """Time between two requests: doubled by each 429, and a tenth of it won back by each answer."""

    def __init__(self) -> None:
        self.gap_seconds = 0.0
        self._next_at = 0.0
        self.use = Use()

    async def wait(self) -> None:
        """Wait for one's turn; no wait at all while the host is content."""
        now = asyncio.get_running_loop().time()
        turn, self._next_at = max(self._next_at, now), max(self._next_at, now) + self.gap_seconds
        if turn > now:
            await asyncio.sleep(turn - now)

    def slow_down(self) -> None:
        """The host said that it is asked too often."""
        self.gap_seconds = min(max(2 * self.gap_seconds, _FIRST_GAP_SECONDS), _LONGEST_GAP_SECONDS)

    def speed_up(self) -> None:
        """The host answered."""
        self.gap_seconds *= _KEPT_PER_ANSWER
        if self.gap_seconds < _SHORTEST_GAP_SECONDS:
            self.gap_seconds = 0.0


class Budget:
    """What one host allows: everything together, and each family. Shared by all clients of this process."""

    def __init__(self, host: str, per_second: float | None, families: Sequence[Family] = ()) -> None:
        self._pace = pace_of(host)
        self._pace.use.limit = per_second
        self._everything = None if per_second is None else limiter_of(host, "", per_second)
        self._families = [
            (family.prefixes, limiter_of(host, family.name, family.per_second))
            for family in families
            if per_second is not None
        ]

    async def wait(self, path: str) -> None:
        """Wait until this path may be asked."""
        loop, use = asyncio.get_running_loop(), self._pace.use
        asked_at = loop.time()
        await self._take_turn(path)
        use.requests += 1
        use.waited_seconds += loop.time() - asked_at

    async def _take_turn(self, path: str) -> None:
        await self._pace.wait()
        for prefixes, limiter in self._families:
            if path.startswith(prefixes):
                await limiter.try_acquire_async("venue")
        if self._everything is not None:
            await self._everything.try_acquire_async("venue")

    def heard(self, *, is_throttled: bool) -> None:
        """Learn from an answer."""
        if is_throttled:
            self._pace.use.throttled += 1
            self._pace.slow_down()
        else:
            self._pace.speed_up()


PACES: dict[str, Pace] = {}


def pace_of(host: str) -> Pace:
    """The one pace of a host, kept in PACES."""
    return PACES.setdefault(host, Pace())


@cache
def limiter_of(host: str, family: str, per_second: float) -> Limiter:
    """The one ceiling of a host's family."""
    burst = max(1, int(per_second))
    return Limiter(Rate(burst, round(1000 * burst / per_second)))
