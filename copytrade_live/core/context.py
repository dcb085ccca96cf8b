"""Everything one entry decision may look at, frozen in one record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.market import Book, Instant, Level, Market, Side
from copytrade_live.core.portfolio import LeaderRecord, Portfolio
from copytrade_live.core.pricing import furthest_limit
from copytrade_live.core.reasons import Condition, HaltReason, Mode, Verdict
from copytrade_live.core.score import OVERALL, Gate, ScoreSnapshot, TraderScore
from copytrade_live.core.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A condition that does not hold. Units: the condition's own; since is when it broke."""

    since: Instant
    measured: float | None = None
    limit: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStanding:
    """Whether the venue's account and ours agree. reconciled_at is None until they did in this run."""

    observed_at: Instant
    reconciled_at: Instant | None = None
    differs_since: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What operators, stops, pipelines, the venue and the machine allow right now.

    is_real says that the account is a venue's and must agree with ours. Shape: broken holds the conditions that do not
    hold, copied the moment and wallet of each copy within the last minute.
    """

    kill_switch: bool = False
    halt: HaltReason | None = None
    cut_off: frozenset[str] = frozenset()
    gate: Gate | None = None
    snapshot: ScoreSnapshot | None = None
    is_stopped: bool = False
    is_real: bool = False
    mode: Mode | None = None
    account: AccountStanding | None = None
    broken: Mapping[Condition, Measured] = field(default_factory=dict)
    copied: tuple[tuple[Instant, str], ...] = ()


# Of a leader whom nobody copied yet.
_NO_RECORD = LeaderRecord()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The inputs of a decision. Absence (no book, no market, no score) is an input too."""

    signal: Signal
    book: Book | None
    market: Market | None
    standing: Standing
    portfolio: Portfolio
    is_duplicate: bool
    config: DecisionConfig
    now: Instant

    # Looked up once, for most gates ask: the leader's score in the market's category, else overall.
    score: TraderScore | None = field(init=False)
    # How many events the leader's record holds over all categories: a thin category is not a thin record.
    events: int = field(init=False)

    def __post_init__(self) -> None:
        """Look the leader's score up."""
        snapshot, wallet = self.standing.snapshot, self.signal.wallet
        overall = snapshot.score_of(wallet, OVERALL) if snapshot else None
        category = self.market.category if self.market else ""
        object.__setattr__(self, "score", snapshot.score_of(wallet, category) if snapshot else None)
        object.__setattr__(self, "events", overall.n_events if overall else 0)

    @property
    def record(self) -> LeaderRecord:
        """How copying this leader went so far."""
        return self.portfolio.records.get(self.signal.wallet, _NO_RECORD)


# A gate states the truth it demands; None means it holds.
EntryGate = Callable[[Context], Verdict]


def levels_to_cross(book: Book, side: Side) -> tuple[Level, ...]:
    """The levels an order of this side trades against, best first."""
    return book.asks if side is Side.BUY else book.bids


def entry_limit(context: Context, market: Market) -> float:
    """The most we ever pay to copy this signal, dollars per share."""
    slippage = context.config.execution.max_slippage
    return furthest_limit(Side.BUY, context.signal.price, slippage, market.tick_size)
