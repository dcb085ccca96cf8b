"""The only ordering rule of backtests: observations by when they could be known, then kind, then id."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from types import MappingProxyType

from copytrade_live.core.events import (
    GateObserved,
    LeaderFillObserved,
    MarketResolved,
    Observation,
    ScoresPublished,
)
from copytrade_live.core.holdings import size_after
from copytrade_live.core.market import DAY, SECOND, Instant
from copytrade_live.core.score import Gate
from copytrade_live.core.signal import Signal
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.book_fit import BookModel, read_cells
from copytrade_pipelines.backtest.extract import Extract, InMemory, Window
from copytrade_pipelines.backtest.markets import MarketBoard
from copytrade_pipelines.backtest.notes import TapeNotes
from copytrade_pipelines.backtest.recorded import RecordedBooks
from copytrade_pipelines.backtest.recorded_rows import books_of, mids_of, prints_of
from copytrade_pipelines.backtest.rows import read_changes, read_markets, read_rows, read_signals, read_terms
from copytrade_pipelines.backtest.scores import scores_as_of
from copytrade_pipelines.backtest.streams import Lookahead

# At one moment: what allows entries first, then what ends markets, then whom to copy.
_KINDS: tuple[type, ...] = (ScoresPublished, GateObserved, MarketResolved, LeaderFillObserved)


def order_of(observation: Observation) -> tuple[Instant, int, str]:
    """What observations are sorted by."""
    kind = type(observation)
    place = _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
    return observation.observed_at, place, _id_of(observation)


def merge(streams: Iterable[Iterable[Observation]]) -> Iterator[Observation]:
    """One ordered stream of several ordered ones, one item of each in memory."""
    return heapq.merge(*streams, key=order_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeParts:
    """A tape before it is merged: each stream in order of time. notes count what the streams leave out."""

    gates: Sequence[GateObserved]
    scores: Iterator[ScoresPublished]
    resolutions: Iterator[MarketResolved]
    markets: MarketBoard
    notes: TapeNotes


@dataclass(slots=True, kw_only=True)
class WarehouseTape:
    """The observations of a window, streamed from an extract; each iteration reads it anew.

    Units: lag and max_book_age in milliseconds. notes are those of the last iteration.
    """

    source: Extract | InMemory
    window: Window
    lag: Instant
    max_book_age: Instant
    model: BookModel = field(default_factory=BookModel)
    origins: Mapping[str, str] = field(default_factory=dict)
    notes: TapeNotes = field(default_factory=TapeNotes)

    def __iter__(self) -> Iterator[Observation]:
        """Observations in order."""
        parts = self.parts()
        feed = self._feed(parts.markets, parts.notes)
        fills = self._leader_fills(parts.markets, feed, parts.notes)
        return merge((iter(parts.gates), parts.scores, parts.resolutions, fills))

    def parts(self, *, are_named: bool = True) -> TapeParts:
        """What it is made of besides leaders' fills, read anew; sets of scores have names where somebody shows them."""
        self.notes = notes = TapeNotes(origins=dict(self.origins))
        wallets = frozenset(self.source.leaders)
        return TapeParts(
            gates=(self._gate(),),
            scores=scores_as_of(self.source.rows("scores"), self.window.start, wallets, notes, are_named=are_named),
            resolutions=self._resolutions(notes),
            markets=self._board(notes),
            notes=notes,
        )

    def books(self) -> RecordedBooks:
        """A feed of the same books for a driver, with a place in time of its own."""
        unseen = TapeNotes()
        return self._feed(self._board(unseen), unseen)

    def _board(self, notes: TapeNotes) -> MarketBoard:
        rows = self.source.rows
        return MarketBoard(
            read_markets(rows("markets"), notes, self.lag),
            read_changes(rows("statuses")),
            read_terms(rows("terms"), notes),
        )

    def _feed(self, markets: MarketBoard, notes: TapeNotes) -> RecordedBooks:
        rows = self.source.rows
        return RecordedBooks(
            books_of(rows("books"), markets.opening, notes),
            mids_of(rows("prices"), notes, self.lag),
            prints_of(rows("prints"), notes),
            markets,
            self.model,
            self.max_book_age,
            notes,
        )

    def _gate(self) -> GateObserved:
        # A backtest has no Dagster whose life could be watched.
        start = self.window.start
        gate = Gate(is_open=True, reasons=(), snapshot_id=None, written_at=start, valid_until=self.window.end)
        return GateObserved(event_at=start, observed_at=start, gate=gate)

    def _resolutions(self, notes: TapeNotes) -> Iterator[MarketResolved]:
        found = read_rows(self.source.rows("payouts"))
        for (known_at, condition_id), payouts in groupby(found, key=lambda row: (row["known_at"], row["condition_id"])):
            if known_at < self.window.start:
                continue
            outcomes = list(payouts)
            if not all(isinstance(row["payout"], float) and 0.0 <= row["payout"] <= 1.0 for row in outcomes):
                notes.skip("payout outside 0 to 1")
                continue
            yield MarketResolved(
                event_at=min(outcomes[0]["resolved_at"], known_at),
                observed_at=known_at,
                condition_id=condition_id,
                payouts=tuple((row["token_id"], row["payout"]) for row in outcomes),
            )

    def _leader_fills(
        self, markets: MarketBoard, books: RecordedBooks, notes: TapeNotes
    ) -> Iterator[LeaderFillObserved]:
        for signal in _with_holdings(self._signals(notes), self._paid_out()):
            books.saw_fill(signal)
            if signal.observed_at < self.window.start:
                continue
            if signal.observed_at >= self.window.end:
                return
            book = books.book(signal.token_id, signal.observed_at)
            market = markets.as_known(signal.condition_id, signal.observed_at)
            notes.decided_on(book)
            notes.days_with_fills.add(signal.observed_at // DAY)
            if market is None:
                notes.gaps["leader fills in a market the warehouse does not know"] += 1
            elif signal.event_at < markets.opening.get(signal.token_id, signal.event_at):
                notes.gaps["leader fills before their market is said to have opened"] += 1
            yield LeaderFillObserved(
                event_at=signal.event_at, observed_at=signal.observed_at, signal=signal, book=book, market=market
            )

    def _signals(self, notes: TapeNotes) -> Iterator[Signal]:
        """Leaders' fills by when we learn of them. The file is by when they happened, which is never later."""
        waiting: list[tuple[Instant, str, Signal]] = []
        for signal in read_signals(self.source.rows("fills"), notes):
            while waiting and waiting[0][0] < signal.event_at:
                yield heapq.heappop(waiting)[2]
            heapq.heappush(waiting, (signal.observed_at, signal.signal_id, signal))
        while waiting:
            yield heapq.heappop(waiting)[2]

    def _paid_out(self) -> Lookahead[tuple[Instant, str]]:
        rows = ((row["known_at"], row["token_id"]) for row in read_rows(self.source.rows("payouts")))
        return Lookahead(rows, lambda row: row[0])


def days_without_fills(notes: TapeNotes, window: Window) -> int:
    """Whole UTC days of the window on which nobody followed was seen to trade: quiet, or not fetched."""
    days = range(-(-window.start // DAY), window.end // DAY)
    return sum(1 for day in days if day not in notes.days_with_fills)


def tape_of(
    source: Extract | InMemory,
    window: Window,
    config: CopytradeConfig,
    origins: Mapping[str, str] = MappingProxyType({}),
) -> WarehouseTape:
    """The tape of an extract as a config assumes it. origins says where its lags came from, for the notes."""
    assumed = config.backtest
    cells = read_cells(source.rows("fit"), assumed.fit_least_books) if assumed.book == "fitted" else {}
    return WarehouseTape(
        source=source,
        window=window,
        lag=round(config.pipelines.index_lag_seconds * SECOND),
        max_book_age=round(config.filter.max_book_age_seconds * SECOND),
        model=BookModel(
            half_spread=assumed.book_half_spread,
            depth=assumed.book_depth,
            levels=assumed.book_levels,
            max_age_seconds=assumed.book_max_age_seconds,
            cells=cells,
        ),
        origins=origins,
    )


def _with_holdings(signals: Iterable[Signal], paid_out: Lookahead[tuple[Instant, str]]) -> Iterator[Signal]:
    """Fills with what each wallet held before. Of a token that paid out nothing is remembered."""
    held: dict[str, dict[str, float]] = {}
    for signal in signals:
        for _, token_id in paid_out.until(signal.observed_at):
            held.pop(token_id, None)
        holders = held.setdefault(signal.token_id, {})
        before = holders.pop(signal.wallet, 0.0)
        after = size_after(before, signal.side, signal.size)
        if after > 0.0:
            holders[signal.wallet] = after
        yield replace(signal, leader_size_before=before)


def _id_of(observation: Observation) -> str:
    match observation:
        case LeaderFillObserved():
            return observation.signal.signal_id
        case MarketResolved():
            return observation.condition_id
        case ScoresPublished():
            return observation.snapshot.snapshot_id
        case _:
            return ""
