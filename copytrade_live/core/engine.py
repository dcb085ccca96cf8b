"""The one loop body of live, paper, backtest and replay: an observation in, facts and intents out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.context import Context
from copytrade_live.core.decide import decide
from copytrade_live.core.events import (
    BookObserved,
    CancelDecided,
    CopyClosed,
    ExitDecided,
    Fact,
    HaltTripped,
    JournalEvent,
    LeaderFillObserved,
    LeaderMuted,
    MarketResolved,
    MirrorOwed,
    Observation,
    OrderAbandoned,
    OrderExpired,
    OrderNotPlaced,
    OrderRefusedByVenue,
    OrderReposted,
    Period,
    PeriodOpened,
    PositionSettled,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.execution import next_attempt
from copytrade_live.core.exits import Exit, decide_exit, mirror_fraction
from copytrade_live.core.market import Book, Instant, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.portfolio import LeaderRecord, Position
from copytrade_live.core.pricing import from_micro, settle_cash
from copytrade_live.core.reasons import AbandonReason, HaltReason, MuteReason, Rejected, RejectReason
from copytrade_live.core.state import State, evolve, initial_state, period_number

__all__ = ["CancelOrder", "Intent", "PlaceOrder", "Redeem", "State", "Step", "evolve", "initial_state", "step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Ask the shell to place an order, once its fact is journaled."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Ask the shell to cancel an order, once its fact is journaled. OrderExpired answers once it is proven dead."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem:
    """Ask the shell to collect a resolved market's payout. RedemptionPaid answers."""

    condition_id: str


