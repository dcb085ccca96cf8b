"""The polling tracker: every fill of every leader becomes a signal once, however the venue lists it.

What was seen is a fold of the journal: a fill counts as seen when its observation is committed, not when it is read,
so a failure in between costs nothing. Each look reaches back over the last fill seen by the overlap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from copytrade_live.clock import Clock
from copytrade_live.core.events import JournalEvent, LeaderFillObserved
from copytrade_live.core.holdings import size_after, sizes_before
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.signal import Signal
from copytrade_live.errors import VenueError
from copytrade_live.runner.health import Health
from copytrade_live.runner.roster import Joined
from copytrade_live.runner.sources import LeaderFeed
from copytrade_live.settings import TrackerConfig


@dataclass(slots=True)
class _Leader:
    """What we know of one leader. The venue counts time in whole seconds, so start_at is a whole second."""

    start_at: Instant
    watermark: Instant
    seen: dict[str, Instant] = field(default_factory=dict)
    held: dict[str, float] | None = None
    held_at: Instant = 0


class PollingTracker:
    """Looks at the data API for what leaders did."""

    def __init__(self, feed: LeaderFeed, clock: Clock, config: TrackerConfig, health: Health) -> None:
        self._feed = feed
        self._clock = clock
        self._overlap = round(config.overlap_seconds * SECOND)
        self._joined = Joined(config)
        self._health = health
        self._leaders: dict[str, _Leader] = {}
        self._followed: tuple[str, ...] = ()
        self._resumed_at: Instant | None = None

    def resume(self, resumed_at: Instant) -> None:
        """Go on after a run that ended then: what leaders did meanwhile is still ours to answer."""
        self._resumed_at = resumed_at - self._overlap

    def apply(self, event: JournalEvent) -> None:
        """Fold one journaled event: a committed fill is seen, and moves its leader's watermark and holding."""
        self._joined.apply(event)
        if not isinstance(event, LeaderFillObserved):
            return
        signal = event.signal
        leader = self._leaders.setdefault(signal.wallet, _Leader(signal.event_at, signal.event_at))
        leader.watermark = max(leader.watermark, signal.event_at)
        leader.seen[signal.signal_id] = signal.event_at
        if leader.held is not None and signal.leader_size_before is not None:
            leader.held[signal.token_id] = size_after(signal.leader_size_before, signal.side, signal.size)
        self._forget(leader)

    def follow(self, wallets: Sequence[str]) -> None:
        """Follow exactly these wallets from now on; what one that joins did before is not a signal."""
        now, resumed_at = self._clock.now(), self._resumed_at
        for wallet in set(wallets).difference(self._followed):
            since = self._joined.since(wallet, now if resumed_at is None else resumed_at)
            joined_at = _whole_second(since if resumed_at is None else max(since, resumed_at))
            leader = self._leaders.setdefault(wallet, _Leader(joined_at, joined_at))
            leader.start_at = max(leader.start_at, joined_at)
            leader.watermark = max(leader.watermark, joined_at)
            leader.held = None
        self._followed = tuple(wallets)
        # Whoever joins after the first roster of a run is new to us.
        self._resumed_at = None

    async def poll(self) -> list[Signal]:
        """Unseen fills of all followed leaders, oldest first. A leader that cannot be read is counted and left."""
        found = await asyncio.gather(*(self._poll_safely(wallet) for wallet in self._followed))
        signals = [signal for signals in found for signal in signals]
        return sorted(signals, key=lambda signal: (signal.event_at, signal.signal_id))

    async def _poll_safely(self, wallet: str) -> list[Signal]:
        try:
            signals = await self._poll_one(wallet, self._leaders[wallet])
        except VenueError as error:
            self._health.failed("tracker", error)
            return []
        self._health.succeeded("tracker", self._clock.now())
        return signals

    async def _poll_one(self, wallet: str, leader: _Leader) -> list[Signal]:
        if leader.held is None:
            await self._read_holdings(wallet, leader)
        listing = await self._feed.fills(wallet, start=leader.watermark - self._overlap)
        observed_at = self._clock.now()
        self._health.saw_bad_rows("tracker", len(listing.bad))
        fresh = [row for row in listing.rows if row.fill_id not in leader.seen and row.event_at >= leader.start_at]
        signals = sorted((row.as_signal(observed_at) for row in fresh), key=lambda s: (s.event_at, s.signal_id))
        sizes = sizes_before(leader.held or {}, leader.held_at, signals)
        return [replace(signal, leader_size_before=size) for signal, size in zip(signals, sizes, strict=True)]

    async def _read_holdings(self, wallet: str, leader: _Leader) -> None:
        listing = await self._feed.positions(wallet)
        leader.held = {row.token_id: row.size for row in listing.rows}
        leader.held_at = self._clock.now()

    def _forget(self, leader: _Leader) -> None:
        # Looks never reach back beyond the overlap, so older ids cannot come again.
        oldest = _whole_second(leader.watermark - self._overlap) - SECOND
        if len(leader.seen) > 1 and min(leader.seen.values()) < oldest:
            leader.seen = {fill_id: at for fill_id, at in leader.seen.items() if at >= oldest}


def _whole_second(instant: Instant) -> Instant:
    return instant // SECOND * SECOND
