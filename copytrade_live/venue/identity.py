"""What makes a fill the same fill: the only home of fill and activity ids (docs/contracts.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import TypeVar

from copytrade_live.core.market import MICRO
from copytrade_live.venue.rows import ActivityRow, FillRow, VenueActivity, VenueFill

_FILL_FIELDS = tuple(field.name for field in fields(FillRow))
_ACTIVITY_FIELDS = tuple(field.name for field in fields(ActivityRow))

Row = TypeVar("Row", FillRow, ActivityRow)
Key = tuple[str, ...]


def number_occurrences(rows: Iterable[Row]) -> Iterator[tuple[Row, int]]:
    """Number equal rows of one listing, in listing order.

    Equal rows count up inside one uninterrupted block of the same wallet and second; when the block comes again
    counting starts again. Rows without a transaction are always number 0.
    """
    block: tuple[str, int] | None = None
    seen: dict[Key, int] = {}
    for row in rows:
        if (row.wallet, row.event_at // 1000) != block:
            block, seen = (row.wallet, row.event_at // 1000), {}
        key = _key(row)
        occurrence = seen.get(key, 0) if row.tx_hash else 0
        seen[key] = occurrence + 1
        yield row, occurrence


def fill_id(row: FillRow, occurrence: int) -> str:
    """The id of a fill: 32 hex digits that depend on nothing but the fill."""
    return _digest(_key(row), occurrence)


def activity_id(row: ActivityRow, occurrence: int) -> str:
    """The id of an activity row; one transaction redeems several conditions, so type and condition count."""
    return _digest(_key(row), occurrence)


def identify_fills(rows: Iterable[FillRow]) -> list[VenueFill]:
    """Give every row of one listing its identity; a row listed twice appears once."""
    found: dict[str, VenueFill] = {}
    for row, occurrence in number_occurrences(rows):
        key = fill_id(row, occurrence)
        if key not in found:
            found[key] = with_identity(row, occurrence)
    return list(found.values())


def with_identity(row: FillRow, occurrence: int) -> VenueFill:
    """A row as the fill it is."""
    values = {name: getattr(row, name) for name in _FILL_FIELDS}
    return VenueFill(**values, fill_id=fill_id(row, occurrence), occurrence=occurrence)


def identify_activity(rows: Iterable[ActivityRow]) -> list[VenueActivity]:
    """Give every activity row of one listing its identity; a row listed twice appears once."""
    found: dict[str, VenueActivity] = {}
    for row, occurrence in number_occurrences(rows):
        key = activity_id(row, occurrence)
        if key not in found:
            values = {name: getattr(row, name) for name in _ACTIVITY_FIELDS}
            found[key] = VenueActivity(**values, activity_id=key, occurrence=occurrence)
    return list(found.values())


def fill_ids(
    wallets: Iterable[str],
    hashes: Iterable[str],
    seconds: Iterable[int],
    tokens: Iterable[str],
    sides: Iterable[str],
    prices: Iterable[int],
    sizes: Iterable[int],
) -> tuple[list[str], list[int]]:
    """Ids and occurrences of fills by column, equal ones numbered in order. Units: prices and sizes in millionths.

    The columns must hold whole seconds of a wallet, each once; a fill without a transaction may come more than once.
    """
    sha256 = hashlib.sha256
    keys = [
        f"{wallet}|{tx or f'at {second}'}|{token}|{side}|{price}|{size}|0"
        for wallet, tx, second, token, side, price, size in zip(
            wallets, hashes, seconds, tokens, sides, prices, sizes, strict=True
        )
    ]
    occurrences = [0] * len(keys)
    if len(set(keys)) < len(keys):
        seen: dict[str, int] = {}
        for place, key in enumerate(keys):
            number = seen.get(key, 0) if "|at " not in key else 0
            seen[key] = number + 1
            if number:
                occurrences[place], keys[place] = number, f"{key[:-1]}{number}"
    return [sha256(key.encode()).hexdigest()[:32] for key in keys], occurrences


def _key(row: FillRow | ActivityRow) -> Key:
    # Without a transaction only the second tells two equal fills apart.
    when = row.tx_hash or f"at {row.event_at // 1000}"
    # Micro-units, so that 0.3 and 0.30000000000000004 are one price whichever API version sent it.
    if isinstance(row, FillRow):
        return (row.wallet, when, row.token_id, row.side.value, _micro(row.price), _micro(row.size))
    return (row.wallet, when, row.type, row.condition_id, row.token_id, _micro(row.size))


def _micro(value: float) -> str:
    return str(round(value * MICRO))


def _digest(key: Key, occurrence: int) -> str:
    return hashlib.sha256("|".join((*key, str(occurrence))).encode()).hexdigest()[:32]
