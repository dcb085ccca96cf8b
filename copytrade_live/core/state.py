"""What a journal folds to. evolve applies one event and holds no rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar, assert_never

from copytrade_live.core.context import Standing
from copytrade_live.core.events import (
    BookObserved,
    CopyClosed,
    ExitDecided,
    GateObserved,
    HaltTripped,
    JournalEvent,
    KillSwitchObserved,
    LeaderFillObserved,
    LeaderMuted,
    MarketObserved,
    MarketResolved,
    MirrorOwed,
    OperatorCommanded,
    OrderAbandoned,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    OrderRefusedByVenue,
    OrderReposted,
    Period,
    PeriodOpened,
    PositionSettled,
    RunStarted,
    ScoresPublished,
    SignalCopied,
    SignalRejected,
    TimerFired,
    Verb,
)
from copytrade_live.core.market import HOUR, Instant, Side
from copytrade_live.core.orders import Fill
from copytrade_live.core.portfolio import LeaderRecord, Portfolio, Position, WorkingOrder
from copytrade_live.core.pricing import SIZE_STEP
from copytrade_live.core.reasons import HaltReason

# A fill seen again after this long is refused as stale anyway, so its id may be forgotten.
MEMORY: Instant = 2 * HOUR

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSignals:
    """Ids of recent signals in two generations, so that forgetting old ones costs nothing."""

    young: frozenset[str] = frozenset()
    old: frozenset[str] = frozenset()
    turned_at: Instant = 0

    def __contains__(self, signal_id: str) -> bool:
        return signal_id in self.young or signal_id in self.old

    def with_signal(self, signal_id: str, now: Instant) -> SeenSignals:
        """Remember one more, letting go of what is older than MEMORY."""
        if now - self.turned_at > MEMORY:
            return SeenSignals(young=frozenset((signal_id,)), old=self.young, turned_at=now)
        return replace(self, young=self.young | {signal_id})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that the next decision depends on, besides its own observation and the config."""

    portfolio: Portfolio = field(default_factory=Portfolio)
    standing: Standing = field(default_factory=Standing)
    seen: SeenSignals = field(default_factory=SeenSignals)
    day: int = -1
    week: int = -1
    run_id: str = ""


def initial_state() -> State:
    """The state of an empty journal."""
    return State()


def evolve(state: State, event: JournalEvent) -> State:
    """Apply one event. Pure, total, without rules: what happened is decided elsewhere."""
    match event:
        case LeaderFillObserved():
            return replace(state, seen=state.seen.with_signal(event.signal.signal_id, event.observed_at))
        case RunStarted():
            return _start_run(state, event)
        case ScoresPublished():
            return replace(state, standing=replace(state.standing, snapshot=event.snapshot))
        case GateObserved():
            return replace(state, standing=replace(state.standing, gate=event.gate))
        case KillSwitchObserved():
            return replace(state, standing=replace(state.standing, kill_switch=event.is_active))
        case OperatorCommanded():
            return _obey(state, event)
        case HaltTripped():
            return replace(state, standing=replace(state.standing, halt=event.reason))
        case PeriodOpened():
            return _open_period(state, event)
        case (
            BookObserved()
            | MarketObserved()
            | OrderFilled()
            | SignalCopied()
            | MirrorOwed()
            | ExitDecided()
            | OrderReposted()
            | OrderAbandoned()
            | PositionSettled()
            | CopyClosed()
        ):
            return replace(state, portfolio=_evolve_portfolio(state.portfolio, event))
        case (
            MarketResolved()
            | OrderAccepted()
            | OrderExpired()
            | OrderRefusedByVenue()
            | TimerFired()
            | SignalRejected()
            | LeaderMuted()
        ):
            return state
        case _:
            assert_never(event)


_PortfolioEvent = (
    BookObserved
    | MarketObserved
    | OrderFilled
    | SignalCopied
    | MirrorOwed
    | ExitDecided
    | OrderReposted
    | OrderAbandoned
    | PositionSettled
    | CopyClosed
)


def _evolve_portfolio(portfolio: Portfolio, event: _PortfolioEvent) -> Portfolio:
    match event:
        case BookObserved():
            return _mark(portfolio, event)
        case MarketObserved():
            return _refresh_market(portfolio, event)
        case OrderFilled():
            return _apply_fill(portfolio, event)
        case SignalCopied():
            entry = WorkingOrder(order=event.order, market=event.market)
            return replace(portfolio, working=_with(portfolio.working, event.order.order_id, entry))
        case MirrorOwed():
            return _owe(portfolio, event)
        case ExitDecided():
            return _begin_exit(portfolio, event)
        case OrderReposted():
            entry = replace(portfolio.working[event.replaced_id], order=event.order, filled=0)
            working = _without(portfolio.working, event.replaced_id)
            return replace(portfolio, working=_with(working, event.order.order_id, entry))
        case OrderAbandoned():
            return replace(portfolio, working=_without(portfolio.working, event.order_id))
        case PositionSettled():
            return _settle(portfolio, event)
        case CopyClosed():
            record = portfolio.records.get(event.wallet, LeaderRecord())
            record = LeaderRecord(
                shortfall=event.shortfall,
                streak=event.streak,
                copies=record.copies + 1,
                measured_at=event.observed_at,
            )
            return replace(portfolio, records=_with(portfolio.records, event.wallet, record))
        case _:
            assert_never(event)


def _start_run(state: State, event: RunStarted) -> State:
    # Only the first run of a journal brings cash; later ones find what the fold has left.
    if state.run_id:
        return replace(state, run_id=event.run_id)
    return replace(state, run_id=event.run_id, portfolio=replace(state.portfolio, cash=event.starting_cash))


