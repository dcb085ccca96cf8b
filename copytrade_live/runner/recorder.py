"""The only way anything becomes true in a runner: step, commit to the journal, then act on the intents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from copytrade_live.clock import stopwatch
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import CancelOrder, Intent, PlaceOrder, Redeem, State, evolve, initial_state, step
from copytrade_live.core.events import (
    BookObserved,
    ConfigChanged,
    FeedCovered,
    JournalEvent,
    LeaderFillObserved,
    MarketObserved,
    Observation,
    TimerFired,
)
from copytrade_live.core.market import Instant
from copytrade_live.errors import DiskFull
from copytrade_live.ports import SignedOrder
from copytrade_live.runner.checkpointing import Recovered
from copytrade_live.runner.execution import Hands
from copytrade_live.store.journal import Journal

Listener = Callable[[JournalEvent], None]

# What is looked at most, and built on only through a later step: an order that is signed, an export.
MAY_WAIT = (LeaderFillObserved, BookObserved, MarketObserved, TimerFired, FeedCovered)


class Recorder:
    """Holds the state. Others see it change only after what changed it is on disk."""

    def __init__(self, journal: Journal, config: DecisionConfig, hands: Hands) -> None:
        self._journal = journal
        self._config = config
        self._hands = hands
        self._listeners: Sequence[Listener] = ()
        self.state: State = initial_state()
        self.run_id = ""
        # Told how long each step took, committing included, seconds.
        self.on_step: Callable[[float], None] = lambda seconds: None

    def restore(
        self,
        folds: Sequence[Listener],
        witnesses: Sequence[Listener] = (),
        recovered: Recovered | None = None,
    ) -> Instant | None:
        """Fold the journal, or what follows a checkpoint. Returns: when the last event was observed.

        folds hear every event, now and later; witnesses only what happens from now on.
        """
        self._listeners, last, after = folds, None, 0
        if recovered is not None:
            self.state, last, after = recovered.state, recovered.observed_at, recovered.seq
        for event in self._journal.events(after):
            self.state = evolve(self.state, event)
            self._tell(event)
            last = event.observed_at
        self._listeners = (*folds, *witnesses)
        return last

    def observe(self, observation: Observation, signed: SignedOrder | None = None) -> None:
        """Take in one observation. When this returns, it and all it caused are durable, and so is a signed order."""
        began = stopwatch()
        done = step(self.state, observation, self._config)
        self._journal.append(self.run_id, done.events, signed, may_wait=isinstance(observation, MAY_WAIT))
        self.state = done.state
        self.on_step(stopwatch() - began)
        for event in done.events:
            self._tell(event)
        for intent in done.intents:
            self._act(intent)

    def has_room(self, now: Instant) -> bool:
        """Whether a step could be written now."""
        try:
            self._journal.check_writable(now)
        except DiskFull:
            return False
        return True

    def follow(self, config: DecisionConfig, now: Instant) -> None:
        """Decide by another config from now on."""
        self._config = config
        self.observe(ConfigChanged(event_at=now, observed_at=now, config_digest=config.digest()))

    def _tell(self, event: JournalEvent) -> None:
        for listener in self._listeners:
            listener(event)

    def _act(self, intent: Intent) -> None:
        if isinstance(intent, PlaceOrder):
            self._hands.place(intent.order)
        elif isinstance(intent, CancelOrder):
            self._hands.cancel(intent.order_id)
        elif isinstance(intent, Redeem):
            self._hands.redeem(intent.condition_id)
