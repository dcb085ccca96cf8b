"""Drives a runner through a stretch of a stepped world, from one thing that happens to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import HOUR, SECOND, Instant
from copytrade_live.errors import PayloadError
from copytrade_live.follow import LogFollower
from copytrade_live.runner.app import Runner
from copytrade_live.runner.roster import roster
from copytrade_live.runner.serve import open_runner
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_live.venue.http import Params, VenueHttp

LEAST_STRETCH: Instant = 8 * HOUR
LONGEST_STRETCH: Instant = 240 * HOUR
# How far time moves at most while nothing works, while positions are held, and while an order works.
IDLE_STEP: Instant = HOUR
HELD_STEP: Instant = 600 * SECOND
WORKING_STEP: Instant = SECOND


@dataclass(slots=True)
class Tally:
    """What the decision log says happened."""

    copies: int = 0
    fills: int = 0
    rejections: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)

    def add(self, line: Mapping[str, object]) -> None:
        """Count one decision."""
        match line["event"]:
            case "copied":
                self.copies += 1
            case "filled":
                self.fills += 1
            case "rejected":
                self.rejections[str(line["reason"])] += 1
            case "exit":
                self.exits[str(line["reason"])] += 1

    @property
    def is_complete(self) -> bool:
        """Whether there was at least one of each."""
        return self.copies > 0 and bool(self.rejections) and bool(self.exits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """How a stretch ended. Units: equity in collateral."""

    tally: Tally
    hours: float
    equity: float
    positions: int
    gate_is_open: bool


class SteppedWorld:
    """A sandbox whose time moves only when told, and the clock that moves with it."""

    def __init__(self, http: VenueHttp, clock: ManualClock, index_lag: Instant) -> None:
        self._http = http
        self._index_lag = index_lag
        self.clock = clock

    @classmethod
    async def join(cls, http: VenueHttp) -> SteppedWorld:
        """Take the world's time as it stands."""
        now = await _instant(http, "/admin/clock", "now_ms")
        lag = await _instant(http, "/admin/world", "index_lag_ms")
        return cls(http, ManualClock(now or 0), lag or 0)

    async def next_fill(self, wallets: tuple[str, ...], after: Instant) -> Instant | None:
        """When the data API shows the next fill of these wallets that it did not show before, None when none comes."""
        query: dict[str, str | int] = {"after_ms": after - self._index_lag, "wallets": ",".join(wallets)}
        return await _instant(self._http, "/admin/next", "visible_ms", query)

    async def step_to(self, instant: Instant) -> None:
        """Move the world, then the clock."""
        await self._http.post("/admin/step", {"to_ms": instant})
        self.clock.set(instant)


async def drive(config: CopytradeConfig, home: Home, tell: Callable[[str], None]) -> Stretch:
    """Run until there was a copy, a rejection and an exit, and long enough to see more than one; then close.

    Raises: StateError, VenueError.
    """
    async with VenueHttp(config.venue.clob_url) as http:
        world = await SteppedWorld.join(http)
        begun, tally, log, said = world.clock.now(), Tally(), LogFollower(home.decisions), ""
        async with open_runner(config, home, world.clock) as runner:
            while not _is_enough(world.clock.now() - begun, tally):
                await runner.tick()
                for line in log.new_decisions():
                    tally.add(line)
                said = _tell_news(tell, said, _progress(world.clock.now() - begun, tally))
                await world.step_to(await _next_moment(runner, config, world))
            stretch = _describe(runner, tally, world.clock.now() - begun)
        for line in log.new_decisions():
            tally.add(line)
    return stretch


def _is_enough(passed: Instant, tally: Tally) -> bool:
    return (passed >= LEAST_STRETCH and tally.is_complete) or passed >= LONGEST_STRETCH


async def _next_moment(runner: Runner, config: CopytradeConfig, world: SteppedWorld) -> Instant:
    now, portfolio = world.clock.now(), runner.state.portfolio
    if portfolio.working:
        return now + WORKING_STEP
    wallets = roster(config.tracker, runner.state.standing.snapshot, portfolio)
    # The last look at the leaders may be as old as the time between two looks.
    interval = round(config.tracker.poll_interval_seconds * SECOND)
    fill = await world.next_fill(wallets, now - interval) if wallets else None
    latest = now + (HELD_STEP if portfolio.positions else IDLE_STEP)
    return latest if fill is None else min(latest, max(fill, now + interval))


def _describe(runner: Runner, tally: Tally, passed: Instant) -> Stretch:
    portfolio, gate = runner.state.portfolio, runner.state.standing.gate
    return Stretch(
        tally=tally,
        hours=passed / HOUR,
        equity=portfolio.equity,
        positions=len(portfolio.positions),
        gate_is_open=gate is not None and gate.is_open,
    )


def _tell_news(tell: Callable[[str], None], said: str, text: str) -> str:
    if text != said:
        tell(text)
    return text


def _progress(passed: Instant, tally: Tally) -> str:
    refused, left = tally.rejections.total(), tally.exits.total()
    return f"hour {passed // HOUR}: {tally.copies} copied, {refused} refused, {left} exits"


async def _instant(http: VenueHttp, path: str, name: str, query: Params | None = None) -> Instant | None:
    payload = (await http.get(path, query)).payload
    value = payload.get(name) if isinstance(payload, Mapping) else None
    if value is not None and not isinstance(value, int):
        raise PayloadError(
            f"{http.base_url}{path}: {name} must be milliseconds, was {value!r}", field=name, value=value
        )
    return value
