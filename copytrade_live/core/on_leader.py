"""A leader traded: copy a buy, mirror a sell, take back what never settled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from copytrade_live.core.config import DecisionConfig, VoidPolicy
from copytrade_live.core.context import Context
from copytrade_live.core.decide import decide
from copytrade_live.core.events import (
    BookObserved,
    CancelDecided,
    ExitDecided,
    Fact,
    LeaderFillObserved,
    LeaderFillVoided,
    MirrorOwed,
    Observation,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.execution import entry_root
from copytrade_live.core.exits import Exit, decide_exit, mirror_fraction, mirrors
from copytrade_live.core.market import Book, Instant, Micro, Side
from copytrade_live.core.portfolio import Portfolio, Position, WorkingOrder
from copytrade_live.core.reasons import AbandonReason, Rejected, RejectReason
from copytrade_live.core.state import State, evolve


def answer_leader(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """Copy, mirror or refuse a leader's fill."""
    if not isinstance(seen, LeaderFillObserved):
        return
    if seen.signal.side is Side.SELL:
        yield from _answer_sell(before, after, seen, config)
    else:
        yield _answer_buy(before, after, seen, config)


def context_of(before: State, after: State, seen: LeaderFillObserved, config: DecisionConfig) -> Context:
    """What a copy of a leader's fill is decided on; before and after are the states around its observation."""
    return Context(
        signal=seen.signal,
        book=seen.book,
        market=seen.market,
        standing=after.standing,
        portfolio=after.portfolio,
        is_duplicate=seen.signal.signal_id in before.seen,
        config=config,
        now=seen.observed_at,
    )


def _answer_buy(before: State, after: State, seen: LeaderFillObserved, config: DecisionConfig) -> Fact:
    context = context_of(before, after, seen, config)
    answer = decide(context)
    if isinstance(answer, Rejected):
        return _rejected(seen, answer, after)
    return SignalCopied(
        **_head(seen, after),
        score=context.score,
        equity=after.portfolio.equity,
        sizing=answer.trace,
        market=answer.market,
        order=answer.order,
    )


def _answer_sell(before: State, after: State, seen: LeaderFillObserved, config: DecisionConfig) -> Iterator[Fact]:
    signal = seen.signal
    held = after.portfolio.positions.get(signal.token_id)
    position = held if held and held.wallet == signal.wallet else None
    entries = _entries(after.portfolio, signal.wallet, signal.token_id)
    if signal.signal_id in before.seen or (position and signal.signal_id in position.mirrored):
        yield _rejected(seen, Rejected(reason=RejectReason.DUPLICATE_SIGNAL), after)
    elif position is None and not entries:
        yield _rejected(seen, Rejected(reason=RejectReason.NOTHING_TO_SELL), after)
    elif not mirrors(config, signal.wallet):
        yield _rejected(seen, Rejected(reason=RejectReason.MIRROR_OFF), after)
    else:
        owed = _mirror(seen, position)
        yield owed
        # Who leaves is not bought after: what its entry still brings is owed in the same share.
        yield from _cancel(entries, AbandonReason.LEADER_LEFT, seen.observed_at)
        yield from try_exit(evolve(after, owed), signal.token_id, seen.book, config, seen.observed_at)


def _entries(portfolio: Portfolio, wallet: str, token_id: str) -> list[WorkingOrder]:
    return [
        entry
        for entry in portfolio.working.values()
        if entry.is_entry and (entry.order.wallet, entry.order.token_id) == (wallet, token_id)
    ]


def _cancel(entries: list[WorkingOrder], reason: AbandonReason, now: Instant) -> Iterator[CancelDecided]:
    for entry in entries:
        if entry.ending is None:
            yield CancelDecided(event_at=now, observed_at=now, order_id=entry.order.order_id, reason=reason)


def _mirror(seen: LeaderFillObserved, position: Position | None) -> MirrorOwed:
    fraction, signal = mirror_fraction(seen.signal), seen.signal
    return MirrorOwed(
        event_at=seen.observed_at,
        observed_at=seen.observed_at,
        signal_id=signal.signal_id,
        wallet=signal.wallet,
        token_id=signal.token_id,
        condition_id=signal.condition_id,
        fraction=fraction,
        size=round(_free_of_debt(position) * fraction),
    )


def _free_of_debt(position: Position | None) -> Micro:
    return position.held - position.owed if position else 0


def _of(entry: WorkingOrder) -> tuple[str, str]:
    return entry.order.wallet, entry.order.token_id


def undo_copy(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """A leader's fill never settled: leave its copy as if the leader had sold everything."""
    if not isinstance(seen, LeaderFillVoided) or config.exit.on_leader_void is VoidPolicy.KEEP:
        return
    root_id, now = entry_root(seen.signal_id), seen.observed_at
    portfolio = after.portfolio
    entries = [entry for entry in portfolio.working.values() if entry.order.root_id == root_id]
    held = next((position for position in portfolio.positions.values() if position.root_id == root_id), None)
    if held is None and not entries:
        return
    wallet, token_id = (held.wallet, held.token_id) if held else _of(entries[0])
    market = held.market if held else entries[0].market
    yield MirrorOwed(
        event_at=now,
        observed_at=now,
        signal_id=seen.signal_id,
        wallet=wallet,
        token_id=token_id,
        condition_id=market.condition_id,
        fraction=1.0,
        size=_free_of_debt(held),
    )
    yield from _cancel(entries, AbandonReason.LEADER_VOIDED, now)


def _rejected(seen: LeaderFillObserved, answer: Rejected, after: State) -> SignalRejected:
    return SignalRejected(**_head(seen, after), reason=answer.reason, measured=answer.measured, limit=answer.limit)


class _Head(TypedDict):
    event_at: Instant
    observed_at: Instant
    signal_id: str
    wallet: str
    token_id: str
    condition_id: str
    side: Side
    snapshot_id: str | None


def _head(seen: LeaderFillObserved, after: State) -> _Head:
    """What copying and refusing a signal say of it alike."""
    signal, snapshot = seen.signal, after.standing.snapshot
    return _Head(
        event_at=seen.observed_at,
        observed_at=seen.observed_at,
        signal_id=signal.signal_id,
        wallet=signal.wallet,
        token_id=signal.token_id,
        condition_id=signal.condition_id,
        side=signal.side,
        snapshot_id=snapshot.snapshot_id if snapshot else None,
    )


def try_exit(state: State, token_id: str, book: Book | None, config: DecisionConfig, now: Instant) -> Iterator[Fact]:
    """Decide whether to leave a position now."""
    position = state.portfolio.positions.get(token_id)
    # An operator's full stop lets nothing out but cancels.
    if position is None or state.standing.is_stopped:
        return
    answer = decide_exit(position, book, state.portfolio, config, now)
    if isinstance(answer, Exit):
        yield ExitDecided(
            event_at=now,
            observed_at=now,
            token_id=token_id,
            wallet=position.wallet,
            reason=answer.reason,
            measured=answer.measured,
            limit=answer.limit,
            order=answer.order,
        )


def watch_position(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """Leave a position whose book calls for it."""
    if isinstance(seen, BookObserved):
        yield from try_exit(after, seen.book.token_id, seen.book, config, seen.observed_at)
