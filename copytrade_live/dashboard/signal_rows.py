"""A signal and its answer as one row, from the journal's own events."""

from __future__ import annotations

from copytrade_live.core.events import LeaderFillObserved, MirrorOwed, SignalCopied, SignalRejected
from copytrade_live.core.market import SECOND
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reason_units import Unit, unit_of
from copytrade_live.dashboard.schemas.signals import Decision, SignalRow
from copytrade_live.visible import visible

Answer = SignalCopied | SignalRejected | MirrorOwed
_SUMMARIES: dict[str, str] = {"copied": "Copied.", "mirrored": "The leader sold; the same share of ours is sold."}


def signal_row(seq: int, answer: Answer, cause: LeaderFillObserved | None, title: str = "") -> SignalRow | None:
    """The row of an answer; None when the fill that it answers is not known."""
    if cause is None or cause.signal.signal_id != answer.signal_id:
        return None
    signal = cause.signal
    decision, reason, summary, measured, limit = _verdict(answer)
    order = answer.order if isinstance(answer, SignalCopied) else None
    return SignalRow(
        seq=seq,
        signal_id=signal.signal_id,
        at=answer.observed_at,
        event_at=signal.event_at,
        wallet=signal.wallet,
        side=signal.side.value,
        outcome=visible(signal.outcome),
        title=title,
        condition_id=signal.condition_id,
        token_id=signal.token_id,
        category=visible(cause.market.category) if cause.market else "",
        price=signal.price,
        size=signal.size,
        notional=signal.notional,
        lag_seconds=(signal.observed_at - signal.event_at) / SECOND,
        source=signal.source,
        decision=decision,
        reason=reason,
        summary=summary,
        measured=measured,
        limit=limit,
        unit=Unit.SHARE if decision == "mirrored" else unit_of(reason or ""),
        our_price=order.limit if order else None,
        our_size=_our_size(answer),
        our_notional=answer.sizing.notional if isinstance(answer, SignalCopied) else None,
    )


def _our_size(answer: Answer) -> float | None:
    match answer:
        case SignalCopied():
            return from_micro(answer.order.size)
        case MirrorOwed():
            return from_micro(answer.size)
        case SignalRejected():
            return None


def _verdict(answer: Answer) -> tuple[Decision, str | None, str, float | None, float | None]:
    match answer:
        case SignalCopied():
            return "copied", None, _SUMMARIES["copied"], None, None
        case MirrorOwed():
            return "mirrored", None, _SUMMARIES["mirrored"], answer.fraction, None
        case SignalRejected():
            return "rejected", answer.reason.value, answer.reason.summary, answer.measured, answer.limit
