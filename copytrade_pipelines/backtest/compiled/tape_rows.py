"""Rows of a tape that come from objects: markets, scores, and whatever comes in columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from copytrade_live.core.market import Market, MarketStatus
from copytrade_live.core.score import TraderScore
from copytrade_pipelines.backtest.compiled.layout import (
    CLOSED,
    DISPUTED,
    MARKET,
    NEVER,
    NO_MARKET,
    SCORE,
    TRADING,
    Array,
)
from copytrade_pipelines.backtest.compiled.parameters import FLAGS
from copytrade_pipelines.backtest.compiled.tape import Codes


def market_rows(markets: Sequence[Market], events: Codes, conditions: Codes) -> Array:
    """Markets as rows; markets of one event share a code."""
    rows = np.zeros(len(markets), MARKET)
    hedging = {market.event_id for market in markets if market.neg_risk}
    for place, market in enumerate(markets):
        rows[place] = (
            market.tick_size,
            market.min_order_size,
            market.fee_rate,
            market.fee_exponent,
            NEVER if market.end_at is None else market.end_at,
            events.of(market.event_id),
            conditions.of(market.condition_id),
            market.neg_risk,
            market.event_id in hedging,
        )
    return rows


def rows_with(dtype: np.dtype[Any], *columns: Sequence[Any] | Array) -> Array:
    """Rows of these columns."""
    rows = np.zeros(len(columns[0]), dtype)
    for name, column in zip(dtype.names or (), columns, strict=True):
        rows[name] = column
    return rows


def status_of(market: Market | None) -> int:
    """Whether a market takes orders, as a code."""
    if market is None:
        return NO_MARKET
    if not market.accepting_orders or market.status in (MarketStatus.CLOSED, MarketStatus.RESOLVED):
        return CLOSED
    return DISPUTED if market.status in (MarketStatus.PROPOSED, MarketStatus.DISPUTED) else TRADING


def score_rows(scores: Sequence[TraderScore]) -> Array:
    """Scores as rows."""
    rows = np.zeros(len(scores), SCORE)
    for place, score in enumerate(scores):
        rows[place] = (
            score.p_pos,
            score.lcb10,
            score.coverage,
            score.maker_share,
            math.nan if score.q_value is None else score.q_value,
            score.edge_mean,
            score.edge_sd,
            score.copy_cost_mean,
            sum(FLAGS.get(flag, 0) for flag in set(score.flags)),
        )
    return rows
