"""The numbers of money against its limits, and of the journal, as gauges show them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from copytrade_live import metrics
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.limits import gross_exposure_limit
from copytrade_live.core.portfolio import Portfolio
from copytrade_live.metric_kinds import Metric
from copytrade_live.runner.vitals import Vitals
from copytrade_live.situation import fall_since, money
from copytrade_live.store.database import WAL_SUFFIX

_MEGABYTE = 1_000_000
_MONEY: Mapping[Metric, str] = {
    metrics.EQUITY: "equity",
    metrics.CASH: "cash",
    metrics.RESERVED: "reserved_cash",
    metrics.REALISED: "realised_pnl",
    metrics.PROVISIONAL: "provisional_cash",
    metrics.RECEIVABLE: "receivable",
    metrics.UNREALISED: "unrealised_pnl",
    metrics.DAY_PNL: "day_pnl",
    metrics.WEEK_PNL: "week_pnl",
    metrics.EXPOSURE: "exposure",
}


def money_numbers(portfolio: Portfolio, config: DecisionConfig) -> Mapping[Metric, float | None]:
    """Money, and the limits that are set for it."""
    held, risk = money(portfolio), config.risk
    return {metric: held[name] for metric, name in _MONEY.items()} | {
        metrics.EXPOSURE_LIMIT: gross_exposure_limit(portfolio, config),
        metrics.DAY_DRAWDOWN: fall_since(portfolio.day_equity, portfolio.equity),
        metrics.DAY_LIMIT: risk.daily_soft_stop,
        metrics.WEEK_DRAWDOWN: fall_since(portfolio.week_equity, portfolio.equity),
        metrics.WEEK_LIMIT: risk.weekly_drawdown_halt,
        metrics.POSITIONS_LIMIT: risk.max_positions,
        metrics.UNKNOWN_LIMIT: risk.max_unknown_orders,
    }


def journal_numbers(vitals: Vitals) -> Mapping[Metric, float | None]:
    """How far the journal is, how far it was handed on, and the room it has."""
    path = vitals.journal.path
    beside = path.with_name(path.name + WAL_SUFFIX)
    return {
        metrics.LAST_EVENT: vitals.journal.last_seq,
        metrics.EXPORTED: vitals.exported_seq,
        metrics.JOURNAL_BYTES: sum(one.stat().st_size for one in (path, beside) if one.exists()),
        metrics.DISK_FREE: shutil.disk_usage(path.parent).free,
        metrics.DISK_LIMIT: vitals.config.safety.least_free_megabytes * _MEGABYTE,
    }
