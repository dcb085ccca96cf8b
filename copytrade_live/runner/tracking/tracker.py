"""The tracker: several sources, one signal for each fill of a leader, whatever drops, repeats or comes late.

What was seen is a fold of the journal: a fill counts when its observation is committed, and a run that follows reads
again from where everything had been read. Several looks may be under way at once; a fill belongs to the first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any

from copytrade_live.clock import Clock
from copytrade_live.core.events import (
    ConditionObserved,
    FeedCovered,
    JournalEvent,
    LeaderFillObserved,
    LeaderFillVoided,
)
from copytrade_live.core.market import HOUR, MINUTE, SECOND, Instant
from copytrade_live.core.reasons import Condition
from copytrade_live.core.signal import Signal
from copytrade_live.errors import VenueError
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking.chain import ChainSource
from copytrade_live.runner.tracking.holdings import LeaderHoldings
from copytrade_live.runner.tracking.lags import Lags
from copytrade_live.runner.tracking.memory import REACH_BACK, SignalMemory
from copytrade_live.runner.tracking.polling import PollSource
from copytrade_live.runner.tracking.ports import Sighting, SignalSource
from copytrade_live.runner.tracking.seen import SeenFills
from copytrade_live.runner.tracking.stream import StreamSource
from copytrade_live.settings import TrackerConfig

# How wrong our clock may have been at the end of that run.
_WRONG_CLOCK: Instant = 3 * HOUR
# A match that the chain does not have by then never settled.
_SETTLES_WITHIN: Instant = 2 * MINUTE
_TIDY_EVERY: Instant = MINUTE
_SHOW_EVERY_SECONDS = 1.0

Service = Callable[[], Coroutine[Any, Any, None]]


class Tracker:
    """Asks the sources, and tells what is new."""

    def __init__(
        self,
        poll: PollSource,
        others: Sequence[SignalSource],
        holdings: LeaderHoldings,
        clock: Clock,
        config: TrackerConfig,
        health: Health,
    ) -> None:
        self.poll = poll
        self.others = tuple(others)
        self.holdings = holdings
        self._clock = clock
        self._overlap = round(config.overlap_seconds * SECOND)
        # What the journal tells, and a run that follows starts with.
        self.memory = SignalMemory(config)
        self._health = health
        self.lags = Lags()
        self._seen = SeenFills()
        self._since: dict[str, Instant] = {}
        self._resumed_at: Instant | None = None
        self._tidied_at: Instant = 0
        self._answered: Instant = 0
        self._shown_at = float("-inf")
        self._open: dict[str, Instant] = {}
        self._looking: dict[str, Instant] = {}
        self._measured_from: Instant = 0

    @property
    def sources(self) -> tuple[SignalSource, ...]:
        """All sources, the listing first."""
        return (self.poll, *self.others)

    @property
    def services(self) -> tuple[Service, ...]:
        """What must run beside the looks: connections that stay open."""
        return tuple(one.run for one in self.others if isinstance(one, StreamSource))

    def sight(self, broken: Collection[Condition]) -> ConditionObserved | None:
        """News of whether any source is proven alive, against the conditions believed to be broken."""
        now = self._clock.now()
        is_blind = bool(self._since) and not any(one.is_alive(now) for one in self.sources)
        if is_blind == (Condition.FEED_SILENT in broken):
            return None
        return ConditionObserved(
            event_at=now,
            observed_at=now,
            kind=Condition.FEED_SILENT,
            is_ok=not is_blind,
            detail=f"no data from {', '.join(one.name for one in self.sources)}" if is_blind else "",
        )

    def coverage(self) -> FeedCovered | None:
        """Up to where everything was told and committed, when that moved on: there a next run begins to read."""
        until = min([self._answered_until(), *self._open.values()])
        if until <= self.memory.covered:
            return None
        now = self._clock.now()
        sources = [one for one in self.sources if one.is_complete]
        furthest = max(sources, key=lambda one: one.covered_until())
        return FeedCovered(event_at=min(until, now), observed_at=now, source=furthest.name.value, until=until)

    def facts(self, now: Instant) -> dict[str, object]:
        """What an operator may want to know, ready for JSON."""
        return {
            "followed": len(self._since),
            "remembered": len(self._seen),
            "answered_until": self._answered,
            "dropped": dict(self.lags.dropped),
            "sources": {
                one.name.value: {"is_alive": one.is_alive(now), **self.lags.facts(one.name), **one.facts()}
                for one in self.sources
            },
        }

    @property
    def followed(self) -> int:
        """How many wallets are followed."""
        return len(self._since)

    def ghosts(self) -> list[LeaderFillVoided]:
        """Fills that stream or listing told of and that the chain, read past them for long, does not have."""
        now = self._clock.now()
        found: list[LeaderFillVoided] = []
        for chain in self.others:
            if not isinstance(chain, ChainSource) or chain.read_from is None or not chain.is_alive(now):
                continue
            before = chain.covered_until() - _SETTLES_WITHIN
            for signal_id, event_at in self._seen.untold_by(chain.name, chain.read_from, before):
                if signal_id not in self.memory.voided and signal_id not in self._open:
                    cause = f"not on the chain {_SETTLES_WITHIN // SECOND} s later"
                    found.append(LeaderFillVoided(event_at=event_at, observed_at=now, signal_id=signal_id, cause=cause))
        return found

    def resume(self, resumed_at: Instant) -> None:
        """Go on after a run that ended then: what leaders did meanwhile is still ours to answer."""
        # By the venue's time where it was told lately: our clock may have been wrong, then or now.
        latest = self.memory.latest
        latest = max(latest, resumed_at - _WRONG_CLOCK) if latest else resumed_at
        self._resumed_at = self.memory.covered or latest - REACH_BACK

    def apply(self, event: JournalEvent) -> None:
        """Fold one journaled event: a committed fill is seen."""
        self.memory.apply(event)
        if isinstance(event, LeaderFillObserved):
            self._open.pop(event.signal.signal_id, None)
            if self._since:
                self._seen.remember(event.signal)
            self.holdings.apply(event)

    def follow(self, wallets: Sequence[str]) -> None:
        """Follow exactly these wallets from now on; what one that joins did before is not a signal."""
        if self._since.keys() == set(wallets) and self._resumed_at is None:
            return
        now, resumed_at = self._clock.now(), self._resumed_at
        self._measured_from = self._measured_from or now
        if not self._since:
            self._seen.take_over(self.memory.groups)
        before, self._since = self._since, {}
        for wallet in dict.fromkeys(wallets):
            joined_at = self.memory.joined.since(wallet, now if resumed_at is None else resumed_at)
            since = joined_at if resumed_at is None else max(joined_at, resumed_at)
            self._since[wallet] = before.get(wallet, _whole_second(since))
        for source in self.sources:
            source.follow(self._since)
        if resumed_at is not None:
            # A listing may be late by the overlap, so it goes back over the newest fill that was answered.
            self.poll.start_from({one: min(at, resumed_at) for one, at in self.memory.newest.items()})
        # Whoever joins after the first roster of a run is new to us.
        self._resumed_at = None

    async def look(self, source: SignalSource) -> list[Signal]:
        """Fills that one source tells of and nobody told before, oldest first. A failure is counted."""
        # What this look completes is not answered before it is taken: it may list what the look before left out.
        self._looking[source.name] = answered_until = self._answered_until()
        try:
            signals = self.take(await source.look(), answered_until)
        except VenueError as error:
            self._health.failed(source.name, error)
            return []
        finally:
            del self._looking[source.name]
        self._choose_pace(has_gap=source.take_gap())
        self._tidy(self._clock.now(), min([self._answered_until(), *self._looking.values()]))
        return await self.holdings.describe(signals)

    async def look_everywhere(self) -> list[Signal]:
        """One look at each source, one after the other."""
        return [signal for source in self.sources for signal in await self.look(source)]

    def take(self, sightings: Iterable[Sighting], answered_until: Instant) -> list[Signal]:
        """What is new among sightings, as signals, but for what was answered long ago. It is ours to commit now."""
        wanted = [one for one in sightings if self._is_wanted(one, answered_until)]
        for sighting in wanted:
            # What happened before we looked says nothing about how late a source is.
            if sighting.fill.event_at >= self._measured_from and not self._seen.has_told(sighting):
                self.lags.note(sighting.source, sighting.seen_at - sighting.fill.event_at)
        signals: list[Signal] = []
        for sighting, signal_id in self._seen.new_among(wanted):
            self.lags.note_first(sighting.source)
            signals.append(_signal(sighting, signal_id))
            self._open[signal_id] = sighting.fill.event_at
        return sorted(signals, key=lambda signal: (signal.event_at, signal.signal_id))

    def _is_wanted(self, sighting: Sighting, answered_until: Instant) -> bool:
        fill = sighting.fill
        since = self._since.get(fill.wallet)
        if since is None or fill.event_at < since:
            return False
        if fill.event_at < self._floor(fill.wallet, answered_until):
            self.lags.dropped[sighting.source] += 1
            return False
        return True

    def _answered_until(self) -> Instant:
        """Before this, everything was told by a source that leaves nothing out."""
        self._answered = max([self._answered, *(one.covered_until() for one in self.sources if one.is_complete)])
        return self._answered

    def _floor(self, wallet: str, answered_until: Instant) -> Instant:
        # A listing that stood still answers late for everyone: what is near the newest fill is kept, however old.
        newest = max(self.memory.newest.get(wallet, 0), self._since.get(wallet, 0))
        return min(answered_until, newest - self._overlap)

    def _tidy(self, now: Instant, answered_until: Instant) -> None:
        if now - self._tidied_at < _TIDY_EVERY:
            return
        self._tidied_at = now
        # What is not committed yet is still ours to remember, also of a wallet that has nothing committed.
        until = min([answered_until, *self._open.values()])
        wallets = self.memory.newest.keys() | self._since.keys()
        floors = {wallet: self._floor(wallet, until) - SECOND for wallet in wallets}
        self._seen.forget_before(floors, until)

    def _choose_pace(self, *, has_gap: bool) -> None:
        """Polling audits while another source tells everything; where one missed something, it looks at once."""
        now = self._clock.now()
        self.poll.is_audit = any(one.is_complete and one.is_alive(now) for one in self.others)
        if has_gap and not self.poll.is_audit:
            self.poll.hurry()
        if self._clock.monotonic() - self._shown_at >= _SHOW_EVERY_SECONDS:
            self._shown_at = self._clock.monotonic()
            self._health.facts["tracker"] = self.facts(now)


def _signal(sighting: Sighting, signal_id: str) -> Signal:
    fill = sighting.fill
    return Signal(
        signal_id=signal_id,
        wallet=fill.wallet,
        condition_id=fill.condition_id,
        token_id=fill.token_id,
        outcome=fill.outcome,
        side=fill.side,
        role=sighting.role,
        price=fill.price,
        size=fill.size,
        event_at=fill.event_at,
        observed_at=sighting.seen_at,
        tx_hash=fill.tx_hash,
        source=sighting.source.value,
    )


def _whole_second(instant: Instant) -> Instant:
    return instant // SECOND * SECOND
