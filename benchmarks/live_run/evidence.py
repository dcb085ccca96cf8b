"""What is known so far: the journal read on from disk as it grows, counted as it comes; and the looks at the venue."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from benchmarks.live_run.caps import CapCheck
from benchmarks.live_run.differences import Differences
from benchmarks.live_run.ledger import check_fills, check_ledger, on_the_way
from benchmarks.live_run.orders import check_orders
from benchmarks.live_run.venue_process import VenueProcess
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import JournalEvent, SignalCopied, SignalRejected
from copytrade_live.core.state import State, evolve, initial_state
from copytrade_live.errors import StateError
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal


@dataclass
class Evidence:
    """Everything the journal holds, and what was found wrong on the way."""

    home: Home
    config: DecisionConfig
    found: Differences = field(default_factory=Differences)
    events: list[JournalEvent] = field(default_factory=list)
    state: State = field(default_factory=initial_state)
    caps: CapCheck = field(init=False)
    looks: int = 0
    quiet_looks: int = 0
    _seq: int = 0
    _journal: Journal | None = None

    def __post_init__(self) -> None:
        self.caps = CapCheck(self.config, self.found)

    def catch_up(self) -> None:
        """Read on, and count every cap after each event."""
        if self._journal is None:
            try:
                self._journal = Journal.open_reader(self.home.state)
            except StateError:
                return  # not begun yet
        for row in list(self._journal.read(self._seq)):
            event = row.event
            self._seq = row.seq
            self.events.append(event)
            self.state = evolve(self.state, event)
            self.caps.see(event, row.seq)

    def look(self, venue: VenueProcess, wallet: str, when: str) -> str:
        """Compare with the venue. Returns: what was on its way; "" when nothing was, and ledgers had to be equal."""
        before = venue.holds(wallet)
        self.catch_up()
        held = venue.holds(wallet)
        self.looks += 1
        check_orders(self.events, self.home.state, before, self.found)
        if before != held:
            return "the venue moved during the look"
        if moving := on_the_way(self.state, held):
            return moving
        self.quiet_looks += 1
        check_ledger(self.state, self.caps, held, when, self.found)
        check_fills(self.events, held, self.found)
        return ""

    @property
    def copies(self) -> int:
        """How many signals were copied."""
        return sum(isinstance(event, SignalCopied) for event in self.events)

    def refusals(self) -> dict[str, int]:
        """Why the others were not, most frequent first."""
        reasons = Counter(event.reason.value for event in self.events if isinstance(event, SignalRejected))
        return dict(reasons.most_common())

    def kinds(self) -> dict[str, int]:
        """How often each kind of event came."""
        return dict(Counter(type(event).__name__ for event in self.events).most_common())

    def close(self) -> None:
        """Let go of the journal."""
        if self._journal is not None:
            self._journal.close()
