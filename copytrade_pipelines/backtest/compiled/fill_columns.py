"""Leaders' fills of an extract as columns, in the order in which they became known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from copytrade_live.core.market import Role, Side
from copytrade_pipelines.backtest.compiled.caching import cached
from copytrade_pipelines.backtest.compiled.layout import NONE, Array
from copytrade_pipelines.backtest.extract import Extract, Window
from copytrade_pipelines.backtest.notes import TapeNotes

_CODED = ("wallet", "condition_id", "token_id", "side", "role")
_READ = ("fill_id", *_CODED, "price", "size", "event_at", "observed_at")
LONG_AGO = np.iinfo(np.int64).min
_TIME_BITS = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class FillColumns:
    """Fills in the order in which they became known. Units: shares, dollars per share, milliseconds."""

    ids: pa.Array
    wallets: pa.DictionaryArray
    conditions: pa.DictionaryArray
    tokens: pa.DictionaryArray
    price: Array
    size: Array
    event_at: Array
    known_at: Array
    is_buy: Array
    is_maker: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Fills(FillColumns):
    """Fills that became known in a window, and before it the words on prices that all of them are.

    share_sold is what a sale takes of what its leader held.
    """

    share_sold: Array
    before: Words

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every token with a condition that it was traded in, once."""
        tokens, conditions = _indices(self.tokens), _indices(self.conditions)
        names, others = self.tokens.dictionary.to_pylist(), self.conditions.dictionary.to_pylist()
        for pair in np.unique(tokens * (len(others) + 1) + conditions).tolist():
            yield names[pair // (len(others) + 1)], others[pair % (len(others) + 1)]

    def all_words(self, codes: Mapping[str, int], kind: np.dtype[Any]) -> Array:
        """The fills before the window and in it as words on prices of tokens that have a code."""
        own = Words(self.tokens, self.price, self.event_at, self.known_at, self.is_buy != self.is_maker)
        parts = []
        for words in (self.before, own):
            of_name = np.array([codes.get(name, NONE) for name in words.tokens.dictionary.to_pylist()] or [NONE])
            rows = np.zeros(len(words.price), kind)
            rows["token"] = of_name[_indices(words.tokens)] if len(rows) else 0
            rows["price"], rows["event_at"], rows["at"] = words.price, words.event_at, words.known_at
            rows["at_ask"] = words.at_ask
            rows["signal"] = np.arange(len(rows)) if words is own else NONE
            parts.append(rows[rows["token"] >= 0])
        return np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class Words:
    """What fills say of prices."""

    tokens: pa.DictionaryArray
    price: Array
    event_at: Array
    known_at: Array
    at_ask: Array


def read_fills(source: Extract, window: Window, notes: TapeNotes) -> Fills:
    """The fills of an extract that make sense; the others are counted."""
    table = pq.read_table(source.rows("fills"), columns=list(_READ), read_dictionary=[*_CODED])
    table = table.filter(pa.array(_fits(table, notes))).combine_chunks()
    order = pc.sort_indices(table, sort_keys=[("observed_at", "ascending"), ("fill_id", "ascending")])
    table = table.take(order).combine_chunks()
    columns = {name: table.column(name) for name in table.column_names}
    everything = AllFills(
        ids=one_array(columns["fill_id"]),
        wallets=_dictionary(columns["wallet"]),
        conditions=_dictionary(columns["condition_id"]),
        tokens=_dictionary(columns["token_id"]),
        price=_numbers(columns["price"], np.float64),
        size=_numbers(columns["size"], np.float64),
        event_at=_numbers(columns["event_at"], np.int64),
        known_at=_numbers(columns["observed_at"], np.int64),
        is_buy=_is(columns["side"], Side.BUY.value),
        is_maker=_is(columns["role"], Role.MAKER.value),
    )
    return everything.within(window, pq.read_table(source.rows("payouts"), columns=["known_at", "token_id"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllFills(FillColumns):
    """Those before a window and after it too."""

    def as_table(self) -> pa.Table:
        """The columns as a table."""
        return pa.table({item.name: getattr(self, item.name) for item in fields(self)})

    def parts(self) -> tuple[list[pa.Table], list[Array]]:
        """The same as tables of names, which are few, and plain arrays."""
        coded = (self.wallets, self.conditions, self.tokens)
        numbers = [self.price, self.size, self.event_at, self.known_at, self.is_buy, self.is_maker]
        codes = [_indices(one) for one in coded]
        return [pa.table({"name": one.dictionary}) for one in coded], [*codes, *numbers, *_letters(self.ids)]

    def within(self, window: Window, payouts: pa.Table) -> Fills:
        """Those of a window, with what the others say of them; payouts are by token_id and known_at."""
        share = _shares_sold(self, payouts)
        first, end = np.searchsorted(self.known_at, [window.start, window.end], "left")
        inside, before = slice(first, end), slice(0, first)
        at_ask = self.is_buy[before] != self.is_maker[before]
        return Fills(
            ids=self.ids[first:end],
            wallets=_tight(self.wallets[first:end]),
            conditions=_tight(self.conditions[first:end]),
            tokens=_tight(self.tokens[first:end]),
            price=self.price[inside],
            size=self.size[inside],
            event_at=self.event_at[inside],
            known_at=self.known_at[inside],
            is_buy=self.is_buy[inside],
            is_maker=self.is_maker[inside],
            share_sold=share[inside],
            before=Words(self.tokens[:first], self.price[before], self.event_at[before], self.known_at[before], at_ask),
        )


def _fits(table: pa.Table, notes: TapeNotes) -> Array:
    """Which rows make sense, by the order in which rows.fill_problem looks; the first problem of a row counts."""
    ids, count = table.column("fill_id").combine_chunks(), table.num_rows
    event_at, known_at = table.column("event_at"), table.column("observed_at")
    has_times = _true(pc.and_(pc.is_valid(event_at), pc.is_valid(known_at)))
    is_twice = np.zeros(count, bool)
    if count > 1:
        is_twice[1:] = _true(pc.equal(ids[1:], ids[:-1]))
    sides = pc.cast(table.column("side"), pa.string())
    price, size = table.column("price"), table.column("size")
    in_range = _true(pc.and_(pc.greater(price, 0.0), pc.less(price, 1.0)))
    is_positive = _true(pc.and_(pc.greater(size, 0.0), pc.is_finite(size)))
    left = np.ones(count, bool)
    for problem, is_bad in (
        ("fill listed twice", is_twice),
        ("fill without a time", ~has_times),
        ("fill known before it happened", _true(pc.less(known_at, event_at))),
        ("fill that is neither a BUY nor a SELL", ~_true(pc.is_in(sides, pa.array([side.value for side in Side])))),
        ("fill with a price outside 0 to 1", ~in_range),
        ("fill with a size that is not positive", ~is_positive),
    ):
        notes.skip(problem, int((left & is_bad).sum()))
        left &= ~is_bad
    return left


def _letters(ids: pa.Array) -> tuple[Array, Array]:
    """Where each text ends, and the bytes of all of them."""
    if not len(ids):
        return np.zeros(0, np.int64), np.zeros(0, np.uint8)
    texts = pc.cast(ids, pa.large_string())
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    letters = np.frombuffer(texts.buffers()[2], np.uint8)
    return offsets[1:] - offsets[0], letters[offsets[0] : offsets[-1]]


def _shares_sold(fills: AllFills, payouts: pa.Table) -> Array:
    """The part of its holding that each fill would sell, from the leader's fills alone."""
    tokens, known_at = _indices(fills.tokens), fills.known_at
    pairs, kinds = tight_codes(tokens * (len(fills.wallets.dictionary) + 1) + _indices(fills.wallets))
    codes = {name: code for code, name in enumerate(fills.tokens.dictionary.to_pylist())}
    of_token = np.array([codes.get(name, NONE) for name in payouts.column("token_id").to_pylist()], np.int64)
    paid = _last_paid(tokens, known_at, of_token, _numbers(payouts.column("known_at"), np.int64))
    before = _held_before(pairs, len(kinds), known_at, paid, fills.is_buy, fills.size)
    with np.errstate(divide="ignore"):
        share: Array = np.where(before > 0.0, np.minimum(1.0, fills.size / before), 1.0)
    return share


def _last_paid(tokens: Array, known_at: Array, paid_tokens: Array, paid_at: Array) -> Array:
    """When each fill's token paid out last, LONG_AGO before it did."""
    # Token and time in one number: milliseconds take 42 bits until the year 2109.
    paid = np.sort((paid_tokens[paid_tokens >= 0] << _TIME_BITS) | paid_at[paid_tokens >= 0])
    last = np.append(paid, LONG_AGO)[np.searchsorted(paid, (tokens << _TIME_BITS) | known_at, "right") - 1]
    found: Array = np.where(last >> _TIME_BITS == tokens, last & ((1 << _TIME_BITS) - 1), LONG_AGO)
    return found


@cached
def _held_before(pair: Array, kinds: int, known_at: Array, paid: Array, is_buy: Array, size: Array) -> Array:
    held, touched = np.zeros(kinds), np.full(kinds, LONG_AGO)
    found = np.zeros(len(pair))
    for place in range(len(pair)):
        one = pair[place]
        before = held[one] if touched[one] >= paid[place] else 0.0
        found[place] = before
        held[one] = before + size[place] if is_buy[place] else max(0.0, before - size[place])
        touched[one] = known_at[place]
    return found


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else whole.chunk(0)


def _dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return one_array(column.unify_dictionaries())


def _tight(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """With no name in its dictionary that no row has."""
    codes, used = tight_codes(_indices(column))
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), column.dictionary.take(pa.array(used)))


def tight_codes(codes: Array) -> tuple[Array, Array]:
    """Codes that count up in order of appearance, and what each of them stands for."""
    count = int(codes.max()) + 1 if len(codes) else 0
    if count > 4 * len(codes) + 1024:
        kinds, first, places = np.unique(codes, return_index=True, return_inverse=True)
    else:
        seen = np.full(count, len(codes), np.int64)
        # Of several rows of one code the first is written last.
        seen[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
        kinds = np.flatnonzero(seen < len(codes))
        first, places = seen[kinds], np.cumsum(seen < len(codes))[codes] - 1
    order = np.argsort(first)
    of_kind = np.empty(len(kinds), np.int64)
    of_kind[order] = np.arange(len(kinds))
    return of_kind[places], kinds[order]


def _indices(column: pa.DictionaryArray) -> Array:
    found: Array = column.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _numbers(column: Any, kind: Any) -> Array:
    found: Array = column.to_numpy().astype(kind)
    return found


def _true(mask: Any) -> Array:
    found: Array = pc.fill_null(mask, False).to_numpy(zero_copy_only=False).astype(bool)
    return found


def _is(column: pa.ChunkedArray, value: str) -> Array:
    return _true(pc.equal(pc.cast(column, pa.string()), value))
