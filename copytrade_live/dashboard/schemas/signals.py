"""What leaders did and how it was answered."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from copytrade_live.core.reason_units import Unit
from copytrade_live.dashboard.schemas.leaders import ScoreRow
from copytrade_live.dashboard.schemas.model import At, Model

Decision = Literal["copied", "rejected", "mirrored"]


class SignalRow(Model):
    """A leader's fill and our answer. Units: price in dollars per share, size in shares, notionals in collateral.

    seq is the journal event of the answer. title is the market's question, empty while it is not known. our_* are of
    the order.
    """

    seq: int
    signal_id: str
    at: At
    event_at: At
    wallet: str
    side: Literal["BUY", "SELL"]
    outcome: str
    title: str
    condition_id: str
    token_id: str
    category: str
    price: float
    size: float
    notional: float
    lag_seconds: float
    source: str
    decision: Decision
    reason: str | None
    summary: str
    measured: float | None
    limit: float | None
    unit: Unit | None
    our_price: float | None
    our_size: float | None
    our_notional: float | None


class SignalPage(Model):
    """Newest first; next_before is the before of the next page, None on the last one."""

    items: list[SignalRow]
    next_before: int | None


class GateAnswer(Model):
    """One gate of the decision: the truth it demands, whether it held, and its numbers. decides: this one refused."""

    name: str
    demand: str
    holds: bool
    decides: bool
    stage: str
    reason: str | None
    measured: float | None
    limit: float | None
    unit: Unit | None


class BookLevel(Model):
    """One price of a book and the shares at it."""

    price: float
    size: float


class BookSeen(Model):
    """The order book that the decision saw, best first on both sides."""

    at: At
    age_seconds: float
    is_modelled: bool
    bids: list[BookLevel]
    asks: list[BookLevel]
    mid: float | None
    spread: float | None


class MarketSeen(Model):
    """The market as the decision knew it."""

    condition_id: str
    title: str
    slug: str
    outcomes: list[str]
    token_ids: list[str]
    category: str
    event_id: str
    tick_size: float
    min_order_size: float
    fee_rate: float
    neg_risk: bool
    end_at: At | None
    status: str
    accepting_orders: bool


class SnapshotSeen(Model):
    """The score snapshot that the decision used, and the run that made it."""

    snapshot_id: str
    as_of_at: At
    dagster_run_url: str | None


class Cap(Model):
    """One cap on the size: what was used and the limit, collateral."""

    reason: str
    summary: str
    used: float
    limit: float


class Sizing(Model):
    """The numbers behind a size. Units: belief, cost, edge in dollars per share; notionals in collateral."""

    belief: float
    cost: float
    edge: float
    kelly_full: float
    kelly_applied: float
    notional_wanted: float
    notional: float
    capped_by: str
    is_probation: bool


class TimelineEntry(Model):
    """One journal event about it, as a sentence and as its fields."""

    seq: int
    at: At
    event: str
    text: str
    fields: dict[str, JsonValue]


class SignalDetail(Model):
    """Why: every gate, what the decision saw, and what became of it.

    is_exact: made again with the very config it was decided with. again is what today's code answers.
    """

    signal: SignalRow
    recorded: str
    again: str
    is_exact: bool
    run_id: str | None
    code_version: str | None
    config_digest: str
    gates: list[GateAnswer]
    caps: list[Cap]
    sizing: Sizing | None
    size_refusal: str | None
    book: BookSeen | None
    market: MarketSeen | None
    score: ScoreRow | None
    snapshot: SnapshotSeen | None
    gate_open: bool | None
    equity: float
    gross_exposure: float
    positions: int
    answers: list[TimelineEntry]
    later: list[TimelineEntry]
