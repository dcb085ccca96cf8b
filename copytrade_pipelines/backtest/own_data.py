"""A tape of data of one's own: historical fills in order, and a function that says what a book looked like when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from copytrade_live.core.events import GateObserved, LeaderFillObserved, MarketResolved, Observation, ScoresPublished
from copytrade_live.core.holdings import size_after
from copytrade_live.core.market import DAY, Book, Instant, Market, MarketStatus, Role, Side
from copytrade_live.core.score import Gate, ScoreSnapshot
from copytrade_live.core.signal import Signal
from copytrade_pipelines.backtest.notes import TapeNotes
from copytrade_pipelines.backtest.prints import Print, RecentPrints, print_of
from copytrade_pipelines.backtest.rows import fill_problem
from copytrade_pipelines.backtest.tape import merge

# The book of a token as it could be known at a moment, None where there was none. A book that is not a recording has to
# say so: Book(..., source=BookSource.MODELLED).
BookAt = Callable[[str, Instant], Book | None]
_LONG: Instant = 100 * 365 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalFill:
    """Somebody's fill. known_at is when we would have learned of it.

    Units: price in dollars per share, size in shares; times in milliseconds since 1970, UTC.
    """

    fill_id: str
    wallet: str
    condition_id: str
    token_id: str
    side: str
    price: float
    size: float
    event_at: Instant
    known_at: Instant
    outcome: str = ""
    role: str = Role.UNKNOWN.value


@dataclass(slots=True, kw_only=True)
class OwnTape:
    """Observations of data of one's own; run(tape, config, books=tape.books()) drives it.

    fills are in order of known_at; an iterator can be run once. Shape: markets by condition id; scores as known when,
    resolutions by when they were known, both in order. notes count what made no sense and was left out.
    """

    fills: Iterable[HistoricalFill]
    book_at: BookAt
    markets: Mapping[str, Market]
    scores: Sequence[tuple[Instant, ScoreSnapshot]]
    resolutions: Sequence[MarketResolved] = ()
    notes: TapeNotes = field(default_factory=TapeNotes)

    def __iter__(self) -> Iterator[Observation]:
        """Observations in order."""
        self.notes = TapeNotes()
        return merge((self._opening(), self._scores(), iter(self.resolutions), self._leader_fills()))

    def books(self) -> OwnBooks:
        """Where a driver finds the books and prints."""
        return OwnBooks(self.book_at)

    def _opening(self) -> Iterator[Observation]:
        for at, _ in self.scores[:1]:
            # There is no Dagster whose gate could close.
            gate = Gate(is_open=True, reasons=(), snapshot_id=None, written_at=at, valid_until=at + _LONG)
            yield GateObserved(event_at=at, observed_at=at, gate=gate)

    def _scores(self) -> Iterator[Observation]:
        for known_at, snapshot in self.scores:
            yield ScoresPublished(event_at=snapshot.as_of, observed_at=known_at, snapshot=snapshot)

    def _leader_fills(self) -> Iterator[Observation]:
        held: dict[tuple[str, str], float] = {}
        seen: set[str] = set()
        for fill in self.fills:
            problem = "fill listed twice" if fill.fill_id in seen else fill_problem(_row_of(fill))
            if problem is not None:
                self.notes.skip(problem)
                continue
            seen.add(fill.fill_id)
            signal, key = _signal(fill), (fill.wallet, fill.token_id)
            signal = replace(signal, leader_size_before=held.get(key, 0.0))
            held[key] = size_after(held.get(key, 0.0), signal.side, signal.size)
            book = self.book_at(fill.token_id, fill.known_at)
            self.notes.decided_on(book)
            yield LeaderFillObserved(
                event_at=fill.event_at,
                observed_at=fill.known_at,
                signal=signal,
                book=book,
                market=self._market(fill.condition_id, fill.known_at),
            )

    def _market(self, condition_id: str, now: Instant) -> Market | None:
        market = self.markets.get(condition_id)
        if market is None:
            self.notes.gaps["leader fills in a market that was not given"] += 1
            return None
        resolved = any(one.condition_id == condition_id and one.observed_at <= now for one in self.resolutions)
        return replace(market, status=MarketStatus.RESOLVED, observed_at=now) if resolved else market


class OwnBooks:
    """The feed of a tape of one's own: book_at, and the fills on the tape as prints."""

    def __init__(self, book_at: BookAt) -> None:
        self._book_at = book_at
        self._prints = RecentPrints()

    def book(self, token_id: str, now: Instant) -> Book | None:
        """What book_at says."""
        return self._book_at(token_id, now)

    def prints(self, token_id: str, since: Instant, until: Instant) -> Iterable[Print]:
        """The tape's fills, by when they became known."""
        return self._prints.known(token_id, since, until)

    def saw(self, observation: Observation) -> None:
        """Remember the trade behind a fill."""
        if isinstance(observation, LeaderFillObserved):
            self._prints.add(print_of(observation.signal), observation.observed_at)


def _row_of(fill: HistoricalFill) -> dict[str, object]:
    return {
        "event_at": fill.event_at,
        "observed_at": fill.known_at,
        "side": fill.side,
        "price": fill.price,
        "size": fill.size,
    }


def _signal(fill: HistoricalFill) -> Signal:
    return Signal(
        signal_id=fill.fill_id,
        wallet=fill.wallet,
        condition_id=fill.condition_id,
        token_id=fill.token_id,
        outcome=fill.outcome,
        side=Side(fill.side),
        role=Role(fill.role),
        price=fill.price,
        size=fill.size,
        event_at=fill.event_at,
        observed_at=fill.known_at,
        tx_hash="",
    )
