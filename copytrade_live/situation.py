"""How a runner stands, read off its state: what an operator asks first, the same for status, metrics and readiness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.context import Context, EntryGate, Measured
from copytrade_live.core.filters import (
    copying_likely_pays,
    edge_is_bounded_below,
    history_is_complete,
    leader_is_not_cut_off,
    leader_is_not_flagged,
    leader_takes,
    record_is_not_luck,
    score_is_fresh,
)
from copytrade_live.core.limits import day_is_not_stopped, gross_exposure_limit, positions_are_few
from copytrade_live.core.market import SECOND, Instant, Role, Side
from copytrade_live.core.permission import PERMISSIONS, Now, trading_state
from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import Mode, Rejected, RejectReason
from copytrade_live.core.score import OVERALL, Gate, ScoreSnapshot, TraderScore
from copytrade_live.core.signal import Signal
from copytrade_live.core.state import State
from copytrade_live.core.valuation import fall_from
from copytrade_live.output import time_text

# What a running runner says of itself, beside its state database.
RUNTIME_FILE = "runtime.json"

# Gates that look at no signal: whatever a leader does, they refuse it.
STANDING_GATES: tuple[EntryGate, ...] = (
    *PERMISSIONS,
    score_is_fresh,
    day_is_not_stopped,
    positions_are_few,
)


# Gates that look at the leader and its score alone.
LEADER_GATES: tuple[EntryGate, ...] = (
    leader_is_not_cut_off,
    history_is_complete,
    leader_takes,
    leader_is_not_flagged,
    copying_likely_pays,
    edge_is_bounded_below,
    record_is_not_luck,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """A reason why no entry is made now, whoever trades."""

    reason: str
    measured: float | None
    limit: float | None

    def text(self) -> str:
        """As people read it."""
        if self.measured is None or self.limit is None:
            return self.reason
        return f"{self.reason} ({self.measured:.4g}, limit {self.limit:.4g})"


def blockers(state: State, config: DecisionConfig, now: Instant) -> list[Blocker]:
    """Everything that forbids every entry at this moment; empty while the next good signal would be copied."""
    found = _refusals(STANDING_GATES, _context(state, config, now))
    if state.standing.snapshot is None:
        found.append(Rejected(reason=RejectReason.NO_SCORE))
    return [_blocker(one) for one in found]


def leader_refusals(score: TraderScore, config: DecisionConfig, state: State) -> list[Blocker]:
    """What in a leader's score, or in how its copies went, refuses every signal of it."""
    alone = ScoreSnapshot(snapshot_id="", as_of=score.as_of, rows={score.wallet: {OVERALL: score}})
    standing = replace(state.standing, snapshot=alone)
    context = _context(replace(state, standing=standing), config, score.as_of, score.wallet)
    return [_blocker(one) for one in _refusals(LEADER_GATES, context)]


def situation(state: State, config: DecisionConfig, now: Instant, stopped: Sequence[Blocker]) -> dict[str, object]:
    """The facts of a runner's standing and money, by name; stopped: the blockers of that moment.

    Units: money in collateral, spans in seconds.
    """
    portfolio, standing = state.portfolio, state.standing
    gate, snapshot = standing.gate, standing.snapshot
    account = standing.account
    return {
        "trading": trading_state(Now(standing=standing, config=config, now=now)).value,
        "entries": "allowed" if not stopped else "stopped",
        "entries_stopped_by": [one.text() for one in stopped],
        "halts": halts(state),
        "halt": standing.halt.value if standing.halt else None,
        "kill_switch": standing.kill_switch,
        "gate": gate_state(gate, now),
        "gate_reasons": list(gate.reasons) if gate else [],
        "gate_valid_until": time_text(gate.valid_until) if gate else None,
        "snapshot": snapshot.snapshot_id if snapshot else None,
        "snapshot_age_seconds": (now - snapshot.as_of) / SECOND if snapshot else None,
        "cut_off": sorted(standing.cut_off),
        **money(portfolio),
        "exposure_limit": gross_exposure_limit(portfolio, config),
        "positions": len(portfolio.positions),
        "unknown_orders": len(portfolio.unknown_orders),
        "provisional_fills": len(portfolio.provisional),
        "foreign_tokens": len(portfolio.foreign),
        "conditions": {kind.value: _measure_text(one) for kind, one in standing.broken.items()},
        "reconciled_age_seconds": None
        if account is None or account.reconciled_at is None
        else (now - account.reconciled_at) / SECOND,
        "account_differs": account is not None and account.differs_since is not None,
        "working_orders": len(portfolio.working),
    }


