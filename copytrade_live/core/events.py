"""What happened, in the past tense: observations from outside and facts of ours. State is their fold.

Every event carries event_at (when it happened) and observed_at (when we could know it), both Instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from copytrade_live.core.market import Book, Instant, Market, Micro, Side
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.reasons import AbandonReason, ExitReason, HaltReason, MuteReason, RejectReason
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The two times that every event has."""

    event_at: Instant
    observed_at: Instant


# --- observations: from outside -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A runner, backtest or replay began. starting_cash counts only for the first run of a journal."""

    run_id: str
    mode: str
    code_version: str
    config_digest: str
    starting_cash: Micro


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderFillObserved(Event):
    """A leader traded; with it the freshest book and market we had at that moment."""

    signal: Signal
    book: Book | None
    market: Market | None


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
    """An operator asked for something. wallet is set for cutoff and uncutoff."""

    command_id: str
    verb: Verb
    by: str
    note: str = ""
    wallet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted(Event):
    """The venue (or the paper book) took an order."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled(Event):
    """Part or all of an order executed."""

    fill: Fill


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExpired(Event):
    """An attempt reached its time to live; book is what the token's book looked like then."""

    order_id: str
    book: Book | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefusedByVenue(Event):
    """The venue would not take an order."""

    order_id: str
    code: str
    message: str


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
class PositionSettled(Event):
    """A resolved market paid a position out. Units: size in micro-shares, cash in micro-collateral."""

    token_id: str
    size: Micro
    payout: float
    cash: Micro


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
    | LeaderFillObserved
    | BookObserved
    | MarketObserved
    | MarketResolved
    | ScoresPublished
    | GateObserved
    | KillSwitchObserved
    | OperatorCommanded
    | OrderAccepted
    | OrderFilled
    | OrderExpired
    | OrderRefusedByVenue
    | TimerFired
)
Fact = (
    SignalCopied
    | SignalRejected
    | MirrorOwed
    | ExitDecided
    | OrderReposted
    | OrderAbandoned
    | PositionSettled
    | CopyClosed
    | PeriodOpened
    | HaltTripped
    | LeaderMuted
)
JournalEvent = Observation | Fact
