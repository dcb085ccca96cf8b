"""Whom we follow, how good they are, and how copying them went."""

from __future__ import annotations

from typing import Literal

from copytrade_live.dashboard.schemas.model import At, Model, Refusal


class ScoreRow(Model):
    """One row of a score snapshot. Units: edges in probability points per share net of the copier's cost; seconds."""

    category: str
    as_of_at: At
    rank: float
    p_pos: float
    lcb10: float
    edge_mean: float
    edge_sd: float
    n_events: int
    n_eff: float
    coverage: float
    copy_cost_mean: float
    maker_share: float
    q_value: float | None
    breakeven_latency_seconds: float | None
    capacity: float | None
    flags: list[str]
    reasons: list[str]


class LeaderRow(Model):
    """A scored wallet: its score, what refuses it, and what its copies came to. Units: money in collateral.

    place counts from 1; copied says whether its next fill would be: yes, on probation at the least stake, or no.
    """

    place: int
    wallet: str
    score: ScoreRow
    is_followed: bool
    copied: Literal["yes", "probation", "no"]
    refusals: list[Refusal]
    cut_off: bool
    copies: int
    open_positions: int
    loss_streak: int
    shortfall: float
    exposure: float
    realised_pnl: float
    unrealised_pnl: float


class Leaders(Model):
    """The published snapshot, best first."""

    snapshot_id: str | None
    as_of_at: At | None
    dagster_run_url: str | None
    total: int
    items: list[LeaderRow]


class ScorePoint(Model):
    """A leader's score in one snapshot."""

    at: At
    snapshot_id: str
    rank: float
    p_pos: float
    lcb10: float
    edge_mean: float
    n_events: int


class LeaderDetail(Model):
    """One leader: its scores by category, how they changed, and what became of its signals.

    decisions counts by decision or reason.
    """

    leader: LeaderRow
    categories: list[ScoreRow]
    history: list[ScorePoint]
    decisions: dict[str, int]
