"""Pages of fills to checked columns, a page at a time.

A page whose every row is as it should be takes the fast way: decoded at once, checked column by column, each distinct
value once by the wire's own rules. Any other page is parsed row by row, so that only its bad rows are set aside.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import msgspec

from copytrade_live.core.market import Side
from copytrade_live.errors import PayloadError
from copytrade_live.venue import fields as wire
from copytrade_live.venue.data_api import SOURCE
from copytrade_live.venue.listing import Page
from copytrade_live.venue.rows import BadRow, FillRow
from copytrade_live.venue.wire_data import bad_row, parse_fill, parse_rows

FIELDS = tuple(field.name for field in fields(FillRow))
_V2 = (
    "proxy_wallet", "condition_id", "token_id", "outcome", "outcome_index", "side", "price", "size", "timestamp",
    "transaction_hash", "title", "slug", "event_slug",
)  # fmt: skip
_V1 = (
    "proxyWallet", "conditionId", "asset", "outcome", "outcomeIndex", "side", "price", "size", "timestamp",
    "transactionHash", "title", "slug", "eventSlug",
)  # fmt: skip
_TYPES: tuple[type, ...] = (str, str, str, str, int, str, float, float, int, str, str, str, str)
_HASH_LENGTH, _HEX = 66, b"0123456789abcdef"
_SIDES = frozenset(side.value for side in Side)
_UNKNOWN_INDEX = 999
_WALLET, _CONDITION, _TOKEN, _OUTCOME, _INDEX, _SIDE, _PRICE, _SIZE, _TIME, _TX, _TITLE, _SLUG, _EVENT = range(13)
_DISTINCT: dict[int, Callable[[wire.Payload, str], Any]] = {
    _WALLET: wire.wallet,
    _CONDITION: wire.condition,
    _TOKEN: wire.token,
}
Column = Sequence[Any]


@dataclass(frozen=True, slots=True)
class FillColumns:
    """Fills by column, in the order of FIELDS; side is its text, event_at in milliseconds."""

    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.columns[0])


def read_fills(page: Page) -> tuple[FillColumns, list[BadRow]]:
    """The fills of a page, and its rows that do not fit.

    Raises: PayloadError when the page as a whole does not fit.
    """
    is_v2 = page.request.startswith("/v2/")
    fast = _decoded(page.body, is_v2=is_v2)
    if fast is not None and _is_sound(fast):
        fast[_TIME] = [second * 1000 for second in fast[_TIME]]
        if _UNKNOWN_INDEX in fast[_INDEX]:
            fast[_INDEX] = [None if index == _UNKNOWN_INDEX else index for index in fast[_INDEX]]
        return FillColumns(tuple(fast)), []
    return _row_by_row(page)


def joined(parts: Iterable[FillColumns]) -> FillColumns:
    """Columns one after the other."""
    together: tuple[list[Any], ...] = tuple([] for _ in FIELDS)
    for part in parts:
        for whole, column in zip(together, part.columns, strict=True):
            whole.extend(column)
    return FillColumns(together)


def between(columns: FillColumns, start: int, end: int | None) -> FillColumns:
    """The fills of a stretch of whole seconds, both ends included."""
    times = columns.columns[_TIME]
    last = math.inf if end is None else end * 1000 + 999
    if not times or (min(times) >= start * 1000 and max(times) <= last):
        return columns
    kept = [place for place, at in enumerate(times) if start * 1000 <= at <= last]
    return FillColumns(tuple([column[place] for place in kept] for column in columns.columns))


def _row_by_row(page: Page) -> tuple[FillColumns, list[BadRow]]:
    source = f"{SOURCE}{page.request.split('?', 1)[0]}"
    try:
        payload = json.loads(page.body)
        rows = wire.rows_of(payload, "data")
    except ValueError as error:
        problem = PayloadError(f"the body is not JSON: {error}", field="body")
        return joined([]), [bad_row(page.body[:1000], problem, f"{source}#page")]
    except PayloadError as error:
        return joined([]), [bad_row(error.value, error, f"{source}#page")]
    good, bad = parse_rows(rows, parse_fill, source)
    columns = [[getattr(row, name) for row in good] for name in FIELDS]
    columns[_SIDE] = [side.value for side in columns[_SIDE]]
    return FillColumns(tuple(columns)), bad


def _is_sound(columns: list[Column]) -> bool:
    """Whether every value is what the wire's rules would leave as it is."""
    prices, sizes, times = columns[_PRICE], columns[_SIZE], columns[_TIME]
    return (
        all(_is_plain(place, value) for place in (_WALLET, _CONDITION, _TOKEN) for value in set(columns[place]))
        and _is_time(min(times))
        and _is_time(max(times))
        and _are_hashes(columns[_TX])
        and set(columns[_SIDE]) <= _SIDES
        and 0.0 <= min(prices) <= max(prices) <= 1.0
        and min(sizes) > 0.0
        and math.isfinite(sum(sizes))  # a NaN or an infinity anywhere shows in the sum
        and math.isfinite(sum(prices))
        and min(columns[_INDEX]) >= 0
    )


@lru_cache(maxsize=1 << 17)
def _is_plain(place: int, value: str) -> bool:
    try:
        return bool(_DISTINCT[place]({"value": value}, "value") == value)
    except PayloadError:
        return False


def _is_time(second: int) -> bool:
    try:
        return wire.instant({"value": second}, "value") == second * 1000
    except PayloadError:
        return False


def _are_hashes(values: Column) -> bool:
    """Whether all are 0x and 64 hex digits: looked at as one text, which is ten times as fast as one by one."""
    count, text = len(values), "".join(values)
    return (
        set(map(len, values)) == {_HASH_LENGTH}
        and text[::_HASH_LENGTH] == "0" * count
        and text[1::_HASH_LENGTH] == "x" * count
        and text.isascii()
        and text.encode().translate(None, _HEX) == b"x" * count
    )


def envelope(*, is_v2: bool) -> Any:
    """What msgspec is to read: rows of the fields we keep, without what makes Python's collector look at them."""
    row = msgspec.defstruct("Row", list(zip(_V2 if is_v2 else _V1, _TYPES, strict=True)), gc=False)
    return msgspec.defstruct("Envelope", [("data", list[row])], gc=False) if is_v2 else list[row]  # type: ignore[valid-type]


_OLDER, _NEWER = (msgspec.json.Decoder(envelope(is_v2=is_v2)) for is_v2 in (False, True))


def _decoded(body: str, *, is_v2: bool) -> list[Column] | None:
    try:
        rows = _NEWER.decode(body).data if is_v2 else _OLDER.decode(body)
    except msgspec.DecodeError:
        return None
    return list(zip(*map(msgspec.structs.astuple, rows), strict=True)) or None
