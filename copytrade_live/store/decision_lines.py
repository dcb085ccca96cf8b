"""What the decision log says about a journal event: the fields a person asks for first."""

from __future__ import annotations

from functools import singledispatch

from copytrade_live.clock import to_iso
from copytrade_live.core.events import (
    AccountDiffered,
    CancelDecided,
    CopyClosed,
    ExitDecided,
    ExternalChangeAdopted,
    FillVoided,
    HaltTripped,
    JournalEvent,
    LeaderFillObserved,
    LeaderMuted,
    MirrorOwed,
    OrderAbandoned,
    OrderFilled,
    OrderReposted,
    OrderUnknown,
    PositionSettled,
    RedemptionFailed,
    RedemptionPaid,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.market import MICRO
from copytrade_live.core.orders import Order
from copytrade_live.core.reasons import ExitReason
from copytrade_live.store.rows import JournalRow

Line = dict[str, object]


def decision_line(row: JournalRow, cause: JournalRow | None) -> Line | None:
    """The line for a row, None when it decides nothing. cause is the observation the row answers."""
    fields = _describe(row.event)
    if fields is None:
        return None
    head: Line = {"seq": row.seq, "ts": to_iso(row.observed_at), "run_id": row.run_id}
    return head | fields | _leader_fill(cause)


@singledispatch
def _describe(event: JournalEvent) -> Line | None:
    return None


def _leader_fill(cause: JournalRow | None) -> Line:
    observation = cause.event if cause is not None else None
    if not isinstance(observation, LeaderFillObserved):
        return {}
    signal = observation.signal
    return {
        "leader_price": signal.price,
        "leader_size": signal.size,
        "leader_event_at": to_iso(signal.event_at),
        "lag_seconds": (signal.observed_at - signal.event_at) / 1000,
        "outcome": signal.outcome,
        "tx_hash": signal.tx_hash,
    }


@_describe.register
def _copied(event: SignalCopied) -> Line:
    score, sizing = event.score, event.sizing
    return {
        "event": "copied",
        "signal_id": event.signal_id,
        "wallet": event.wallet,
        "token_id": event.token_id,
        "condition_id": event.condition_id,
        "side": event.side.value,
        "snapshot_id": event.snapshot_id,
        "equity": event.equity,
        "p_pos": score.p_pos if score else None,
        "lcb10": score.lcb10 if score else None,
        "edge": sizing.edge,
        "kelly_full": sizing.kelly_full,
        "kelly_applied": sizing.kelly_applied,
        "notional": sizing.notional,
        "capped_by": sizing.capped_by,
        "is_probation": sizing.is_probation,
    } | _order(event.order)


@_describe.register
def _rejected(event: SignalRejected) -> Line:
    return {
        "event": "rejected",
        "signal_id": event.signal_id,
        "wallet": event.wallet,
        "token_id": event.token_id,
        "condition_id": event.condition_id,
        "side": event.side.value,
        "snapshot_id": event.snapshot_id,
        "reason": event.reason.value,
        "measured": event.measured,
        "limit": event.limit,
    }


@_describe.register
def _exit(event: ExitDecided) -> Line:
    return {
        "event": "exit",
        "wallet": event.wallet,
        "token_id": event.token_id,
        "condition_id": event.order.condition_id,
        "reason": event.reason.value,
        "measured": event.measured,
        "limit": event.limit,
    } | _order(event.order)


@_describe.register
def _mirror_owed(event: MirrorOwed) -> Line:
    return {
        "event": "leader_sell_observed",
        "signal_id": event.signal_id,
        "wallet": event.wallet,
        "token_id": event.token_id,
        "condition_id": event.condition_id,
        "fraction": event.fraction,
        "size": event.size / MICRO,
    }


@_describe.register
def _closed(event: CopyClosed) -> Line:
    return {
        "event": "closed",
        "wallet": event.wallet,
        "token_id": event.token_id,
        "condition_id": event.condition_id,
        "root_id": event.root_id,
        "pnl": event.pnl / MICRO,
        "streak": event.streak,
    }


@_describe.register
def _settled(event: PositionSettled) -> Line:
    return {
        "event": "exit",
        "token_id": event.token_id,
        "reason": ExitReason.RESOLUTION.value,
        "size": event.size / MICRO,
        "payout": event.payout,
        "cash": event.cash / MICRO,
    }


@_describe.register
def _filled(event: OrderFilled) -> Line:
    fill = event.fill
    return {
        "event": "filled",
        "order_id": fill.order_id,
        "fill_id": fill.fill_id,
        "token_id": fill.token_id,
        "side": fill.side.value,
        "price": fill.price,
        "size": fill.size / MICRO,
        "cash": fill.cash / MICRO,
        "fee": fill.fee / MICRO,
    }


@_describe.register
def _reposted(event: OrderReposted) -> Line:
    return {"event": "reposted", "replaced_id": event.replaced_id, "token_id": event.order.token_id} | _order(
        event.order
    )


@_describe.register
def _abandoned(event: OrderAbandoned) -> Line:
    return {"event": "abandoned", "order_id": event.order_id, "reason": event.reason.value, "rest": event.rest / MICRO}


@_describe.register
def _halted(event: HaltTripped) -> Line:
    return {"event": "halted", "reason": event.reason.value, "measured": event.measured, "limit": event.limit}


@_describe.register
def _muted(event: LeaderMuted) -> Line:
    return {
        "event": "muted",
        "wallet": event.wallet,
        "reason": event.reason.value,
        "measured": event.measured,
        "limit": event.limit,
    }


@_describe.register
def _cancelled(event: CancelDecided) -> Line:
    return {"event": "cancelled", "order_id": event.order_id, "reason": event.reason.value}


@_describe.register
def _unknown(event: OrderUnknown) -> Line:
    return {"event": "order_unknown", "order_id": event.order_id, "reason": event.cause}


@_describe.register
def _voided(event: FillVoided) -> Line:
    return {"event": "fill_voided", "order_id": event.order_id, "fill_id": event.fill_id, "reason": event.cause}


@_describe.register
def _redeemed(event: RedemptionPaid) -> Line:
    return {"event": "redeemed", "condition_id": event.condition_id, "cash": event.cash / MICRO}


@_describe.register
def _unpaid(event: RedemptionFailed) -> Line:
    return {"event": "redemption_failed", "condition_id": event.condition_id, "reason": event.message}


@_describe.register
def _differed(event: AccountDiffered) -> Line:
    return {"event": "account_differs", "cash": event.cash / MICRO, "tokens": _shares(event.holdings)}


@_describe.register
def _adopted(event: ExternalChangeAdopted) -> Line:
    return {"event": "external_change", "cash": event.cash / MICRO, "tokens": _shares(event.holdings)}


def _shares(holdings: tuple[tuple[str, int], ...]) -> dict[str, float]:
    return {token: size / MICRO for token, size in holdings}


def _order(order: Order) -> Line:
    return {
        "order_id": order.order_id,
        "attempt": order.attempt,
        "price": order.limit,
        "size": order.size / MICRO,
        "anchor": order.anchor,
    }


# Types of events that may make a line; most of a journal is of others.
LINE_TYPES = tuple(sorted(kind.__name__ for kind in _describe.registry if kind is not object))
