"""What a journal folds to. evolve applies one event and holds no rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from copytrade_live.core import portfolio_fold
from copytrade_live.core.changed import changing, replace
from copytrade_live.core.context import AccountStanding, Measured, Standing
from copytrade_live.core.events import (
    AccountDiffered,
    AccountObserved,
    AccountReconciled,
    BookObserved,
    CancelDecided,
    ConditionObserved,
    ConfigChanged,
    CopyClosed,
    ExitDecided,
    ExternalChangeAdopted,
    FeedCovered,
    FillConfirmed,
    FillVoided,
    GateObserved,
    HaltTripped,
    JournalEvent,
    KillSwitchObserved,
    LeaderFillObserved,
    LeaderFillVoided,
    LeaderMuted,
    MarketObserved,
    MarketResolved,
    MirrorOwed,
    ModeObserved,
    OperatorCommanded,
    OrderAbandoned,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    OrderNotPlaced,
    OrderRefusedByVenue,
    OrderReposted,
    OrderSigned,
    OrderUnknown,
    Period,
    PeriodOpened,
    PositionSettled,
    RedemptionFailed,
    RedemptionPaid,
    RunStarted,
    ScoresPublished,
    SignalCopied,
    SignalRejected,
    TimerFired,
    Verb,
)
from copytrade_live.core.market import DAY, HOUR, MINUTE, Instant
from copytrade_live.core.portfolio import LeaderRecord, OrderStatus, Portfolio, Position, WorkingOrder
from copytrade_live.core.portfolio_fold import with_entry
from copytrade_live.core.reasons import Condition, HaltReason, Mode

# A fill seen again after this long is refused as stale anyway, so its id may be forgotten.
MEMORY: Instant = 2 * HOUR
# How many ids stand apart.
LATEST = 128
# How far back the rate caps look.
PACE: Instant = MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSignals:
    """Ids of recent signals in two generations, so that forgetting old ones costs nothing.

    Shape: the latest stand apart, so that adding one copies only those; the rest of a generation is few sets, each
    at least as large as all that follow it, so that states of different times share most of what they hold.
    """

    latest: frozenset[str] = frozenset()
    young: tuple[frozenset[str], ...] = ()
    old: tuple[frozenset[str], ...] = ()
    turned_at: Instant = 0

    def __contains__(self, signal_id: str) -> bool:
        if signal_id in self.latest:
            return True
        return any([signal_id in ids for ids in self.young]) or any([signal_id in ids for ids in self.old])

    def with_signal(self, signal_id: str, now: Instant) -> SeenSignals:
        """Remember one more, letting go of what is older than MEMORY."""
        if now - self.turned_at > MEMORY:
            return SeenSignals(latest=frozenset((signal_id,)), old=(*self.young, self.latest), turned_at=now)
        if len(self.latest) < LATEST:
            return replace(self, latest=self.latest | {signal_id})
        return replace(self, latest=frozenset((signal_id,)), young=_joined(self.young, self.latest))


def _joined(sets: tuple[frozenset[str], ...], last: frozenset[str]) -> tuple[frozenset[str], ...]:
    """One more set; those that are no larger than what follows them become one with it."""
    while sets and len(sets[-1]) <= len(last):
        sets, last = sets[:-1], sets[-1] | last
    return (*sets, last)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that the next decision depends on, besides its own observation and the config."""

    portfolio: Portfolio = field(default_factory=Portfolio)
    standing: Standing = field(default_factory=Standing)
    seen: SeenSignals = field(default_factory=SeenSignals)
    day: int = -1
    week: int = -1
    run_id: str = ""


_with_mark = changing(Position, "mark")
_with_positions = changing(Portfolio, "positions")
_with_portfolio = changing(State, "portfolio")


def initial_state() -> State:
    """The state of an empty journal."""
    return State()


def evolve(state: State, event: JournalEvent) -> State:
    """Apply one event. Pure, total, without rules: what happened is decided elsewhere."""
    if isinstance(event, BookObserved):
        # Most of a journal: asked first, and most of them of what is not held.
        marked = _mark(state.portfolio, event)
        return state if marked is state.portfolio else _with_portfolio(state, marked)
    match event:
        case LeaderFillObserved():
            return replace(state, seen=state.seen.with_signal(event.signal.signal_id, event.observed_at))
        case RunStarted():
            return _start_run(state, event)
        case PeriodOpened():
            return _open_period(state, event)
        case OperatorCommanded():
            return _obey(state, event)
        case (
            ScoresPublished()
            | GateObserved()
            | KillSwitchObserved()
            | ModeObserved()
            | ConditionObserved()
            | HaltTripped()
            | AccountReconciled()
            | AccountDiffered()
        ):
            return replace(state, standing=_evolve_standing(state.standing, event))
        case SignalCopied():
            standing = replace(state.standing, copied=_pace(state.standing, event))
            return replace(state, standing=standing, portfolio=_evolve_portfolio(state.portfolio, event))
        case AccountObserved():
            standing = _evolve_standing(state.standing, event)
            return replace(state, standing=standing, portfolio=_evolve_portfolio(state.portfolio, event))
        case (
            MarketObserved()
            | OrderSigned()
            | OrderAccepted()
            | OrderUnknown()
            | OrderFilled()
            | FillConfirmed()
            | FillVoided()
            | MirrorOwed()
            | ExitDecided()
            | OrderReposted()
            | OrderAbandoned()
            | CancelDecided()
            | PositionSettled()
            | RedemptionPaid()
            | ExternalChangeAdopted()
            | CopyClosed()
        ):
            portfolio = _evolve_portfolio(state.portfolio, event)
            return state if portfolio is state.portfolio else replace(state, portfolio=portfolio)
        case (
            ConfigChanged()
            | LeaderFillVoided()
            | FeedCovered()
            | MarketResolved()
            | OrderNotPlaced()
            | OrderExpired()
            | OrderRefusedByVenue()
            | RedemptionFailed()
            | TimerFired()
            | SignalRejected()
            | LeaderMuted()
        ):
            return state
        case _:
            assert_never(event)