Intent = PlaceOrder | CancelOrder | Redeem


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one observation led to. events starts with the observation; the facts it caused follow."""

    state: State
    events: tuple[JournalEvent, ...]
    intents: tuple[Intent, ...]


# A reaction looks at the state before and after the observation and yields facts.
Reaction = Callable[[State, State, Observation, DecisionConfig], Iterator[Fact]]


def step(state: State, observation: Observation, config: DecisionConfig) -> Step:
    """Fold one observation and react to it. Pure; the shell journals the events, then acts on the intents."""
    after = evolve(state, observation)
    events: list[JournalEvent] = [observation]
    for reaction in REACTIONS:
        for fact in reaction(state, after, observation, config):
            after = evolve(after, fact)
            events.append(fact)
    return Step(state=after, events=tuple(events), intents=tuple(_intents(events)))


def _intents(events: list[JournalEvent]) -> Iterator[Intent]:
    for event in events:
        if isinstance(event, SignalCopied | ExitDecided | OrderReposted):
            yield PlaceOrder(order=event.order)
        elif isinstance(event, CancelDecided) or (
            isinstance(event, OrderAbandoned) and event.reason is AbandonReason.RESOLVED
        ):
            yield CancelOrder(order_id=event.order_id)
    paid = any(isinstance(event, PositionSettled) and event.cash > 0 for event in events)
    if paid and isinstance(events[0], MarketResolved):
        yield Redeem(condition_id=events[0].condition_id)


def _ends_with_its_market(event: JournalEvent) -> TypeGuard[OrderAbandoned]:
    return isinstance(event, OrderAbandoned) and event.reason is AbandonReason.RESOLVED


# --- reactions ------------------------------------------------------------------------------------------------


def _open_periods(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    now = seen.observed_at
    for period, current in ((Period.DAY, after.day), (Period.WEEK, after.week)):
        if after.run_id and period_number(period, now) != current:
            yield PeriodOpened(event_at=now, observed_at=now, period=period, equity=after.portfolio.equity)


def _watch_week(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    opened = after.portfolio.week_equity
    if opened is None or opened <= 0.0 or after.standing.halt or after.portfolio is before.portfolio:
        return
    fall = (opened - after.portfolio.equity) / opened
    if fall >= config.risk.weekly_drawdown_halt:
        now = seen.observed_at
        limit = config.risk.weekly_drawdown_halt
        yield HaltTripped(event_at=now, observed_at=now, reason=HaltReason.WEEKLY_DRAWDOWN, measured=fall, limit=limit)


def _answer_leader(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    if not isinstance(seen, LeaderFillObserved):
        return
    if seen.signal.side is Side.SELL:
        yield from _answer_sell(before, after, seen, config)
    else:
        yield _answer_buy(before, after, seen, config)


def _answer_buy(before: State, after: State, seen: LeaderFillObserved, config: DecisionConfig) -> Fact:
    context = Context(
        signal=seen.signal,
        book=seen.book,
        market=seen.market,
        standing=after.standing,
        portfolio=after.portfolio,
        is_duplicate=seen.signal.signal_id in before.seen,
        config=config,
        now=seen.observed_at,
    )
    answer = decide(context)
    if isinstance(answer, Rejected):
        return _rejected(seen, answer, after)
    return SignalCopied(
        event_at=seen.observed_at,
        observed_at=seen.observed_at,
        signal_id=seen.signal.signal_id,
        wallet=seen.signal.wallet,
        token_id=seen.signal.token_id,
        condition_id=seen.signal.condition_id,
        side=seen.signal.side,
        snapshot_id=_snapshot_id(after),
        score=context.score,
        equity=after.portfolio.equity,
        sizing=answer.trace,
        market=answer.market,
        order=answer.order,
    )


def _answer_sell(before: State, after: State, seen: LeaderFillObserved, config: DecisionConfig) -> Iterator[Fact]:
    signal = seen.signal
    position = after.portfolio.positions.get(signal.token_id)
    if signal.signal_id in before.seen or (position and signal.signal_id in position.mirrored):
        yield _rejected(seen, Rejected(reason=RejectReason.DUPLICATE_SIGNAL), after)
    elif position is None or position.wallet != signal.wallet:
        yield _rejected(seen, Rejected(reason=RejectReason.NOTHING_TO_SELL), after)
    elif not config.exit.mirror_leader_exits:
        yield _rejected(seen, Rejected(reason=RejectReason.MIRROR_OFF), after)
    else:
        owed = _mirror(seen, position)
        yield owed
        yield from _try_exit(evolve(after, owed), signal.token_id, seen.book, config, seen.observed_at)


def _mirror(seen: LeaderFillObserved, position: Position) -> MirrorOwed:
    fraction = mirror_fraction(seen.signal)
    return MirrorOwed(
        event_at=seen.observed_at,
        observed_at=seen.observed_at,
        signal_id=seen.signal.signal_id,
        wallet=seen.signal.wallet,
        token_id=seen.signal.token_id,
        condition_id=seen.signal.condition_id,
        fraction=fraction,
        size=round((position.size - position.owed) * fraction),
    )


def _rejected(seen: LeaderFillObserved, answer: Rejected, after: State) -> SignalRejected:
    return SignalRejected(
        event_at=seen.observed_at,
        observed_at=seen.observed_at,
        signal_id=seen.signal.signal_id,
        wallet=seen.signal.wallet,
        token_id=seen.signal.token_id,
        condition_id=seen.signal.condition_id,
        side=seen.signal.side,
        snapshot_id=_snapshot_id(after),
        reason=answer.reason,
        measured=answer.measured,
        limit=answer.limit,
    )


def _snapshot_id(state: State) -> str | None:
    return state.standing.snapshot.snapshot_id if state.standing.snapshot else None


def _watch_position(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    if isinstance(seen, BookObserved):
        yield from _try_exit(after, seen.book.token_id, seen.book, config, seen.observed_at)


def _try_exit(state: State, token_id: str, book: Book | None, config: DecisionConfig, now: Instant) -> Iterator[Fact]:
    position = state.portfolio.positions.get(token_id)
    if position is None:
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


def _follow_order(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    if not isinstance(seen, OrderExpired | OrderRefusedByVenue | OrderNotPlaced):
        return
    entry = after.portfolio.working.get(seen.order_id)
    if entry is None:
        return
    now = seen.observed_at
    answer: Order | AbandonReason = AbandonReason.REFUSED
    if isinstance(seen, OrderNotPlaced):
        answer = AbandonReason.NOT_PLACED
    elif isinstance(seen, OrderExpired):
        answer = entry.ending or next_attempt(entry, seen.book, now, config.execution)
    if isinstance(answer, Order):
        yield OrderReposted(event_at=now, observed_at=now, replaced_id=seen.order_id, order=answer)
    else:
        yield OrderAbandoned(event_at=now, observed_at=now, order_id=seen.order_id, reason=answer, rest=entry.rest)


def _settle(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    if not isinstance(seen, MarketResolved):
        return
    now = seen.observed_at
    for entry in after.portfolio.working.values():
        if entry.order.condition_id == seen.condition_id:
            yield OrderAbandoned(
                event_at=now,
                observed_at=now,
                order_id=entry.order.order_id,
                reason=AbandonReason.RESOLVED,
                rest=entry.rest,
            )
    payouts = dict(seen.payouts)
    for position in after.portfolio.positions.values():
        # What is sold provisionally waits for its fill; what is bought so is settled when it is final.
        size = position.size - position.going
        if position.market.condition_id == seen.condition_id and size > 0:
            payout = payouts[position.token_id]
            yield PositionSettled(
                event_at=seen.event_at,
                observed_at=now,
                token_id=position.token_id,
                size=size,
                payout=payout,
                cash=settle_cash(size, payout),
                is_receivable=True,
            )


def _close_copies(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    for token_id, position in before.portfolio.positions.items():
        if token_id not in after.portfolio.positions:
            yield from _close(position, before, after, seen.observed_at, config)


def _close(position: Position, before: State, after: State, now: Instant, config: DecisionConfig) -> Iterator[Fact]:
    risk = config.risk
    pnl = position.realised + after.portfolio.realised - before.portfolio.realised
    record = after.portfolio.records.get(position.wallet, LeaderRecord())
    shortfall = max(0.0, record.shortfall_at(now, risk.leader_record_half_life_days) - from_micro(pnl))
    streak = record.streak + 1 if pnl < 0 else 0
    yield CopyClosed(
        event_at=now,
        observed_at=now,
        token_id=position.token_id,
        wallet=position.wallet,
        condition_id=position.market.condition_id,
        root_id=position.root_id,
        pnl=pnl,
        shortfall=shortfall,
        streak=streak,
    )
    drawdown = shortfall / risk.leader_drawdown_base
    if drawdown >= risk.leader_drawdown_cutoff:
        yield LeaderMuted(
            event_at=now,
            observed_at=now,
            wallet=position.wallet,
            reason=MuteReason.LEADER_DRAWDOWN,
            measured=drawdown,
            limit=risk.leader_drawdown_cutoff,
        )
    elif streak >= risk.leader_loss_streak:
        yield LeaderMuted(
            event_at=now,
            observed_at=now,
            wallet=position.wallet,
            reason=MuteReason.LOSS_STREAK,
            measured=float(streak),
            limit=float(risk.leader_loss_streak),
        )


REACTIONS: tuple[Reaction, ...] = (
    _open_periods,
    _answer_leader,
    _watch_position,
    _follow_order,
    _settle,
    _close_copies,
    _watch_week,
)
