"""Spread and depth of books that were not recorded, as seen in those that were, before the window began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_pipelines.backtest.book_levels import HOUR_EDGES, PRICE_EDGES, hour_band, price_band

ANY_CATEGORY, ANY_HOURS = "*", -1
_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """What a book looks like. Units: half_spread in dollars per share, depth in collateral at each price."""

    half_spread: float
    depth: float
    is_fitted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BookModel:
    """What a book is taken to look like where none was recorded.

    Units: half_spread in dollars per share, depth in collateral resting at each price, levels in prices a side (a tick
    apart), max_age_seconds the oldest mid, print or book that still says where the market stands.
    Shape: cells maps category, price band and hour band to what was seen there; the first three numbers stand in.
    """

    half_spread: float = 0.005
    depth: float = 1000.0
    levels: int = 5
    max_age_seconds: float = 7200.0
    cells: Mapping[tuple[str, int, int], Shape] = field(default_factory=dict)

    def shape(self, category: str, price: float, hours: float | None) -> Shape:
        """The nearest cell that saw enough books: of any category, then of any time to the end, then the fixed one."""
        band, left = price_band(price), len(HOUR_EDGES) if hours is None else hour_band(hours)
        for key in ((category, band, left), (ANY_CATEGORY, band, left), (ANY_CATEGORY, band, ANY_HOURS)):
            found = self.cells.get(key)
            if found is not None:
                return found
        return Shape(self.half_spread, self.depth, is_fitted=False)


def read_cells(source: Path | pa.Table, least_books: int) -> dict[tuple[str, int, int], Shape]:
    """The cells of an extract that saw enough books."""
    return {
        (row["category"], row["price_band"], row["hour_band"]): Shape(row["half_spread"], row["depth"], is_fitted=True)
        for row in (source if isinstance(source, pa.Table) else pq.read_table(source)).to_pylist()
        if row["books"] >= least_books and row["half_spread"] is not None and (row["depth"] or 0.0) > 0.0
    }


def _band(column: str, edges: tuple[float, ...]) -> str:
    return " + ".join(f"cast({column} >= {edge} as integer)" for edge in edges)


# Medians over two-sided books of the days before the window; depth is what a level of the best five holds on average.
FIT = f"""
    with known as (
        select
            coalesce(markets.category, '') as category,
            (books.asks[1].price + books.bids[1].price) / 2 as mid,
            (books.asks[1].price - books.bids[1].price) / 2 as half_spread,
            (list_sum(list_transform(books.bids[1:{_LEVELS}], lambda level: level.price * level.size))
                + list_sum(list_transform(books.asks[1:{_LEVELS}], lambda level: level.price * level.size)))
                / (len(books.bids[1:{_LEVELS}]) + len(books.asks[1:{_LEVELS}])) as depth,
            epoch_ms(markets.end_at) as end_at,
            epoch_ms(books.observed_at) as observed_at
        from raw.books as books
        left join staging.stg_markets as markets on books.condition_id = markets.condition_id
        where books.observed_at >= epoch_ms(cast($start as bigint) - cast($fit as bigint))
            and books.observed_at < epoch_ms(cast($start as bigint))
            and len(books.bids) > 0 and len(books.asks) > 0
            and books.bids[1].price > 0 and books.asks[1].price < 1 and books.bids[1].price < books.asks[1].price
    ),
    banded as (
        select category, half_spread, depth, {_band("mid", PRICE_EDGES)} as price_band,
            coalesce({_band("(end_at - observed_at) / 3600000.0", HOUR_EDGES)}, {len(HOUR_EDGES)}) as hour_band
        from known where isfinite(mid) and isfinite(depth)
    )
    select coalesce(category, '{ANY_CATEGORY}') as category, price_band, coalesce(hour_band, {ANY_HOURS}) as hour_band,
        count(*) as books, median(half_spread) as half_spread, median(depth) as depth
    from banded
    group by grouping sets ((category, price_band, hour_band), (price_band, hour_band), (price_band))
    order by category, price_band, hour_band, books
"""  # noqa: S608 our own numbers
