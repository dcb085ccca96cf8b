"""Past mids of the tokens that were traded, fetched from where the last run stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from copytrade_live.core.market import DAY, HOUR, Instant
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.rows import PricePoint
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.ingest.upsert import Change, upsert
from copytrade_pipelines.warehouse import Warehouse

FIDELITY_MINUTES = 60
# The venue keeps about a month of mids; asking for older ones costs a request and brings nothing.
KEPT: Instant = 31 * DAY
CONCURRENT_TOKENS = 8
_TOKENS_PER_BATCH = 256
_TOKENS = """
    SELECT f.token_id, min(f.event_at), any_value(m.closed_at), any_value(p.hourly_through)
    FROM raw.fills AS f
    JOIN raw.markets AS m USING (condition_id)
    LEFT JOIN raw.price_marks AS p USING (token_id)
    GROUP BY f.token_id ORDER BY f.token_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceWindow:
    """The span of a token's mids that is still missing."""

    token_id: str
    start: Instant
    end: Instant


async def ingest_prices(
    warehouse: Warehouse, api: ClobApi, *, now: Instant, progress: Progress = silent
) -> tuple[int, Change]:
    """Fetch what is missing of every traded token's mids. Returns: tokens asked, and what changed."""
    windows = missing_windows(warehouse, now)
    change = Change()
    for first in range(0, len(windows), _TOKENS_PER_BATCH):
        batch = windows[first : first + _TOKENS_PER_BATCH]
        points = await _fetch(api, batch)
        with warehouse.connect() as con:
            change += upsert(con, "raw.prices", tables.prices(points))
            upsert(con, "raw.price_marks", tables.arrow("raw.price_marks", _marks(points)))
        progress(first + len(batch), len(windows), "tokens")
    return len(windows), change


def missing_windows(warehouse: Warehouse, now: Instant) -> list[PriceWindow]:
    """From the first fill (or the last mid we have) to the market's close, as far back as the venue keeps mids."""
    with warehouse.connect() as con:
        rows = con.execute(_TOKENS).fetchall()
    found: list[PriceWindow] = []
    for token, first_fill, closed_at, last_mid in rows:
        start = max(_instant(last_mid or first_fill) // HOUR * HOUR, now - KEPT)
        end = min(now, _instant(closed_at)) if closed_at else now
        if end - start >= HOUR or (last_mid is None and end > start):
            found.append(PriceWindow(token_id=str(token), start=start, end=end))
    return found


def _marks(points: Mapping[str, Sequence[PricePoint]]) -> list[dict[str, object]]:
    # Kept apart from the mids: the finer ones run ahead of the hourly ones.
    return [{"token_id": token, "hourly_through": row[-1].at} for token, row in points.items() if row]


async def _fetch(api: ClobApi, windows: Sequence[PriceWindow]) -> dict[str, list[PricePoint]]:
    gate = asyncio.Semaphore(CONCURRENT_TOKENS)

    async def fetch(window: PriceWindow) -> list[PricePoint]:
        async with gate:
            return await api.prices_history(
                window.token_id, start=window.start, end=window.end, fidelity_minutes=FIDELITY_MINUTES
            )

    answers = await asyncio.gather(*(fetch(window) for window in windows))
    return {window.token_id: points for window, points in zip(windows, answers, strict=True)}


def _instant(moment: datetime) -> Instant:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)
