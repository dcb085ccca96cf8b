"""Fills from the chain: block ranges that fit the node, wallets many at a time, a watermark for each."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path

import duckdb
import pyarrow as pa

from copytrade_live.core.market import DAY, MICRO, Instant
from copytrade_live.venue.chain import SOURCE, ChainApi, ChainSpan, RangeTooLarge
from copytrade_live.venue.listing import Page
from copytrade_live.venue.wire_chain import ChainFill
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.landing import land
from copytrade_pipelines.ingest.progress import Progress, Rate, silent
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert
from copytrade_pipelines.warehouse import Warehouse

WALLETS_A_CALL = 400
# The first range tried; a node that refuses it is asked for half, and after each success for a little more.
FIRST_RANGE = 8192
CONCURRENT_SPANS = 4
_MOST_RANGE = 65536
_GROWTH = 1.25
# Spans gather until they are worth a transaction.
_FILLS_A_WRITE = 20_000
_SPANS_A_WRITE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSummary:
    """What a read of the chain did."""

    wallets: int = 0
    blocks: int = 0
    fills: Change = NO_CHANGE
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """Wallets whose fills are wanted from a block on."""

    wallets: tuple[str, ...]
    first: int


async def ingest_chain(
    warehouse: Warehouse,
    api: ChainApi,
    *,
    landing: Path,
    lag: Instant,
    now: Instant,
    days: float,
    confirmations: int,
    progress: Progress = silent,
) -> ChainSummary:
    """Bring raw.chain_fills up to the newest block that is confirmed, for every wallet of raw.wallets.

    What was written before a failure or a kill stays, and is not asked again.
    Raises: VenueUnavailable, VenueRefusal, PayloadError.
    """
    head = await api.head() - confirmations
    with warehouse.connect() as con:
        through = _ranges(con)
    fresh = await api.block_at(now - round(days * DAY), head=max(head, 0)) if None in through.values() else 0
    readings = _readings(through, fresh)
    total = sum(max(head - reading.first + 1, 0) for reading in readings)
    rate, summary = Rate(progress, "blocks", total), ChainSummary(wallets=len(through))
    for reading in readings:
        async for spans in _spans(api, reading, head):
            summary = _add(summary, _write(warehouse, reading.wallets, spans, landing=landing, lag=lag))
            rate.tell(summary.blocks, summary.fills.new)
    return summary


def chain_table(fills: Sequence[ChainFill], *, lag: Instant) -> pa.Table:
    """Rows of raw.chain_fills; a fill of the chain counts as known as late as one of the data API."""
    rows = [
        {
            "chain_fill_id": fill.chain_fill_id,
            "wallet": fill.wallet,
            "token_id": fill.token_id,
            "side": fill.side.value,
            "role": fill.role.value,
            "price": fill.price,
            "size": fill.size,
            "fee": fill.fee / MICRO,
            "block_number": fill.block_number,
            "event_at": fill.event_at,
            "observed_at": fill.event_at + lag,
            "tx_hash": fill.tx_hash,
            "log_index": fill.log_index,
            "exchange": fill.exchange,
            "shares_micro": fill.shares,
            "cash_micro": fill.cash,
        }
        for fill in fills
    ]
    return tables.arrow("raw.chain_fills", rows)


def _readings(through: dict[str, int | None], fresh: int) -> list[_Reading]:
    """Wallets together that start at the same block, as many as one call takes."""
    together: dict[int, list[str]] = defaultdict(list)
    for wallet, last in sorted(through.items()):
        together[fresh if last is None else last + 1].append(wallet)
    return [
        _Reading(tuple(wallets[start : start + WALLETS_A_CALL]), first)
        for first, wallets in sorted(together.items())
        for start in range(0, len(wallets), WALLETS_A_CALL)
    ]


async def _spans(api: ChainApi, reading: _Reading, head: int) -> AsyncIterator[list[ChainSpan]]:
    """Spans upwards from a block, several asked for at once, handed over in order."""
    gathered: list[ChainSpan] = []
    first, size = reading.first, FIRST_RANGE
    while first <= head:
        starts = range(first, min(first + CONCURRENT_SPANS * size, head + 1), size)
        ranges = [(start, min(start + size - 1, head)) for start in starts]
        answers = await asyncio.gather(*(_span(api, reading.wallets, *one) for one in ranges))
        taken = list(takewhile(lambda span: span is not None, answers))
        gathered += [span for span in taken if span is not None]
        if len(taken) < len(ranges):
            size = max(size // 2, 1)
        elif len(ranges) == CONCURRENT_SPANS:
            size = min(int(size * _GROWTH) + 1, _MOST_RANGE)
        first = gathered[-1].last + 1 if taken else first
        if len(gathered) >= _SPANS_A_WRITE or sum(len(one.fills) for one in gathered) >= _FILLS_A_WRITE:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


async def _span(api: ChainApi, wallets: Sequence[str], first: int, last: int) -> ChainSpan | None:
    """A span, or None when the node wants it smaller."""
    try:
        return await api.span(wallets, first, last)
    except RangeTooLarge:
        if first == last:  # a single block cannot be halved
            raise
        return None


def _write(
    warehouse: Warehouse, wallets: Sequence[str], spans: Sequence[ChainSpan], *, landing: Path, lag: Instant
) -> ChainSummary:
    land(landing, [_page(span) for span in spans if span.fills])
    fills = [fill for span in spans for fill in span.fills]
    bad = [row for span in spans for row in span.bad]
    with warehouse.connect() as con:
        change = upsert(con, "raw.chain_fills", chain_table(fills, lag=lag))
        quarantined = upsert(con, "raw.quarantine", tables.quarantine(bad)).new
        _move_ranges(con, wallets, spans)
    return ChainSummary(blocks=spans[-1].last - spans[0].first + 1, fills=change, quarantined=quarantined)


def _page(span: ChainSpan) -> Page:
    rows = [asdict(fill) for fill in span.fills]
    return Page(source=SOURCE, request=f"eth_getLogs {span.first} {span.last}", body=json.dumps(rows, default=str))


def _ranges(con: duckdb.DuckDBPyConnection) -> dict[str, int | None]:
    rows = con.execute(
        "SELECT w.wallet, r.last_block FROM raw.wallets AS w LEFT JOIN raw.chain_ranges AS r USING (wallet) "
        "WHERE NOT coalesce(w.excluded, false) ORDER BY w.wallet"
    ).fetchall()
    return {str(wallet): last for wallet, last in rows}


def _move_ranges(con: duckdb.DuckDBPyConnection, wallets: Sequence[str], spans: Sequence[ChainSpan]) -> None:
    known = {
        str(wallet): (first, first_at, mismatch)
        for wallet, first, first_at, mismatch in con.execute(
            "SELECT wallet, first_block, epoch_ms(first_at), mismatch FROM raw.chain_ranges "
            "WHERE list_contains(?, wallet)",
            [list(wallets)],
        ).fetchall()
    }
    start = (spans[0].first, spans[0].first_at, "")
    rows = []
    for wallet in wallets:
        first, first_at, mismatch = known.get(wallet, start)
        rows.append(
            {
                "wallet": wallet,
                "first_block": first,
                "last_block": spans[-1].last,
                "first_at": first_at,
                "last_at": spans[-1].last_at,
                "mismatch": mismatch,
            }
        )
    upsert(con, "raw.chain_ranges", tables.arrow("raw.chain_ranges", rows))


def _add(one: ChainSummary, other: ChainSummary) -> ChainSummary:
    return ChainSummary(
        wallets=one.wallets,
        blocks=one.blocks + other.blocks,
        fills=one.fills + other.fills,
        quarantined=one.quarantined + other.quarantined,
    )
