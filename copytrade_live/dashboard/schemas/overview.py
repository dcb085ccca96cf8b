"""What a person wants to see in ten seconds."""

from __future__ import annotations

from typing import Literal

from copytrade_live.dashboard.schemas.model import At, Model, Refusal
from copytrade_live.dashboard.schemas.signals import SignalRow
from copytrade_live.headline import Copying, Level


class HeadlineView(Model):
    """Whether the next good signal would be copied, and what is late, fails or soon ends.

    With any concern it is no better than degraded. title and level are how to show it.
    """

    copying: Copying
    title: str
    level: Level
    concerns: list[str]


class Halt(Model):
    """Something that somebody has to lift before entries go on."""

    name: str
    summary: str


class GateView(Model):
    """The pipelines' gate as the runner knows it."""

    state: Literal["open", "closed", "expired", "none"]
    reasons: list[str]
    written_at: At | None
    valid_until: At | None
    snapshot_id: str | None
    snapshot_as_of_at: At | None
    snapshot_age_seconds: float | None
    snapshot_max_age_seconds: float
    dagster_run_url: str | None


class Drawdown(Model):
    """How far equity fell since a period began, as a fraction, and where that stops entries."""

    period: Literal["day", "week"]
    fall: float | None
    limit: float
    opened_equity: float | None


class Money(Model):
    """Units: collateral. exposure is the most that can be lost, exposure_limit the cap on it."""

    equity: float
    cash: float
    reserved_cash: float
    provisional_cash: float
    receivable: float
    exposure: float
    exposure_share: float | None
    exposure_limit: float
    realised_pnl: float
    unrealised_pnl: float
    day_pnl: float | None
    week_pnl: float | None
    drawdowns: list[Drawdown]


class Feed(Model):
    """One source of leaders' fills. Lags are medians and ninth deciles of what it told, seconds; None: nothing yet."""

    source: str
    ok: bool
    lag_seconds: float | None
    lag_p90_seconds: float | None
    age_seconds: float | None
    told: int
    first: int
    failing: str | None


class Counts(Model):
    """How many of what there is now."""

    positions: int
    max_positions: int
    working_orders: int
    unknown_orders: int
    provisional_fills: int
    leaders_followed: int | None
    cut_off: int


class RunnerView(Model):
    """The runner's own process. not_ready says why it cannot do its work."""

    is_alive: bool
    is_ready: bool
    not_ready: list[str]
    pid: int | None
    run_id: str
    config_digest: str | None
    waits_for_restart: list[str]
    session_key_days: float | None
    failing: dict[str, str]


class Overview(Model):
    """Whether copying is on and why not, what it earned, how fresh everything is.

    now_at is the runner's time, which a sandbox may let run fast; seq the newest journal event in it.
    is_catching_up: history (equity, PnL, signals) is still being read from the journal.
    """

    now_at: At
    seq: int
    last_event_at: At | None
    mode: str
    ceiling: Literal["paper", "live"]
    headline: HeadlineView
    trading: Literal["active", "reducing", "halted", "none"]
    entries_allowed: bool
    stopped_by: list[Refusal]
    halts: list[Halt]
    gate: GateView
    money: Money
    feeds: list[Feed]
    counts: Counts
    runner: RunnerView
    last_signal: SignalRow | None
    last_refused: SignalRow | None
    is_catching_up: bool
