"""A period that a runner lived through, from its exported journal: what it saw, decided and earned."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from copytrade_live.clock import to_iso
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import initial_state, step
from copytrade_live.core.events import (
    AccountObserved,
    BookObserved,
    ConditionObserved,
    ConfigChanged,
    FeedCovered,
    GateObserved,
    JournalEvent,
    KillSwitchObserved,
    LeaderFillObserved,
    LeaderFillVoided,
    MarketObserved,
    MarketResolved,
    Observation,
    OperatorCommanded,
    RunStarted,
    ScoresPublished,
    SignalCopied,
    SignalRejected,
    TimerFired,
)
from copytrade_live.core.execution import signal_of
from copytrade_live.core.market import Book, Instant, Micro
from copytrade_live.core.state import evolve
from copytrade_live.errors import InputFileError
from copytrade_live.provenance import code_version
from copytrade_pipelines.backtest.ledger import CopyTrade, Ledger
from copytrade_pipelines.backtest.steps import Line, decoded, read_lines, steps_in
from copytrade_pipelines.ingest.journal import segments_of

# What came from outside, whatever we did: the tape. The rest is answers to our own orders, or tells of the process.
_OUTSIDE = (
    LeaderFillObserved,
    LeaderFillVoided,
    FeedCovered,
    BookObserved,
    MarketObserved,
    MarketResolved,
    ScoresPublished,
    GateObserved,
    KillSwitchObserved,
    OperatorCommanded,
    ConditionObserved,
    TimerFired,
)


@dataclass(slots=True, kw_only=True)
class Seen:
    """What one shell did with one signal. answer is copied or the reason to refuse; size is what was ordered."""

    signal_id: str
    wallet: str
    token_id: str
    at: Instant
    answer: str = "nothing"
    size: Micro = 0


@dataclass(slots=True, kw_only=True)
class Story:
    """A journal read whole: every signal by id, every copy by its signal, and the books that were looked at."""

    run_id: str = ""
    mode: str = ""
    code: str = ""
    config_digest: str = ""
    starting_cash: Micro = 0
    started_at: Instant = 0
    ended_at: Instant = 0
    tape: list[Observation] = field(default_factory=list)
    signals: dict[str, Seen] = field(default_factory=dict)
    trades: dict[str, CopyTrade] = field(default_factory=dict)
    # Signals that today's code and config would answer otherwise, had it stood where the runner stood.
    answered_otherwise: frozenset[str] = frozenset()
    books: Mapping[str, QuoteLine] = field(default_factory=dict)
    pnl: float = 0.0

    @property
    def wallets(self) -> tuple[str, ...]:
        """Everyone whose fills were signals."""
        return tuple(sorted({seen.wallet for seen in self.signals.values()}))


class QuoteLine:
    """The best prices of one token over time, as they were seen."""

    def __init__(self) -> None:
        self._at: list[Instant] = []
        self._books: list[Book] = []

    def add(self, at: Instant, book: Book) -> None:
        """A book that was seen, in order of time."""
        self._at.append(at)
        self._books.append(book)

    def best(self, at: Instant, *, is_ask: bool) -> float | None:
        """The best price of a side as last seen at a moment."""
        place = bisect_right(self._at, at) - 1
        if place < 0:
            return None
        book = self._books[place]
        return book.best_ask if is_ask else book.best_bid


def read_lived(path: Path, start: Instant | None, end: Instant | None, config: DecisionConfig) -> Story:
    """What a runner's exported journal tells up to `end`; copies decided before `start` are left out of its signals.

    Raises: InputFileError when there is no journal, or none of it lies in the period.
    """
    story = tell(_until(_lines(path), end), config)
    if start is not None:
        story.signals = {key: seen for key, seen in story.signals.items() if seen.at >= start}
        story.trades = {key: trade for key, trade in story.trades.items() if trade.decided_at >= start}
    if not story.signals:
        raise InputFileError(
            f"{path} holds no leader's fill in the period; the journal goes from {to_iso(story.started_at)} to "
            f"{to_iso(story.ended_at)}: choose another period"
        )
    return story


def tell(lines: Iterable[Line], config: DecisionConfig | None = None) -> Story:
    """A journal's story; with a config, also where that would answer a signal otherwise."""
    story, state, ledger = Story(), initial_state(), Ledger()
    quotes: dict[str, QuoteLine] = {}
    otherwise: set[str] = set()
    is_first = True
    for one in steps_in(lines):
        events = decoded(one)
        observation, facts = events[0], events[1:]
        if isinstance(observation, RunStarted | ConfigChanged | AccountObserved):
            _begin(story, observation, is_first=is_first)
        is_first = False
        if isinstance(observation, LeaderFillObserved):
            seen = _answer(observation, facts)
            story.signals.setdefault(seen.signal_id, seen)
            if config is not None and step(state, observation, config).events[1:] != facts:
                otherwise.add(seen.signal_id)
        if isinstance(observation, _OUTSIDE):
            story.tape.append(observation)
        _quote(quotes, observation)
        for event in events:
            state = evolve(state, event)
        ledger.fold(events, state)
        story.ended_at = max(story.ended_at, one.at)
    ledger.finish(story.ended_at, state)
    # The wall clock of a runner may step back.
    story.tape.sort(key=lambda seen: seen.observed_at)
    story.trades = {_signal(root_id): trade for root_id, trade in ledger.trades.items()}
    story.answered_otherwise, story.books = frozenset(otherwise), quotes
    story.pnl = sum(trade.pnl for trade in story.trades.values())
    return story


def is_other_code(story: Story) -> bool:
    """Whether another version of the code lived it."""
    return story.code != code_version()


def _begin(story: Story, observation: RunStarted | ConfigChanged | AccountObserved, *, is_first: bool) -> None:
    if isinstance(observation, AccountObserved):
        # A real account tells what it holds; what it held first is what it started with.
        story.starting_cash = story.starting_cash or observation.cash
        return
    story.config_digest = observation.config_digest
    if isinstance(observation, RunStarted):
        story.run_id, story.mode, story.code = observation.run_id, observation.mode, observation.code_version
        if is_first:
            story.starting_cash, story.started_at = observation.starting_cash, observation.observed_at


def _answer(observation: LeaderFillObserved, facts: Sequence[JournalEvent]) -> Seen:
    signal = observation.signal
    seen = Seen(signal_id=signal.signal_id, wallet=signal.wallet, token_id=signal.token_id, at=observation.observed_at)
    for fact in facts:
        if isinstance(fact, SignalCopied):
            seen.answer, seen.size = "copied", fact.order.size
        elif isinstance(fact, SignalRejected):
            seen.answer = fact.reason.value
        elif seen.answer == "nothing":
            seen.answer = type(fact).__name__
    return seen


def _quote(quotes: dict[str, QuoteLine], event: JournalEvent) -> None:
    if isinstance(event, BookObserved | LeaderFillObserved) and event.book is not None:
        quotes.setdefault(event.book.token_id, QuoteLine()).add(event.observed_at, event.book)


def _signal(root_id: str) -> str:
    return signal_of(root_id)[0]


def _lines(path: Path) -> Iterator[Line]:
    segments = [path] if path.is_file() else segments_of(path)
    if not segments:
        raise InputFileError(
            f"{path} holds no journal segment (events-*.jsonl); give the runner's export folder, as "
            "COPYTRADE_HOME/journal/export"
        )
    return chain.from_iterable(map(read_lines, segments))


def _until(lines: Iterable[Line], end: Instant | None) -> Iterator[Line]:
    for line in lines:
        if end is not None and line["observed_at"] >= end and line.get("caused_by") is None:
            return
        yield line
