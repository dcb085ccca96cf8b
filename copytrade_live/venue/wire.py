"""Payload to typed row: everything the venue sends is checked once, here; PayloadError names field and value."""

from __future__ import annotations

from copytrade_live.venue.fields import rows_of
from copytrade_live.venue.rows import (
    TRADE,
    ActivityRow,
    BadRow,
    ClobMarketRow,
    FillRow,
    LeaderboardRow,
    MarketRow,
    PositionRow,
    PricePoint,
    ResolutionRow,
    VenueActivity,
    VenueFill,
)
from copytrade_live.venue.wire_clob import (
    book_condition,
    parse_book,
    parse_clob_market,
    parse_midpoint,
    parse_prices_histories,
    parse_prices_history,
    parse_tick_size,
    parse_time,
)
from copytrade_live.venue.wire_data import (
    activity_type,
    bad_row,
    parse_activity,
    parse_fill,
    parse_leaderboard_row,
    parse_position,
    parse_resolution,
    parse_rows,
)
from copytrade_live.venue.wire_gamma import parse_market

__all__ = [
    "TRADE",
    "ActivityRow",
    "BadRow",
    "ClobMarketRow",
    "FillRow",
    "LeaderboardRow",
    "MarketRow",
    "PositionRow",
    "PricePoint",
    "ResolutionRow",
    "VenueActivity",
    "VenueFill",
    "activity_type",
    "bad_row",
    "book_condition",
    "parse_activity",
    "parse_book",
    "parse_clob_market",
    "parse_fill",
    "parse_leaderboard_row",
    "parse_market",
    "parse_midpoint",
    "parse_position",
    "parse_prices_histories",
    "parse_prices_history",
    "parse_resolution",
    "parse_rows",
    "parse_tick_size",
    "parse_time",
    "rows_of",
]
