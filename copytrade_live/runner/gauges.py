"""Reads the runner whenever a monitor asks: nothing is kept, so nothing can be out of date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family

from copytrade_live import metrics
from copytrade_live.core.market import SECOND
from copytrade_live.core.permission import Now, trading_state
from copytrade_live.core.reasons import Condition, TradingState
from copytrade_live.metrics import Metric
from copytrade_live.provenance import code_version
from copytrade_live.runner.key_watch import KeyWatch
from copytrade_live.runner.tracking.lags import BUCKETS, Lags
from copytrade_live.runner.vitals import Vitals
from copytrade_live.situation import blockers, money


class Gauges:
    """A collector over one runner. Units: as docs/metrics.md says."""

    def __init__(self, vitals: Vitals, is_ready: Callable[[], bool], key: KeyWatch) -> None:
        self._vitals = vitals
        self._key = key
        self._is_ready = is_ready

    def collect(self) -> Iterator[Family]:
        """Every gauge, and what parts of the runner count themselves."""
        vitals = self._vitals
        yield _labelled(
            metrics.INFO, {(vitals.run_id, vitals.mode, code_version(), vitals.config.decision().digest()): 1}
        )
        for metric, value in self._numbers().items():
            if value is not None:
                family = GaugeMetricFamily(metric.full_name, metric.meaning)
                family.add_metric([], value)
                yield family
        now, health, broken = vitals.clock.now(), vitals.health, vitals.state.standing.broken
        yield _labelled(metrics.CONDITION, {(kind.value,): float(kind not in broken) for kind in Condition})
        trading = trading_state(Now(standing=vitals.state.standing, config=vitals.config, now=now))
        yield _labelled(metrics.TRADING, {(one.value,): float(one is trading) for one in TradingState})
        ages: dict[tuple[str, ...], float] = {(part,): (now - at) / SECOND for part, at in health.last_success.items()}
        yield _labelled(metrics.PART_AGE, ages)
        yield _counted(metrics.FAILURES, {(part,): count for part, count in health.failures.items()})
        yield _counted(metrics.BAD_ROWS, {(): health.bad_rows})
        lags = vitals.tracker.lags
        yield _counted(metrics.SOURCE_FIRST, {(name,): lag.first for name, lag in lags.by_source.items()})
        yield _lag_family(lags)

    def _numbers(self) -> Mapping[Metric, float | None]:
        vitals, state = self._vitals, self._vitals.state
        now, standing, gate = vitals.clock.now(), state.standing, state.standing.gate
        held = money(state.portfolio)
        is_open = gate is not None and gate.is_open and now <= gate.valid_until
        named = {
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
        return {metric: held[name] for metric, name in named.items()} | {
            metrics.POSITIONS: len(state.portfolio.positions),
            metrics.WORKING: len(state.portfolio.working),
            metrics.UNKNOWN_NOW: len(state.portfolio.unknown_orders),
            metrics.FOREIGN: len(state.portfolio.foreign),
            metrics.RECONCILED_AGE: self._reconciled_age(),
            metrics.HALTED: standing.halt is not None,
            metrics.KILL_SWITCH: standing.kill_switch,
            metrics.ENTRIES: not blockers(state, vitals.config, now),
            metrics.GATE_OPEN: is_open,
            metrics.GATE_SECONDS: (gate.valid_until - now) / SECOND if gate else None,
            metrics.SNAPSHOT_AGE: (now - standing.snapshot.as_of) / SECOND if standing.snapshot else None,
            metrics.CUT_OFF: len(standing.cut_off),
            metrics.LEADERS: vitals.tracker.followed,
            metrics.LAST_EVENT: vitals.journal.last_seq,
            metrics.READY: self._is_ready(),
            metrics.SESSION_KEY_DAYS: self._key.days_left,
        }

    def _reconciled_age(self) -> float | None:
        account = self._vitals.state.standing.account
        if account is None or account.reconciled_at is None:
            return None
        return (self._vitals.clock.now() - account.reconciled_at) / SECOND


def _labelled(metric: Metric, values: Mapping[tuple[str, ...], float]) -> Family:
    family = GaugeMetricFamily(metric.full_name, metric.meaning, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _counted(metric: Metric, values: Mapping[tuple[str, ...], float]) -> Family:
    family = CounterMetricFamily(metric.full_name, metric.meaning, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _lag_family(lags: Lags) -> Family:
    metric = metrics.SOURCE_LAG
    family = HistogramMetricFamily(metric.full_name, metric.meaning, labels=metric.labels)
    for name, lag in lags.by_source.items():
        ends = [*(f"{end:g}" for end in BUCKETS), "+Inf"]
        family.add_metric([name], list(zip(ends, accumulate(lag.counts), strict=True)), lag.total_seconds)
    return family