def _obey(state: State, event: OperatorCommanded) -> State:
    standing = state.standing
    match event.verb:
        case Verb.HALT:
            return replace(state, standing=replace(standing, halt=HaltReason.OPERATOR))
        case Verb.RESUME:
            return replace(state, standing=replace(standing, halt=None))
        case Verb.CUTOFF:
            cut_off = standing.cut_off | {event.wallet or ""}
            return replace(state, standing=replace(standing, cut_off=cut_off))
        case Verb.UNCUTOFF:
            wallet = event.wallet or ""
            records = _with(state.portfolio.records, wallet, LeaderRecord())
            return replace(
                state,
                standing=replace(standing, cut_off=standing.cut_off - {wallet}),
                portfolio=replace(state.portfolio, records=records),
            )
        case _:
            assert_never(event.verb)


def _open_period(state: State, event: PeriodOpened) -> State:
    number = period_number(event.period, event.observed_at)
    if event.period is Period.DAY:
        return replace(state, day=number, portfolio=replace(state.portfolio, day_equity=event.equity))
    return replace(state, week=number, portfolio=replace(state.portfolio, week_equity=event.equity))


def period_number(period: Period, now: Instant) -> int:
    """The running number of the UTC day, or of the week that starts on Monday."""
    day = now // (24 * HOUR)
    # 1970-01-01 was a Thursday: three days after a Monday.
    return day if period is Period.DAY else (day + 3) // 7


def _mark(portfolio: Portfolio, event: BookObserved) -> Portfolio:
    position = portfolio.positions.get(event.book.token_id)
    if position is None or event.book.best_bid is None:
        return portfolio
    marked = replace(position, mark=event.book.best_bid)
    return replace(portfolio, positions=_with(portfolio.positions, position.token_id, marked))


def _refresh_market(portfolio: Portfolio, event: MarketObserved) -> Portfolio:
    positions = {
        token: replace(position, market=event.market)
        if position.market.condition_id == event.market.condition_id
        else position
        for token, position in portfolio.positions.items()
    }
    return replace(portfolio, positions=positions)


def _apply_fill(portfolio: Portfolio, event: OrderFilled) -> Portfolio:
    entry = portfolio.working[event.fill.order_id]
    filled = entry.filled + event.fill.size
    # The venue calls an order full within a hundredth of a share.
    is_full = entry.order.size - filled < SIZE_STEP
    working = (
        _without(portfolio.working, event.fill.order_id)
        if is_full
        else _with(portfolio.working, event.fill.order_id, replace(entry, filled=filled))
    )
    after = _buy(portfolio, entry, event) if event.fill.side is Side.BUY else _sell(portfolio, event.fill)
    return replace(after, working=working)


def _buy(portfolio: Portfolio, entry: WorkingOrder, event: OrderFilled) -> Portfolio:
    fill = event.fill
    held = portfolio.positions.get(fill.token_id)
    if held is None:
        held = Position(
            token_id=fill.token_id,
            wallet=entry.order.wallet,
            market=entry.market,
            root_id=entry.order.root_id,
            size=0,
            cost=0,
            realised=0,
            opened_at=event.observed_at,
        )
    bought = replace(held, size=held.size + fill.size, cost=held.cost + fill.cash)
    return replace(
        portfolio, cash=portfolio.cash - fill.cash, positions=_with(portfolio.positions, fill.token_id, bought)
    )


def _sell(portfolio: Portfolio, fill: Fill) -> Portfolio:
    held = portfolio.positions[fill.token_id]
    cost = held.cost * fill.size // held.size
    profit = fill.cash - cost
    rest = replace(
        held,
        size=held.size - fill.size,
        cost=held.cost - cost,
        realised=held.realised + profit,
        owed=max(0, held.owed - fill.size),
    )
    return _keep(portfolio, rest, fill.cash, profit)


def _settle(portfolio: Portfolio, event: PositionSettled) -> Portfolio:
    held = portfolio.positions[event.token_id]
    profit = event.cash - held.cost
    return _keep(portfolio, replace(held, size=0, cost=0), event.cash, profit)


def _keep(portfolio: Portfolio, position: Position, cash: int, profit: int) -> Portfolio:
    positions = (
        _with(portfolio.positions, position.token_id, position)
        if position.size > 0
        else _without(portfolio.positions, position.token_id)
    )
    return replace(portfolio, cash=portfolio.cash + cash, realised=portfolio.realised + profit, positions=positions)


def _owe(portfolio: Portfolio, event: MirrorOwed) -> Portfolio:
    held = portfolio.positions[event.token_id]
    owing = replace(held, owed=min(held.size, held.owed + event.size), mirrored=(*held.mirrored, event.signal_id))
    return replace(portfolio, positions=_with(portfolio.positions, event.token_id, owing))


def _begin_exit(portfolio: Portfolio, event: ExitDecided) -> Portfolio:
    held = portfolio.positions[event.token_id]
    entry = WorkingOrder(order=event.order, market=held.market)
    return replace(
        portfolio,
        working=_with(portfolio.working, event.order.order_id, entry),
        positions=_with(portfolio.positions, event.token_id, replace(held, exits=held.exits + 1)),
    )


def _with(mapping: Mapping[str, Value], key: str, value: Value) -> Mapping[str, Value]:
    return {**mapping, key: value}


def _without(mapping: Mapping[str, Value], key: str) -> Mapping[str, Value]:
    return {name: value for name, value in mapping.items() if name != key}
