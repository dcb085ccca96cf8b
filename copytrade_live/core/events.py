"""What happened, in the past tense: observations from outside and facts of ours. State is their fold.

Every event carries event_at (when it happened) and observed_at (when we could know it), both Instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from copytrade_live.core.market import Book, Instant, Market, Micro, Side
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.reasons import (
    AbandonReason,
    Condition,
    ExitReason,
    HaltReason,
    Mode,
    MuteReason,
    RejectReason,
)
from copytrade_live.core.score import Gate, ScoreSnapshot, TraderScore
from copytrade_live.core.signal import Signal


class Period(StrEnum):
    """Spans whose opening equity the stops compare with."""

    DAY = "day"
    WEEK = "week"


class Verb(StrEnum):
    """What an operator may ask for."""

    HALT = "halt"
    RESUME = "resume"
    CUTOFF = "cutoff"
    UNCUTOFF = "uncutoff"
    STOP = "stop"
    MODE = "mode"
    CLOSE_POSITION = "close_position"
    RELOAD = "reload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The two times that every event has."""

    event_at: Instant
    observed_at: Instant


# --- observations: from outside -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A runner, backtest or replay began. starting_cash counts only for the first run of a journal.

    is_real says that orders go to a venue for real money: its account must agree with ours before anything is bought,
    and what it holds is told by AccountObserved. account names it.
    """

    run_id: str
    mode: str
    code_version: str
    config_digest: str
    starting_cash: Micro
    is_real: bool = False
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChanged(Event):
    """From here on decisions follow another config."""

    config_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeObserved(Event):
    """What a runner of real money may do, as something other than an operator's command said."""

    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderFillObserved(Event):
    """A leader traded; with it the freshest book and market we had at that moment."""

    signal: Signal
    book: Book | None
    market: Market | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderFillVoided(Event):
    """A leader's fill never settled: it did not happen."""

    signal_id: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCovered(Event):
    """A source has read every leader's fills up to until."""

    source: str
    until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class BookObserved(Event):
    """A book of a token we hold or work an order in."""

    book: Book


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketObserved(Event):
    """A market we hold a position in changed its status or its end."""

    market: Market


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketResolved(Event):
    """A market paid out. Shape: payouts maps token id to collateral per share (0, 0.5 or 1)."""

    condition_id: str
    payouts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresPublished(Event):
    """A new score snapshot was read and verified."""

    snapshot: ScoreSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class GateObserved(Event):
    """The pipelines' gate was read; None when there is no readable gate."""

    gate: Gate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KillSwitchObserved(Event):
    """The kill switch file appeared or went away."""

    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCommanded(Event):
    """An operator asked for something. wallet is set for cutoff and uncutoff.

    argument is the mode for mode, the token id for close_position.
    """

    command_id: str
    verb: Verb
    by: str
    note: str = ""
    wallet: str | None = None
    argument: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSigned(Event):
    """An order is signed; the signed order is on disk, and no byte of it was sent before this event was."""

    order_id: str
    venue_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted(Event):
    """The venue (or the paper book) took an order, or was found to have it."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnknown(Event):
    """Whether the venue has an order cannot be told yet."""

    order_id: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotPlaced(Event):
    """An order whose fate was unknown is proven never to have reached the venue's book."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled(Event):
    """Part or all of an order executed, for good or, where the fill is not final, until it is voided."""

    fill: Fill


