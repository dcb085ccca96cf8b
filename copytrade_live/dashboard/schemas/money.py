"""Equity over time, and PnL by what made it."""

from __future__ import annotations

from enum import StrEnum

from copytrade_live.dashboard.schemas.model import At, Model


class EquityPoint(Model):
    """Units: collateral; drawdown is the fall from the highest equity so far, as a fraction."""

    at: At
    equity: float
    cash: float
    exposure: float
    drawdown: float


class EquitySeries(Model):
    """Oldest first; is_complete: the whole journal was read."""

    points: list[EquityPoint]
    is_complete: bool


class PnlBy(StrEnum):
    """What PnL is added up by."""

    LEADER = "leader"
    CATEGORY = "category"
    DAY = "day"


class PnlRow(Model):
    """key is a wallet, a category, or a day as YYYY-MM-DD. Units: collateral; unrealised is 0 for past days."""

    key: str
    realised: float
    unrealised: float
    copies: int
    wins: int


class Pnl(Model):
    """Largest absolute PnL first, days oldest first."""

    by: PnlBy
    rows: list[PnlRow]
    is_complete: bool
