"""How a runner stands, read off its state: what an operator asks first, the same for status, metrics and readiness."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.context import Context, EntryGate
from copytrade_live.core.filters import entries_are_not_halted, gate_is_open, kill_switch_is_off, score_is_fresh
from copytrade_live.core.limits import day_is_not_stopped, positions_are_few
from copytrade_live.core.market import SECOND, Instant, Role, Side
from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import Rejected, RejectReason
from copytrade_live.core.signal import Signal
from copytrade_live.core.state import State
from copytrade_live.output import time_text

# What a running runner says of itself, beside its state database.
RUNTIME_FILE = "runtime.json"

# Gates that look at no signal: whatever a leader does, they refuse it.
STANDING_GATES: tuple[EntryGate, ...] = (
    kill_switch_is_off,
    entries_are_not_halted,
    gate_is_open,
    score_is_fresh,
    day_is_not_stopped,
    positions_are_few,
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
    context = _context(state, config, now)
    found = [answer for gate in STANDING_GATES if isinstance(answer := gate(context), Rejected)]
    if state.standing.snapshot is None:
        found.append(Rejected(reason=RejectReason.NO_SCORE))
    return [Blocker(reason=one.reason.value, measured=one.measured, limit=one.limit) for one in found]


def situation(state: State, config: DecisionConfig, now: Instant) -> dict[str, object]:
    """The facts of a runner's standing and money, by name. Units: money in collateral, spans in seconds."""
    portfolio, standing = state.portfolio, state.standing
    gate, snapshot = standing.gate, standing.snapshot
    stopped = blockers(state, config, now)
    return {
        "entries": "allowed" if not stopped else "stopped",
        "entries_stopped_by": [one.text() for one in stopped],
        "halt": standing.halt.value if standing.halt else None,
        "kill_switch": standing.kill_switch,
        "gate": "none"
        if gate is None
        else "closed"
        if not gate.is_open
        else "open"
        if now <= gate.valid_until
        else "expired",
        "gate_reasons": list(gate.reasons) if gate else [],
        "gate_valid_until": time_text(gate.valid_until) if gate else None,
        "snapshot": snapshot.snapshot_id if snapshot else None,
        "snapshot_age_seconds": (now - snapshot.as_of) / SECOND if snapshot else None,
        "cut_off": sorted(standing.cut_off),
        **money(portfolio),
        "positions": len(portfolio.positions),
        "working_orders": len(portfolio.working),
    }


def money(portfolio: Portfolio) -> dict[str, float | None]:
    """Cash, equity, PnL and exposure, by name. Units: collateral; exposure_share is a share of equity."""
    equity = portfolio.equity
    cost = sum(position.cost for position in portfolio.positions.values())
    value = sum(position.value for position in portfolio.positions.values())
    return {
        "equity": equity,
        "cash": from_micro(portfolio.cash),
        "reserved_cash": from_micro(portfolio.reserved),
        "realised_pnl": from_micro(portfolio.realised),
        "unrealised_pnl": value - from_micro(cost),
        "day_pnl": None if portfolio.day_equity is None else equity - portfolio.day_equity,
        "week_pnl": None if portfolio.week_equity is None else equity - portfolio.week_equity,
        "gross_exposure": portfolio.gross_exposure,
        "exposure_share": portfolio.gross_exposure / equity if equity > 0 else None,
    }


def _context(state: State, config: DecisionConfig, now: Instant) -> Context:
    nobody = Signal(
        signal_id="",
        wallet="",
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