@dataclass(frozen=True, slots=True, kw_only=True)
class FillConfirmed(Event):
    """A provisional fill is final."""

    fill_id: str
    order_id: str
    tx_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillVoided(Event):
    """A provisional fill did not happen. What it took of the order is not filled again."""

    fill_id: str
    order_id: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExpired(Event):
    """An attempt is over and proven dead; book is what the token's book looked like then."""

    order_id: str
    book: Book | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefusedByVenue(Event):
    """The venue would not take an order."""

    order_id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountObserved(Event):
    """What the venue says the account holds, read after every fill that the venue told of was observed.

    Units: cash in micro-collateral, holdings in micro-shares by token id: every token that we hold or trade.
    """

    cash: Micro
    holdings: tuple[tuple[str, Micro], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionPaid(Event):
    """A resolved market's payout arrived. Units: micro-collateral. redemption_id is the venue's."""

    condition_id: str
    cash: Micro
    redemption_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionFailed(Event):
    """A resolved market's payout was asked for and did not come."""

    condition_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionObserved(Event):
    """Something entries depend on was measured and changed. Units: the condition's own."""

    kind: Condition
    is_ok: bool
    measured: float | None = None
    limit: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired(Event):
    """Time passed; the day or week may have turned."""


# --- facts: ours ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingTrace:
    """The numbers behind a size. Units: belief, cost, edge in dollars per share; caps in collateral."""

    belief: float
    cost: float
    edge: float
    kelly_full: float
    kelly_applied: float
    notional_wanted: float
    notional: float
    capped_by: str
    is_probation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalCopied(Event):
    """A signal was approved; the order to place, and all that the decision saw."""

    signal_id: str
    wallet: str
    token_id: str
    condition_id: str
    side: Side
    snapshot_id: str | None
    score: TraderScore | None
    equity: float
    sizing: SizingTrace
    market: Market
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRejected(Event):
    """A signal was refused, with the number measured and the limit it met."""

    signal_id: str
    wallet: str
    token_id: str
    condition_id: str
    side: Side
    snapshot_id: str | None
    reason: RejectReason
    measured: float | None
    limit: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorOwed(Event):
    """A leader sold what we copied: that share of ours is to be sold. Units: fraction of ours, size in micro-shares."""

    signal_id: str
    wallet: str
    token_id: str
    condition_id: str
    fraction: float
    size: Micro


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitDecided(Event):
    """A position is to be left, wholly or in part; order sells it."""

    token_id: str
    wallet: str
    reason: ExitReason
    measured: float
    limit: float
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReposted(Event):
    """An expired attempt is replaced by the next one."""

    replaced_id: str
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAbandoned(Event):
    """An intent stops working with its unfilled rest given up. Units: rest in micro-shares."""

    order_id: str
    reason: AbandonReason
    rest: Micro


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelDecided(Event):
    """A working order is to be cancelled and not posted again; it counts until it is proven dead."""

    order_id: str
    reason: AbandonReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSettled(Event):
    """A resolved market pays a position out. Units: size in micro-shares, cash in micro-collateral.

    is_receivable: the cash is owed to us until RedemptionPaid. Journals of the first version paid at once.
    """

    token_id: str
    size: Micro
    payout: float
    cash: Micro
    is_receivable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReconciled(Event):
    """The venue's account and ours agree, as closely as orders and fills on their way allow.

    Units: cash_difference in micro-collateral, the venue's less ours.
    """

    cash_difference: Micro
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDiffered(Event):
    """The venue's account is not what our fills make of it. Units: micro, the venue's less the nearest explained."""

    cash: Micro
    holdings: tuple[tuple[str, Micro], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalChangeAdopted(Event):
    """Something other than us changed the account, and our books follow it. Units: micro, the venue's less ours."""

    cash: Micro
    holdings: tuple[tuple[str, Micro], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyClosed(Event):
    """A copy ended, by sale or payout. Units: pnl in micro-collateral; shortfall in collateral."""

    token_id: str
    wallet: str
    condition_id: str
    root_id: str
    pnl: Micro
    shortfall: float
    streak: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodOpened(Event):
    """A day or week began; equity is what stops compare with. Units: collateral."""

    period: Period
    equity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltTripped(Event):
    """New entries are halted until resumed."""

    reason: HaltReason
    measured: float | None
    limit: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderMuted(Event):
    """A leader is cut off."""

    wallet: str
    reason: MuteReason
    measured: float | None
    limit: float | None


Observation = (
    RunStarted
    | ConfigChanged
    | ModeObserved
    | LeaderFillObserved
    | LeaderFillVoided
    | FeedCovered
    | BookObserved
    | MarketObserved
    | MarketResolved
    | ScoresPublished
    | GateObserved
    | KillSwitchObserved
    | OperatorCommanded
    | OrderSigned
    | OrderAccepted
    | OrderUnknown
    | OrderNotPlaced
    | OrderFilled
    | FillConfirmed
    | FillVoided
    | OrderExpired
    | OrderRefusedByVenue
    | AccountObserved
    | RedemptionPaid
    | RedemptionFailed
    | ConditionObserved
    | TimerFired
)
Fact = (
    SignalCopied
    | SignalRejected
    | MirrorOwed
    | ExitDecided
    | OrderReposted
    | OrderAbandoned
    | CancelDecided
    | PositionSettled
    | AccountReconciled
    | AccountDiffered
    | ExternalChangeAdopted
    | CopyClosed
    | PeriodOpened
    | HaltTripped
    | LeaderMuted
)
JournalEvent = Observation | Fact
