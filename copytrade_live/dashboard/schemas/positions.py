"""What we hold, and when we leave it."""

from __future__ import annotations

from copytrade_live.dashboard.schemas.model import At, Model, Note


class ExitPlan(Model):
    """One rule that would sell: level is the bid at which it does, at the time; distance how far off, as a fraction."""

    reason: str
    summary: str
    level: float | None
    at: At | None
    distance: float | None


class PositionRow(Model):
    """One position. Units: shares, collateral, prices in dollars per share; gain as a fraction of cost.

    size is final, coming bought and going sold by fills that may still be voided; owed is to be sold with the leader.
    """

    token_id: str
    condition_id: str
    title: str
    outcome: str
    category: str
    wallet: str
    signal_id: str
    size: float
    coming: float
    going: float
    owed: float
    average_cost: float
    cost: float
    mark: float | None
    value: float
    unrealised_pnl: float
    gain: float | None
    realised_pnl: float
    opened_at: At
    end_at: At | None
    market_status: str
    neg_risk: bool
    is_closing: bool
    exit_order_id: str | None
    plan: list[ExitPlan]


class Positions(Model):
    """Every open position, the largest first."""

    now_at: At
    seq: int
    items: list[PositionRow]


class MarkPoint(Model):
    """What a share was worth. Units: dollars per share."""

    at: At
    mark: float


class Marks(Model):
    """Marks since we hold it, oldest first, the last one now; is_complete: the whole journal was read."""

    points: list[MarkPoint]
    is_complete: bool


class ClosePosition(Model):
    """Sell a position now, whatever its exit policy says."""

    note: Note = ""