_StandingEvent = (
    ScoresPublished
    | GateObserved
    | KillSwitchObserved
    | ModeObserved
    | ConditionObserved
    | HaltTripped
    | AccountObserved
    | AccountReconciled
    | AccountDiffered
)


def _evolve_standing(standing: Standing, event: _StandingEvent) -> Standing:
    match event:
        case ScoresPublished():
            return replace(standing, snapshot=event.snapshot)
        case GateObserved():
            return replace(standing, gate=event.gate)
        case KillSwitchObserved():
            return replace(standing, kill_switch=event.is_active)
        case ModeObserved():
            return replace(standing, mode=event.mode)
        case ConditionObserved():
            return replace(standing, broken=_measure(standing, event))
        case HaltTripped():
            return replace(standing, halt=event.reason)
        case AccountObserved():
            known = standing.account or AccountStanding(observed_at=event.observed_at)
            return replace(standing, account=replace(known, observed_at=event.observed_at))
        case AccountReconciled():
            agreed = AccountStanding(observed_at=event.observed_at, reconciled_at=event.observed_at)
            return replace(standing, account=agreed)
        case AccountDiffered():
            known = standing.account or AccountStanding(observed_at=event.observed_at)
            since = known.differs_since if known.differs_since is not None else event.observed_at
            return replace(standing, account=replace(known, differs_since=since))
        case _:
            assert_never(event)


def _measure(standing: Standing, event: ConditionObserved) -> Mapping[Condition, Measured]:
    others = {kind: one for kind, one in standing.broken.items() if kind is not event.kind}
    if event.is_ok:
        return others
    known = standing.broken.get(event.kind)
    since = known.since if known else event.observed_at
    return others | {event.kind: Measured(since=since, measured=event.measured, limit=event.limit, detail=event.detail)}


def _pace(standing: Standing, event: SignalCopied) -> tuple[tuple[Instant, str], ...]:
    now = event.observed_at
    return (*(one for one in standing.copied if now - one[0] <= PACE), (now, event.wallet))


_PortfolioEvent = (
    MarketObserved
    | OrderSigned
    | OrderAccepted
    | OrderUnknown
    | OrderFilled
    | FillConfirmed
    | FillVoided
    | SignalCopied
    | MirrorOwed
    | ExitDecided
    | OrderReposted
    | OrderAbandoned
    | CancelDecided
    | PositionSettled
    | RedemptionPaid
    | AccountObserved
    | ExternalChangeAdopted
    | CopyClosed
)


def _evolve_portfolio(portfolio: Portfolio, event: _PortfolioEvent) -> Portfolio:
    match event:
        case MarketObserved():
            return _refresh_market(portfolio, event)
        case SignalCopied():
            return portfolio_fold.work(
                portfolio, WorkingOrder(order=event.order, market=event.market, began_at=event.observed_at)
            )
        case OrderSigned() | OrderAccepted() | OrderUnknown() | CancelDecided():
            return _note_order(portfolio, event)
        case OrderFilled():
            return portfolio_fold.apply_fill(portfolio, event)
        case FillConfirmed():
            return portfolio_fold.confirm_fill(portfolio, event)
        case FillVoided():
            return portfolio_fold.void_fill(portfolio, event)
        case MirrorOwed():
            return portfolio_fold.owe_mirror(portfolio, event)
        case ExitDecided():
            return portfolio_fold.begin_exit(portfolio, event)
        case OrderReposted():
            return _repost(portfolio, event)
        case OrderAbandoned():
            return portfolio_fold.retire(portfolio, event.order_id, event.observed_at)
        case PositionSettled():
            return portfolio_fold.settle(portfolio, event)
        case RedemptionPaid():
            return portfolio_fold.redeem(portfolio, event)
        case AccountObserved():
            return portfolio_fold.see_account(portfolio, event)
        case ExternalChangeAdopted():
            return portfolio_fold.adopt(portfolio, event)
        case CopyClosed():
            return _close(portfolio, event)
        case _:
            assert_never(event)


