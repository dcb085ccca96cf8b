"""Mids at a finer step in the hours after fills, where an hourly one says too little of a short horizon."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from copytrade_live.core.market import HOUR, MINUTE, Instant
from copytrade_live.venue.clob import HISTORIES_PER_REQUEST, ClobApi
from copytrade_live.venue.rows import PricePoint
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert
from copytrade_pipelines.warehouse import Warehouse

# A fill is looked at until its shortest horizon of an hour has passed, and a step or two beyond.
WATCHED: Instant = HOUR + 5 * MINUTE
CONCURRENT_REQUESTS = 8
_REQUESTS_PER_BATCH = 64
_MISSING = """
    WITH hours AS (
        SELECT DISTINCT token_id, condition_id, unnest([
            date_trunc('hour', event_at), date_trunc('hour', event_at + to_milliseconds($watched))
        ]) AS hour
        FROM raw.fills WHERE event_at >= epoch_ms($oldest)
    )
    SELECT epoch_ms(hour), h.token_id
    FROM hours AS h JOIN raw.markets AS m USING (condition_id)
    ANTI JOIN raw.price_hours AS done USING (token_id, hour)
    WHERE hour >= epoch_ms($oldest) AND hour + INTERVAL 1 HOUR <= epoch_ms($now)
      AND (m.closed_at IS NULL OR hour <= m.closed_at)
    ORDER BY hour DESC, h.token_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourOfTokens:
    """Tokens whose mids of one hour are missing, few enough for one request."""

    hour: Instant
    tokens: tuple[str, ...]


async def ingest_fine_prices(
    warehouse: Warehouse,
    api: ClobApi,
    *,
    oldest: Instant,
    now: Instant,
    fidelity_minutes: int,
    most_requests: int,
    progress: Progress = silent,
) -> tuple[int, Change]:
    """Fetch missing hours, the newest first, at most so many requests a run; what is left waits for the next.

    Returns: hours of tokens fetched, and what changed.
    """
    wanted = missing_hours(warehouse, oldest=oldest, now=now)[:most_requests]
    change, hours = NO_CHANGE, 0
    for first in range(0, len(wanted), _REQUESTS_PER_BATCH):
        batch = wanted[first : first + _REQUESTS_PER_BATCH]
        answers = await _fetch(api, batch, fidelity_minutes)
        done = [{"token_id": token, "hour": one.hour} for one in batch for token in one.tokens]
        with warehouse.connect() as con:
            change += upsert(con, "raw.prices", _joined(answers))
            upsert(con, "raw.price_hours", tables.arrow("raw.price_hours", done))
        hours += len(done)
        progress(first + len(batch), len(wanted), "hours of fine mids")
    return hours, change


def missing_hours(warehouse: Warehouse, *, oldest: Instant, now: Instant) -> list[HourOfTokens]:
    """Full hours in and after which a token was traded and whose fine mids were never asked for."""
    with warehouse.connect() as con:
        rows = con.execute(_MISSING, {"watched": WATCHED, "oldest": oldest, "now": now}).fetchall()
    by_hour: dict[Instant, list[str]] = {}
    for hour, token in rows:
        by_hour.setdefault(int(hour), []).append(str(token))
    step = HISTORIES_PER_REQUEST
    return [
        HourOfTokens(hour=hour, tokens=tuple(tokens[first : first + step]))
        for hour, tokens in by_hour.items()
        for first in range(0, len(tokens), step)
    ]


async def _fetch(
    api: ClobApi, batch: Sequence[HourOfTokens], fidelity_minutes: int
) -> list[dict[str, list[PricePoint]]]:
    gate = asyncio.Semaphore(CONCURRENT_REQUESTS)

    async def fetch(one: HourOfTokens) -> dict[str, list[PricePoint]]:
        async with gate:
            return await api.prices_histories(
                one.tokens, start=one.hour, end=one.hour + HOUR, fidelity_minutes=fidelity_minutes
            )

    tasks = [asyncio.create_task(fetch(one)) for one in batch]
    try:
        return list(await asyncio.gather(*tasks))
    finally:  # after a failure the others would go on asking a venue that is down
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _joined(answers: Sequence[dict[str, list[PricePoint]]]) -> pa.Table:
    # An hour's end is the next one's beginning, so a point may come twice.
    points = {(token, point.at): point for answer in answers for token, row in answer.items() for point in row}
    rows = [{"token_id": token, "at": at, "mid": point.mid} for (token, at), point in points.items()]
    return tables.arrow("raw.prices", rows)
