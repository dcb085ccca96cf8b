"""What carries out a runner's intents: on paper, or at a venue. The runner knows only this much of either."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from copytrade_live.core.engine import State
from copytrade_live.core.events import JournalEvent, Observation, OrderSigned
from copytrade_live.core.market import Instant
from copytrade_live.core.orders import Order
from copytrade_live.ports import SignedOrder
from copytrade_live.runner.paper import PaperExecutor, PaperNotes

# A signed order, and the observation that tells of it.
Signing = tuple[OrderSigned, SignedOrder]


class Record(Protocol):
    """Where things become true: the recorder, as those who execute need it."""

    @property
    def state(self) -> State:
        """What the journal folds to."""
        ...

    def observe(self, observation: Observation, signed: SignedOrder | None = None) -> None:
        """Take in one observation; durable when this returns."""
        ...


class RoomyRecord(Record, Protocol):
    """A record that can say beforehand whether it could be written to."""

    def has_room(self, now: Instant) -> bool:
        """Whether a step could be written now."""
        ...


class Hands(Protocol):
    """What acts on intents, after what decided them is on disk. None of these may wait, nor observe."""

    def sign_now(self, order: Order) -> Signing | None:
        """Sign an order that is about to be placed, where nothing has to be waited for; None where something has.

        What decided the order is not on disk yet: it is committed together with the signed order, or neither is.
        """
        ...

    def place(self, order: Order, signed: SignedOrder | None = None) -> None:
        """Begin to work an order; signed is what sign_now made of it, on disk by now."""
        ...

    def cancel(self, order_id: str) -> None:
        """Stop working an order."""
        ...

    def redeem(self, condition_id: str) -> None:
        """Fetch what a resolved market owes us."""
        ...


class Execution(Hands, Protocol):
    """Hands with a life: they begin where the run before left off, go on, and end."""

    def apply(self, event: JournalEvent) -> None:
        """Fold one journaled event."""
        ...

    @property
    def notes_kind(self) -> type:
        """The type of its notes."""
        ...

    def notes(self, working: Collection[str]) -> object:
        """All that a run which follows needs of the journal, as values that nothing changes; working: the orders."""
        ...

    def recall(self, notes: object) -> None:
        """Remember exactly this instead of the events that led to it, before begin."""
        ...

    def begin(self, record: RoomyRecord, last_heard: Instant | None) -> None:
        """Take over what the run before left. last_heard is its last event's, None when there was none."""
        ...

    async def get_ready(self, token_ids: Collection[str]) -> None:
        """Read ahead what orders of these tokens will need, if they come. Never raises VenueError."""
        ...

    async def progress(self, record: Record) -> None:
        """A round of whatever is not done in tasks of its own. Raises what broke such a task."""
        ...

    async def end(self, *, cancels: bool) -> None:
        """Stop; cancel what rests first if asked to."""
        ...


class PaperExecution:
    """The paper executor as a runner's hands. What rests on paper simply waits for the next run."""

    def __init__(self, paper: PaperExecutor) -> None:
        self._paper = paper

    def apply(self, event: JournalEvent) -> None:
        """Fold one journaled event."""
        self._paper.apply(event)

    notes_kind = PaperNotes

    def notes(self, working: Collection[str]) -> PaperNotes:
        """All that a run which follows needs of the journal."""
        return self._paper.notes(working)

    def recall(self, notes: object) -> None:
        """Remember exactly this."""
        if isinstance(notes, PaperNotes):
            self._paper.recall(notes)

    def sign_now(self, order: Order) -> Signing | None:
        """Nothing is signed on paper."""
        return None

    def place(self, order: Order, signed: SignedOrder | None = None) -> None:
        """Begin to work an order."""
        self._paper.place(order)

    def cancel(self, order_id: str) -> None:
        """Stop working an order."""
        self._paper.cancel(order_id)

    def redeem(self, condition_id: str) -> None:
        """Fetch what a resolved market owes us."""
        self._paper.redeem(condition_id)

    def begin(self, record: Record, last_heard: Instant | None) -> None:
        """Take over what the run before left."""
        for expired in self._paper.adopt(record.state.portfolio.working.values()):
            record.observe(expired)

    async def get_ready(self, token_ids: Collection[str]) -> None:
        """Paper needs nothing."""

    async def progress(self, record: Record) -> None:
        """Let orders that are due meet the books of now."""
        await self._paper.progress(lambda: record.state.portfolio.working, record.observe)

    async def end(self, *, cancels: bool) -> None:
        """Nothing of it is anywhere but in the journal."""