def _note_order(portfolio: Portfolio, event: OrderSigned | OrderAccepted | OrderUnknown | CancelDecided) -> Portfolio:
    entry = portfolio.working.get(event.order_id)
    if entry is None:
        return portfolio
    match event:
        case OrderSigned():
            entry = replace(entry, venue_order_id=event.venue_order_id)
        case OrderAccepted():
            entry = replace(entry, status=OrderStatus.WORKING)
        case OrderUnknown():
            entry = replace(entry, status=OrderStatus.UNKNOWN)
        case CancelDecided():
            entry = replace(entry, ending=event.reason)
        case _:
            assert_never(event)
    return portfolio_fold.work(portfolio, entry)


def _repost(portfolio: Portfolio, event: OrderReposted) -> Portfolio:
    before = portfolio.working[event.replaced_id]
    entry = WorkingOrder(
        order=event.order, market=before.market, owed_share=before.owed_share, began_at=before.began_at
    )
    return portfolio_fold.work(portfolio_fold.retire(portfolio, event.replaced_id, event.observed_at), entry)


def _close(portfolio: Portfolio, event: CopyClosed) -> Portfolio:
    record = portfolio.records.get(event.wallet, LeaderRecord())
    record = LeaderRecord(
        shortfall=event.shortfall,
        streak=event.streak,
        copies=record.copies + 1,
        measured_at=event.observed_at,
    )
    return replace(portfolio, records=with_entry(portfolio.records, event.wallet, record))


def _start_run(state: State, event: RunStarted) -> State:
    # What was measured in another run proves nothing now; what an operator or a stop said stands.
    account = replace(state.standing.account, reconciled_at=None) if state.standing.account else None
    standing = replace(state.standing, is_real=event.is_real, account=account, broken={})
    # Only the first run of a journal brings cash; later ones find what the fold has left.
    if state.run_id:
        return replace(state, run_id=event.run_id, standing=standing)
    portfolio = replace(state.portfolio, cash=event.starting_cash)
    return replace(state, run_id=event.run_id, standing=standing, portfolio=portfolio)


def _obey(state: State, event: OperatorCommanded) -> State:
    standing, wallet = state.standing, event.wallet or ""
    match event.verb:
        case Verb.HALT:
            return replace(state, standing=replace(standing, halt=HaltReason.OPERATOR))
        case Verb.STOP:
            return replace(state, standing=replace(standing, halt=HaltReason.OPERATOR, is_stopped=True))
        case Verb.RESUME:
            return replace(state, standing=replace(standing, halt=None, is_stopped=False))
        case Verb.CUTOFF:
            return replace(state, standing=replace(standing, cut_off=standing.cut_off | {wallet}))
        case Verb.UNCUTOFF:
            records = with_entry(state.portfolio.records, wallet, LeaderRecord())
            return replace(
                state,
                standing=replace(standing, cut_off=standing.cut_off - {wallet}),
                portfolio=replace(state.portfolio, records=records),
            )
        case Verb.MODE:
            # Whatever is not plainly live is the careful one.
            mode = Mode.LIVE if event.argument == Mode.LIVE.value else Mode.PAPER
            return replace(state, standing=replace(standing, mode=mode))
        case Verb.CLOSE_POSITION:
            return replace(state, portfolio=_close_position(state.portfolio, event.argument))
        case Verb.RELOAD:
            return state
        case _:
            assert_never(event.verb)


def _close_position(portfolio: Portfolio, token_id: str) -> Portfolio:
    held = portfolio.positions.get(token_id)
    if held is None:
        return portfolio
    closing = replace(held, is_closing=True)
    return replace(portfolio, positions=with_entry(portfolio.positions, token_id, closing))


def _open_period(state: State, event: PeriodOpened) -> State:
    number = period_number(event.period, event.observed_at)
    if event.period is Period.DAY:
        return replace(state, day=number, portfolio=replace(state.portfolio, day_equity=event.equity))
    return replace(state, week=number, portfolio=replace(state.portfolio, week_equity=event.equity))


def period_number(period: Period, now: Instant) -> int:
    """The running number of the UTC day, or of the week that starts on Monday."""
    day = now // DAY
    return day if period is Period.DAY else week_of(day)


def week_of(day: int) -> int:
    """The running number of the week that a day is in."""
    # 1970-01-01 was a Thursday: three days after a Monday.
    return (day + 3) // 7


def _mark(portfolio: Portfolio, event: BookObserved) -> Portfolio:
    position = portfolio.positions.get(event.book.token_id)
    if position is None or not event.book.bids or event.book.bids[0].price == position.mark:
        return portfolio
    marked = _with_mark(position, event.book.bids[0].price)
    return _with_positions(portfolio, {**portfolio.positions, position.token_id: marked})


def _refresh_market(portfolio: Portfolio, event: MarketObserved) -> Portfolio:
    positions = {
        token: replace(position, market=event.market)
        if position.market.condition_id == event.market.condition_id
        else position
        for token, position in portfolio.positions.items()
    }
    return replace(portfolio, positions=positions)
