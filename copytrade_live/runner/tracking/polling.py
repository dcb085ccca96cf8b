"""Looking at each leader's listing in turn: complete, late, and as often as the venue's budget allows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from copytrade_live.clock import Clock
from copytrade_live.core.market import SECOND, Instant, Role
from copytrade_live.errors import VenueError
from copytrade_live.runner.health import Health
from copytrade_live.runner.sources import LeaderFeed
from copytrade_live.runner.tracking.ports import Sighting, SourceName
from copytrade_live.settings import TrackerConfig

_PART = "tracker"
# Without an answer for this many intervals a listing is no longer proof that the venue works.
_SILENT_INTERVALS = 5


@dataclass(slots=True)
class _Polled:
    """One wallet: newest is the newest fill listed, reach the one that the look before knew, so that two looks in a
    row list every fill: one may leave out what the next has. looked_at and looked_before are the last two good looks.
    """

    start: Instant
    newest: Instant
    reach: Instant
    looked_at: Instant = 0
    looked_before: Instant = 0
    due_at: float = 0.0


class PollSource:
    """Reads listings over HTTP. Each look reaches back over the newest fill listed, never over the last look."""

    name = SourceName.POLL
    is_complete = True
    wake = None

    def __init__(
        self, feed: LeaderFeed, clock: Clock, config: TrackerConfig, health: Health, *, requests_per_second: float
    ) -> None:
        self._feed = feed
        self._clock = clock
        self._config = config
        self._health = health
        self._limit = requests_per_second
        self._overlap = round(config.overlap_seconds * SECOND)
        self._wallets: dict[str, _Polled] = {}
        self._newest: Instant = 0
        self._covered: Instant = 0
        self._read_at = float("-inf")
        self._last_look: float | None = None
        self._credit = 0.0
        self.is_audit = False

    @property
    def interval_seconds(self) -> float:
        """Time between two looks."""
        return self._config.poll_interval_seconds

    @property
    def round_seconds(self) -> float:
        """Time between two looks at one wallet, as the number of wallets and our share of the budget make it."""
        return max(self._config.poll_interval_seconds, len(self._wallets) / self._rate)

    @property
    def _rate(self) -> float:
        share = self._config.audit_budget_share if self.is_audit else self._config.poll_budget_share
        return self._limit * share

    def follow(self, since: Mapping[str, Instant]) -> None:
        """Follow exactly these wallets, each from an instant on."""
        kept = {wallet: self._wallets[wallet] for wallet in since if wallet in self._wallets}
        self._wallets = {wallet: kept.get(wallet) or _Polled(start, start, start) for wallet, start in since.items()}
        self._reckon()

    def start_from(self, newest: Mapping[str, Instant]) -> None:
        """Let the next look at these wallets reach back over these fills: a run before listed them."""
        for wallet, at in newest.items():
            if wallet in self._wallets:
                self._wallets[wallet].newest = self._wallets[wallet].reach = at

    def hurry(self) -> None:
        """Look at every wallet once, as soon as the budget allows: another source may have missed something."""
        for one in self._wallets.values():
            one.due_at = 0.0

    async def look(self) -> Sequence[Sighting]:
        """Fills of the wallets whose turn it is. One that cannot be read is counted and left."""
        due = self._due(self._clock.monotonic())
        found = await asyncio.gather(*(self._read_safely(wallet, self._wallets[wallet]) for wallet in due))
        self._reckon()
        return [sighting for sightings in found for sighting in sightings]

    def covered_until(self) -> Instant:
        """What two good looks at each wallet listed, and not beyond the newest fill: a listing may stand still."""
        return self._covered

    def _reckon(self) -> None:
        looks = [max(one.looked_before, one.start + self._overlap) for one in self._wallets.values()]
        self._covered = max(0, min([*looks, self._newest]) - self._overlap)

    def is_alive(self, now: Instant) -> bool:
        """Whether any listing was read lately."""
        patience = max(_SILENT_INTERVALS * self._config.poll_interval_seconds, 15.0)
        return self._clock.monotonic() - self._read_at <= patience

    def take_gap(self) -> bool:
        """Never: a look reaches back over whatever was missed."""
        return False

    def facts(self) -> dict[str, object]:
        """What an operator may want to know of it."""
        return {"wallets": len(self._wallets), "is_audit": self.is_audit, "round_seconds": self.round_seconds}

    def _due(self, now: float) -> list[str]:
        waiting = [wallet for wallet, one in self._wallets.items() if now >= one.due_at]
        waiting.sort(key=lambda wallet: (self._wallets[wallet].due_at, self._wallets[wallet].looked_at))
        elapsed = self._config.poll_interval_seconds
        if self._last_look is not None:
            elapsed = min(max(0.0, now - self._last_look), 10.0)
        self._last_look = now
        # At least one, so that a small share still gets round.
        self._credit = min(self._credit + elapsed * self._rate, max(1.0, 10.0 * self._rate))
        turns = waiting[: int(self._credit)]
        self._credit -= len(turns)
        for wallet in turns:
            self._wallets[wallet].due_at = now + self.round_seconds
        return turns

    async def _read_safely(self, wallet: str, polled: _Polled) -> list[Sighting]:
        try:
            return await self._read(wallet, polled)
        except VenueError as error:
            self._health.failed(_PART, error)
            return []

    async def _read(self, wallet: str, polled: _Polled) -> list[Sighting]:
        started_at = self._clock.now()
        # Also before the start: the venue counts in whole seconds, and late rows are sorted out by the tracker.
        listing = await self._feed.fills(wallet, start=polled.reach - self._overlap)
        seen_at, self._read_at = self._clock.now(), self._clock.monotonic()
        self._health.succeeded(_PART, seen_at)
        self._health.saw_bad_rows(_PART, len(listing.bad))
        if listing.is_complete:
            polled.looked_before, polled.looked_at = polled.looked_at, started_at
            polled.reach = polled.newest
        polled.newest = max([polled.newest, *(fill.event_at for fill in listing.rows)])
        self._newest = max(self._newest, polled.newest)
        return [Sighting(source=self.name, fill=fill, role=Role.UNKNOWN, seen_at=seen_at) for fill in listing.rows]
