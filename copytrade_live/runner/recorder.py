"""The only way anything becomes true in a runner: step, commit to the journal, then act on the intents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
from copytrade_live.store.journal import Journal, Kept

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
        """Take in one observation. When this returns, it and all it caused are durable, and so is a signed order.

        Orders it decides are signed in the same turn where that needs no waiting, and committed with what decided them.
        """
        began = stopwatch()
        done = step(self.state, observation, self._config)
        steps: list[Kept] = [(done.events, signed)]
        intents, state = list(done.intents), done.state
        signings: dict[str, SignedOrder] = {}
        for intent in done.intents:
            if isinstance(intent, PlaceOrder) and (made := self._hands.sign_now(intent.order)) is not None:
                signings[intent.order.order_id] = made[1]
                after = step(state, made[0], self._config)
                steps.append((after.events, made[1]))
                intents += after.intents
                state = after.state
        may_wait = isinstance(observation, MAY_WAIT) and not signings
        self._journal.append_steps(self.run_id, steps, may_wait=may_wait)
        self.state = state
        self.on_step(stopwatch() - began)
        for events, _ in steps:
            for event in events:
                self._tell(event)
        for intent in intents:
            self._act(intent, signings)

    def has_room(self, now: Instant) -> bool:
        """Whether a step could be written now."""
        try:
            self._journal.check_writable(now)
        except DiskFull:
            return False
        return True

    def follow(self, config: DecisionConfig, now: Instant) -> None:
        """Decide by another config from now on. Raises: DiskFull, and then the one before still holds."""
        before, self._config = self._config, config
        try:
            self.observe(ConfigChanged(event_at=now, observed_at=now, config_digest=config.digest()))
        except DiskFull:
            # What is decided by a config that the journal does not name could never be explained.
            self._config = before
            raise

    def _tell(self, event: JournalEvent) -> None:
        for listener in self._listeners:
            listener(event)

    def _act(self, intent: Intent, signings: Mapping[str, SignedOrder]) -> None:
        if isinstance(intent, PlaceOrder):
            self._hands.place(intent.order, signings.get(intent.order.order_id))
        elif isinstance(intent, CancelOrder):
            self._hands.cancel(intent.order_id)
        elif isinstance(intent, Redeem):
            self._hands.redeem(intent.condition_id)