def gate_state(gate: Gate | None, now: Instant) -> Literal["open", "closed", "expired", "none"]:
    """How the pipelines' gate stands, in one word."""
    if gate is None:
        return "none"
    if gate.is_open_at(now):
        return "open"
    return "expired" if gate.is_open else "closed"


def fall_since(opened: float | None, equity: float) -> float | None:
    """The fall of equity since a period opened, as a fraction; None where none did."""
    return fall_from(opened, equity) if opened else None


def halts(state: State) -> list[str]:
    """What somebody has to lift before entries go on."""
    standing = state.standing
    found = {
        RejectReason.KILL_SWITCH_FILE.value: standing.kill_switch,
        "stopped": standing.is_stopped,
        standing.halt.value if standing.halt else "": standing.halt is not None,
        RejectReason.MODE_PAPER.value: standing.is_real and standing.mode is Mode.PAPER,
    }
    return [name for name, holds in found.items() if holds]


def _measure_text(one: Measured) -> str:
    numbers = "" if one.measured is None else f"{one.measured:.4g}, limit {one.limit or 0:.4g}"
    return ", ".join(filter(None, (one.detail, numbers))) or "does not hold"


def money(portfolio: Portfolio) -> dict[str, float | None]:
    """Cash, equity, PnL and exposure, by name. Units: collateral; exposure_share is a share of equity."""
    equity = portfolio.equity
    cost = sum(position.cost + position.coming_cost for position in portfolio.positions.values())
    value = sum(position.value for position in portfolio.positions.values())
    return {
        "equity": equity,
        "cash": from_micro(portfolio.cash),
        "reserved_cash": from_micro(portfolio.reserved),
        "provisional_cash": from_micro(sum(position.coming_cost for position in portfolio.positions.values())),
        "receivable": from_micro(sum(portfolio.receivable.values())),
        "realised_pnl": from_micro(portfolio.realised),
        "unrealised_pnl": value - from_micro(cost),
        "day_pnl": None if portfolio.day_equity is None else equity - portfolio.day_equity,
        "week_pnl": None if portfolio.week_equity is None else equity - portfolio.week_equity,
        "exposure": portfolio.gross_exposure,
        "exposure_share": portfolio.gross_exposure / equity if equity > 0 else None,
    }


def _refusals(gates: tuple[EntryGate, ...], context: Context) -> list[Rejected]:
    return [answer for gate in gates if isinstance(answer := gate(context), Rejected)]


def _blocker(answer: Rejected) -> Blocker:
    return Blocker(reason=answer.reason.value, measured=answer.measured, limit=answer.limit)


def _context(state: State, config: DecisionConfig, now: Instant, wallet: str = "") -> Context:
    nobody = Signal(
        signal_id="",
        wallet=wallet,
        condition_id="",
        token_id="",
        outcome="",
        side=Side.BUY,
        role=Role.TAKER,
        price=0.5,
        size=0.0,
        event_at=now,
        observed_at=now,
        tx_hash="",
    )
    return Context(
        signal=nobody,
        book=None,
        market=None,
        standing=state.standing,
        portfolio=state.portfolio,
        is_duplicate=False,
        config=config,
        now=now,
    )
