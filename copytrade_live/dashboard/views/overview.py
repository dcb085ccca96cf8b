"""Whether copying is on, why not, what it earned, how fresh everything is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from copytrade_live.core.limits import gross_exposure_limit
from copytrade_live.core.market import SECOND
from copytrade_live.core.permission import Now, trading_state
from copytrade_live.dashboard.moment import Moment
from copytrade_live.dashboard.schemas.overview import (
    Counts,
    Drawdown,
    Feed,
    GateView,
    Halt,
    HeadlineView,
    Money,
    Overview,
    RunnerView,
)
from copytrade_live.dashboard.schemas.signals import SignalRow
from copytrade_live.dashboard.views.links import snapshot_run_url
from copytrade_live.dashboard.views.refusals import NO_RUNNER, refusal, sentence
from copytrade_live.headline import headline
from copytrade_live.settings import Home
from copytrade_live.situation import Blocker, blockers, fall_since, gate_state, halts, money


def overview(home: Home, seen: Moment, last_signal: SignalRow | None, last_refused: SignalRow | None) -> Overview:
    """All of it."""
    state, config = seen.state, seen.decided_by
    found = blockers(state, config, seen.now)
    stopped = [refusal(one) for one in found]
    if not seen.is_alive:
        stopped.insert(0, NO_RUNNER)
    trading = trading_state(Now(standing=state.standing, config=config, now=seen.now)).value
    return Overview(
        now_at=seen.now,
        seq=seen.view.last_seq,
        last_event_at=seen.view.observed_at,
        mode=seen.view.mode,
        ceiling=ceiling(seen),
        headline=headline_view(seen, found),
        trading=cast(Literal["active", "reducing", "halted"], trading) if seen.is_alive else "none",
        entries_allowed=not stopped,
        stopped_by=stopped,
        halts=[Halt(name=name, summary=sentence(name)) for name in halts(state)],
        gate=gate_view(home, seen),
        money=money_view(seen),
        feeds=feeds(seen),
        counts=_counts(seen),
        runner=runner_view(seen),
        last_signal=last_signal,
        last_refused=last_refused,
        is_catching_up=seen.is_catching_up,
    )


def headline_view(seen: Moment, stopped: Sequence[Blocker]) -> HeadlineView:
    """Whether copying is on, in a word."""
    said = headline(seen.state, seen.decided_by, seen.runtime, seen.now, stopped=stopped, problem=seen.problem)
    copying = said.copying
    return HeadlineView(copying=copying, title=copying.label, level=copying.level, concerns=list(said.concerns))


def ceiling(seen: Moment) -> Literal["paper", "live"]:
    """What the config file allows at most."""
    return "paper" if seen.file.safety.dry_run else "live"


def gate_view(home: Home, seen: Moment) -> GateView:
    """The gate and the snapshot behind it."""
    gate, snapshot = seen.state.standing.gate, seen.state.standing.snapshot
    snapshot_id = snapshot.snapshot_id if snapshot else None
    return GateView(
        state=gate_state(gate, seen.now),
        reasons=list(gate.reasons) if gate else [],
        written_at=gate.written_at if gate else None,
        valid_until=gate.valid_until if gate else None,
        snapshot_id=snapshot_id,
        snapshot_as_of_at=snapshot.as_of if snapshot else None,
        snapshot_age_seconds=(seen.now - snapshot.as_of) / SECOND if snapshot else None,
        snapshot_max_age_seconds=seen.decided_by.score.max_age_seconds,
        dagster_run_url=snapshot_run_url(home, seen.file.dashboard, snapshot_id),
    )


def money_view(seen: Moment) -> Money:
    """Cash, equity, PnL, exposure, and how near the stops are."""
    portfolio, risk = seen.state.portfolio, seen.decided_by.risk
    facts: dict[str, Any] = money(portfolio)
    periods: tuple[tuple[Literal["day", "week"], float | None, float], ...] = (
        ("day", portfolio.day_equity, risk.daily_soft_stop),
        ("week", portfolio.week_equity, risk.weekly_drawdown_halt),
    )
    return Money(
        **facts,
        exposure_limit=gross_exposure_limit(portfolio, seen.decided_by),
        drawdowns=[
            Drawdown(
                period=period,
                fall=fall_since(opened, portfolio.equity),
                limit=limit,
                opened_equity=opened,
            )
            for period, opened, limit in periods
        ],
    )


def feeds(seen: Moment) -> list[Feed]:
    """Every source the runner tells of."""
    told = seen.runtime.told if seen.runtime is not None and seen.is_alive else {}
    lags, ages, failing = (_mapping(told.get(name)) for name in ("lags", "success_age_seconds", "failing"))
    found = []
    for source, lag in sorted(lags.items()):
        numbers, failure = _mapping(lag), failing.get(source)
        found.append(
            Feed(
                source=source,
                ok=failure is None,
                lag_seconds=_number(numbers.get("p50")),
                lag_p90_seconds=_number(numbers.get("p90")),
                age_seconds=_number(ages.get(source)),
                told=int(_number(numbers.get("told")) or 0),
                first=int(_number(numbers.get("first")) or 0),
                failing=None if failure is None else str(failure),
            )
        )
    return found


def runner_view(seen: Moment) -> RunnerView:
    """What the runner says of its own process."""
    told = seen.runtime.told if seen.runtime is not None and seen.is_alive else {}
    not_ready = [str(one) for one in cast("list[object]", told.get("not_ready") or [])]
    return RunnerView(
        is_alive=seen.is_alive,
        is_ready=seen.is_alive and not not_ready,
        not_ready=not_ready,
        pid=int(str(told["pid"])) if told.get("pid") else None,
        run_id=seen.view.run_id,
        config_digest=str(told["config"]) if told.get("config") else None,
        waits_for_restart=[str(one) for one in cast("list[object]", told.get("waits_for_restart") or [])],
        session_key_days=_number(told.get("session_key_days")),
        failing={name: str(why) for name, why in _mapping(told.get("failing")).items()},
    )


def _counts(seen: Moment) -> Counts:
    portfolio = seen.state.portfolio
    leaders = seen.runtime.told.get("leaders") if seen.runtime is not None and seen.is_alive else None
    return Counts(
        positions=len(portfolio.positions),
        max_positions=seen.decided_by.risk.max_positions,
        working_orders=len(portfolio.working),
        unknown_orders=len(portfolio.unknown_orders),
        provisional_fills=len(portfolio.provisional),
        leaders_followed=len(leaders) if isinstance(leaders, list) else leaders if isinstance(leaders, int) else None,
        cut_off=len(seen.state.standing.cut_off),
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
