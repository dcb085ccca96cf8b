"""A warehouse's tape as arrays straight from its columns: no fill of a leader ever becomes an object.

The same rows as the tape's own observations give, in the same order; tests compare what comes of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa

from copytrade_live.core.events import GateObserved, MarketResolved, ScoresPublished
from copytrade_live.core.market import HOUR, SECOND, Instant
from copytrade_live.core.score import OVERALL, best_wallets
from copytrade_live.errors import InputFileError
from copytrade_pipelines.backtest.compiled.arrays import Reader
from copytrade_pipelines.backtest.compiled.books_met import meet_books
from copytrade_pipelines.backtest.compiled.feed_arrays import with_feed, with_rows
from copytrade_pipelines.backtest.compiled.fill_columns import Fills, read_fills, tight_codes
from copytrade_pipelines.backtest.compiled.id_order import IdOrder, order_of_ids
from copytrade_pipelines.backtest.compiled.keys import keys_of
from copytrade_pipelines.backtest.compiled.layout import (
    EVENT,
    FILL,
    NO_MARKET,
    NONE,
    SIGNAL,
    Array,
    Kind,
)
from copytrade_pipelines.backtest.compiled.loading import Loaded
from copytrade_pipelines.backtest.compiled.state import feed_state
from copytrade_pipelines.backtest.compiled.tape import TapeArrays
from copytrade_pipelines.backtest.compiled.tape_rows import status_of
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.extract import Extract
from copytrade_pipelines.backtest.markets import MarketBoard
from copytrade_pipelines.backtest.tape import TapeParts, WarehouseTape

_WHOLE = {OVERALL}
_SOURCES = np.array(["none", "recorded", "modelled"])


@dataclass(frozen=True, slots=True)
class Texts:
    """Ids of a column, made text one at a time, and once."""

    column: pa.Array
    kept: dict[int, str] = field(default_factory=dict)

    def __getitem__(self, place: int, /) -> str:
        found = self.kept.get(place)
        if found is None:
            found = self.kept[place] = str(self.column[int(place)].as_py())
        return found


@dataclass(frozen=True, slots=True)
class Coded:
    """A name for each row, by its place among all names."""

    codes: Array
    names: list[str]


def arrays_of_warehouse(
    tape: WarehouseTape, follow: Follow | None = None, started_at: Instant | None = None
) -> TapeArrays | None:
    """The arrays of a tape with its feed, None where fills come twice, so that only observations tell what counts.

    Raises: InputFileError for one that begins before started_at, NotCompiledError naming what the kernel does not know.
    """
    if not isinstance(tape.source, Extract):
        raise TypeError("what was loaded has no files to read; its arrays are made by arrays_of_loaded")
    parts = tape.parts(are_named=False)
    fills = read_fills(tape.source, tape.window, parts.notes)
    order = order_of_ids(fills.ids)
    if not order.are_unique:
        return None
    arrays = _arrays_of(fills, order, parts, Reader(follow=follow, now=started_at))
    return _with_books(with_feed(arrays, tape.books().parts), fills)


def arrays_of_loaded(
    loaded: Loaded, tape: WarehouseTape, follow: Follow | None = None, started_at: Instant | None = None
) -> TapeArrays:
    """The arrays of what was loaded, of which tape holds the rows that are few. Raises: as arrays_of_warehouse."""
    reader = Reader(follow=follow, now=started_at)
    for token, condition in zip(loaded.tokens, loaded.conditions, strict=True):
        reader.token(token, condition)
    fills = loaded.within(tape.window)
    arrays = _arrays_of(fills, order_of_ids(fills.ids), tape.parts(are_named=False), reader)
    return _with_books(with_rows(arrays, tape.books().parts, loaded.books, loaded.prints), fills)


def _arrays_of(fills: Fills, order: IdOrder, parts: TapeParts, reader: Reader) -> TapeArrays:
    """The arrays of everything but books and prints."""
    started_at, signals = reader.now, np.zeros(len(fills.ids), SIGNAL)
    _put_fills(signals, fills, order, reader)
    categories = _put_markets(signals, fills, reader, parts.markets)
    scores = list(parts.scores)
    _put_scores(signals, fills, reader, scores, categories)
    events = _events(reader, parts.gates, scores, list(parts.resolutions), fills.known_at)
    if started_at is not None and len(events) and events["at"][0] < started_at:
        raise InputFileError(f"the tape goes back in time: it begins at {events['at'][0]}, before {started_at}")
    return reader.with_signals(signals, events, Texts(fills.ids), ())


def _put_fills(signals: Array, fills: Fills, order: IdOrder, reader: Reader) -> None:
    """What a fill says by itself."""
    for token, condition in fills.pairs():
        reader.token(token, condition)
    signals["token"] = _coded(fills.tokens, reader.tokens.names)
    signals["condition"] = _coded(fills.conditions, reader.conditions.names)
    for name in fills.wallets.dictionary.to_pylist():
        reader.wallets.of(name)
    signals["wallet"] = _coded(fills.wallets, reader.wallets.names)
    for name in ("price", "size", "share_sold", "event_at"):
        signals[name] = getattr(fills, name)
    signals["notional"] = fills.price * fills.size
    signals["age"] = signals["lag"] = (fills.known_at - fills.event_at) / SECOND
    signals["is_buy"] = fills.is_buy
    signals["at_ask"] = fills.is_buy != fills.is_maker
    signals["repeat"] = NONE
    signals["rank"] = order.order_ranks
    # Chance is drawn for copies only, and what is copied was bought.
    bought = np.flatnonzero(fills.is_buy)
    signals["key"][bought] = keys_of(fills.ids.take(pa.array(bought)))


def _coded(column: pa.DictionaryArray, codes: Mapping[str, int]) -> Array:
    of_name = np.array([codes[name] for name in column.dictionary.to_pylist()] or [NONE], np.int64)
    return of_name[column.indices.to_numpy(zero_copy_only=False)]


def _put_markets(signals: Array, fills: Fills, reader: Reader, board: MarketBoard) -> Coded:
    """The market of each fill as it was known then. Returns: its category."""
    signals["market"], signals["status"], signals["hours"] = NONE, NO_MARKET, np.inf
    categories, of_signal = {"": 0}, np.zeros(len(signals), np.int64)
    order = np.argsort(signals["condition"], kind="stable")
    names = list(reader.conditions.names)
    bounds = np.searchsorted(signals["condition"][order], np.arange(len(names) + 1))
    for code, name in enumerate(names):
        own = order[bounds[code] : bounds[code + 1]]
        moments = board.turns(name)
        if not len(own) or moments is None:
            continue
        times = fills.known_at[own]
        cuts = [0, *np.searchsorted(times, np.array(moments, np.int64), "left").tolist(), len(own)]
        for one, (begin, end) in enumerate(pairwise(cuts)):
            market = board.as_known(name, moments[one - 1] if one else int(times[0])) if begin < end else None
            if market is None:
                continue
            rows = own[begin:end]
            signals["market"][rows], signals["status"][rows] = reader.market(market), status_of(market)
            of_signal[rows] = categories.setdefault(market.category, len(categories))
            if market.end_at is not None:
                signals["hours"][rows] = (market.end_at - fills.known_at[rows]) / HOUR
    return Coded(of_signal, list(categories))


def _put_scores(
    signals: Array, fills: Fills, reader: Reader, scores: Sequence[ScoresPublished], categories: Coded
) -> None:
    """What was published of each leader by then, and who is followed."""
    follow = reader.follow
    published = np.array([one.observed_at for one in scores], np.int64)
    which = np.searchsorted(published, fills.known_at, "right") - 1
    wallets, names = list(reader.wallets.names), categories.names
    as_of = np.array([one.snapshot.as_of for one in scores] + [0], np.int64)
    signals["score_age"] = np.where(which >= 0, (fills.known_at - as_of[which]) / SECOND, 0.0)
    leaders = follow.leaders if follow else frozenset()
    best = [frozenset(best_wallets(one.snapshot, follow.top)) if follow else frozenset[str]() for one in scores]
    # Of those of whom nothing is said by category, one answer holds for all.
    is_split = np.zeros((len(scores) + 1, len(wallets)), np.bool_)
    for number, one in enumerate(scores):
        split = [wallet for wallet, rows in one.snapshot.rows.items() if rows.keys() != _WHOLE]
        is_split[number, [reader.wallets.names[wallet] for wallet in split if wallet in reader.wallets.names]] = True
    category = np.where(is_split[which, signals["wallet"]], categories.codes, 0)
    of_signal, kinds = tight_codes(((which + 1) * len(wallets) + signals["wallet"]) * len(names) + category)
    rows = np.zeros((len(kinds), 3), np.int64)
    for place, kind in enumerate(kinds.tolist()):
        rest, name = divmod(kind, len(names))
        number, wallet = rest // len(wallets) - 1, wallets[rest % len(wallets)]
        snapshot = scores[number].snapshot if number >= 0 else None
        is_followed = follow is None or wallet in leaders or (number >= 0 and wallet in best[number])
        rows[place] = *reader.score(snapshot, wallet, names[name]), is_followed
    signals["score"], signals["events"], signals["is_followed"] = rows[of_signal].T if len(rows) else (0, 0, 0)


def _events(
    reader: Reader,
    gates: Sequence[GateObserved],
    scores: Sequence[ScoresPublished],
    resolutions: Sequence[MarketResolved],
    known_at: Array,
) -> Array:
    """Everything in order: at one moment what allows entries, then what ends markets, then whom to copy."""
    reader.gates = [(one.gate.is_open, one.gate.valid_until) for one in gates if one.gate]
    kinds = (
        (Kind.SCORES, [one.observed_at for one in scores]),
        (Kind.GATE, [one.observed_at for one in gates]),
        (Kind.RESOLVED, [one.observed_at for one in resolutions]),
        (Kind.SIGNAL, known_at),
    )
    for one in resolutions:
        reader.resolution(one)
    times = np.concatenate([np.asarray(at, np.int64) for _, at in kinds])
    events = np.zeros(len(times), EVENT)
    events["at"], events["bid"] = times, np.nan
    events["what"] = np.repeat([int(kind) for kind, _ in kinds], [len(at) for _, at in kinds])
    # Scores stand in the signals already.
    events["ref"] = np.concatenate([np.arange(len(at)) * (kind is not Kind.SCORES) for kind, at in kinds])
    # Stable: the kinds stand in their order by now, and each is in order of time.
    return events[np.argsort(times, kind="stable")]


def _with_books(arrays: TapeArrays, fills: Fills) -> TapeArrays:
    """The arrays with the book that every fill met, as the feed knew it at that moment."""
    signals = arrays.tape.signals
    codes = {name: code for code, name in enumerate(arrays.tokens)}
    rows, state, place = fills.all_words(codes, FILL), feed_state(arrays), 0
    cursors = arrays.tape.listed["first_book"] - 1
    while place < len(rows):
        place = meet_books(state.world, rows, cursors, place)
        if state.world["is_full"][0]:
            state.widen()
    return replace(
        arrays,
        made=state.made(),
        sources=_SOURCES[np.where(signals["book"] < 0, 0, 1 + signals["is_modelled"])],
        most_levels=max(arrays.most_levels, arrays.feed.levels),
    )
