"""Whether anything may be bought at all right now: what operators, stops, pipelines, venue and machine allow.

Every entry asks, and so does an entry order before it is posted again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.context import Standing
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.reasons import Condition, Mode, Rejected, RejectReason, TradingState, Verdict, above


class Moment(Protocol):
    """What these gates look at."""

    @property
    def standing(self) -> Standing:
        """What is allowed."""
        ...

    @property
    def config(self) -> DecisionConfig:
        """The limits."""
        ...

    @property
    def now(self) -> Instant:
        """When it is asked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """A moment on its own, where there is no signal to decide on."""

    standing: Standing
    config: DecisionConfig
    now: Instant


Permission = Callable[[Moment], Verdict]


def kill_switch_is_off(m: Moment) -> Verdict:
    """No kill switch file exists."""
    return Rejected(reason=RejectReason.KILL_SWITCH_FILE) if m.standing.kill_switch else None


def entries_are_not_halted(m: Moment) -> Verdict:
    """Neither an operator nor a stop of ours halted entries."""
    return Rejected(reason=RejectReason.HALTED) if m.standing.halt or m.standing.is_stopped else None


def mode_is_live(m: Moment) -> Verdict:
    """A runner of real money is not switched to paper."""
    if m.standing.is_real and m.standing.mode is Mode.PAPER:
        return Rejected(reason=RejectReason.MODE_PAPER)
    return None


def gate_is_open(m: Moment) -> Verdict:
    """The pipelines' gate is open, valid, and speaks of the snapshot we hold. Measured: seconds past valid_until."""
    gate = m.standing.gate
    if gate is None or not gate.is_open:
        return Rejected(reason=RejectReason.GATE_CLOSED)
    return above(RejectReason.GATE_CLOSED, (m.now - gate.valid_until) / SECOND, 0.0)


def account_is_reconciled(m: Moment) -> Verdict:
    """The venue's account was found equal to ours lately. Measured: seconds since then; no number when it differs."""
    if not m.standing.is_real:
        return None
    account, limit = m.standing.account, m.config.risk.reconciled_within_seconds
    if account is None or account.reconciled_at is None or account.differs_since is not None:
        return Rejected(reason=RejectReason.NOT_RECONCILED, limit=limit)
    return above(RejectReason.NOT_RECONCILED, (m.now - account.reconciled_at) / SECOND, limit)


def venue_takes_orders(m: Moment) -> Verdict:
    """The venue does not restrict us."""
    return _holds(m, RejectReason.VENUE_RESTRICTED, Condition.VENUE_RESTRICTED)


def clock_is_right(m: Moment) -> Verdict:
    """Our clock agrees with the venue's. Measured in seconds."""
    return _holds(m, RejectReason.CLOCK_SKEW, Condition.CLOCK_SKEW)


def feed_is_alive(m: Moment) -> Verdict:
    """Some source of leaders' fills is proven alive. Measured: seconds of silence."""
    return _holds(m, RejectReason.FEED_SILENT, Condition.FEED_SILENT)


def machine_is_well(m: Moment) -> Verdict:
    """Nothing else that the runner measures of itself is broken."""
    return _holds(m, RejectReason.UNWELL, Condition.DISK, Condition.LOOP_STALL, Condition.ORDER_ERRORS)


# Where somebody wants entries stopped, those that work are cancelled; for the rest it is enough not to post again.
COMMANDS: tuple[Permission, ...] = (kill_switch_is_off, entries_are_not_halted, mode_is_live)
PERMISSIONS: tuple[Permission, ...] = (
    *COMMANDS,
    gate_is_open,
    account_is_reconciled,
    venue_takes_orders,
    clock_is_right,
    feed_is_alive,
    machine_is_well,
)


def refusal(moment: Moment, permissions: tuple[Permission, ...] = PERMISSIONS) -> Rejected | None:
    """The first reason why nothing may be bought now, None when entries are allowed."""
    for permission in permissions:
        verdict = permission(moment)
        if isinstance(verdict, Rejected):
            return verdict
    return None


def trading_state(moment: Moment) -> TradingState:
    """What may be posted now."""
    if moment.standing.is_stopped:
        return TradingState.HALTED
    return TradingState.ACTIVE if refusal(moment) is None else TradingState.REDUCING


def _holds(m: Moment, reason: RejectReason, *kinds: Condition) -> Verdict:
    for kind in kinds:
        broken = m.standing.broken.get(kind)
        if broken is not None:
            return Rejected(reason=reason, measured=broken.measured, limit=broken.limit)
    return None
