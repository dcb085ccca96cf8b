"""What a run earned and why, folded from its journal: copies, equity, and counts of every decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from copytrade_live.core.events import (
    CopyClosed,
    ExitDecided,
    FillConfirmed,
    FillVoided,
    JournalEvent,
    LeaderFillObserved,
    OrderFilled,
    OrderReposted,
    PositionSettled,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.market import HOUR, Instant, Micro, Side
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import ExitReason
from copytrade_live.core.state import State
from copytrade_pipelines.backtest.notes import NO_BOOK, source_of

# What a ledger looks at.
COUNTED = frozenset(
    (
        LeaderFillObserved,
        SignalCopied,
        SignalRejected,
        ExitDecided,
        OrderReposted,
        OrderFilled,
        FillConfirmed,
        FillVoided,
        PositionSettled,
        CopyClosed,
    )
)


@dataclass(slots=True, kw_only=True)
class CopyTrade:
    """One copy from its decision to its end. value is what the shares still held are worth at the last mark.

    Units: size in micro-shares; paid (fees included), received (fees off), fees in micro-collateral; value in
    collateral; prices, belief and edge in dollars per share. leader_at is when the leader traded.
    """

    root_id: str
    wallet: str
    condition_id: str
    event_id: str
    token_id: str
    outcome: str
    category: str
    leader_at: Instant
    decided_at: Instant
    leader_price: float
    edge: float
    belief: float
    p_pos: float | None
    is_probation: bool
    book: str
    size: Micro = 0
    paid: Micro = 0
    received: Micro = 0
    entry_fees: Micro = 0
    exit_fees: Micro = 0
    opened_at: Instant | None = None
    closed_at: Instant | None = None
    exit_reason: ExitReason | None = None
    value: float = 0.0

    @property
    def is_filled(self) -> bool:
        """Whether any of it was bought."""
        return self.size > 0

    @property
    def is_open(self) -> bool:
        """Whether some of it is still held."""
        return self.is_filled and self.closed_at is None

    @property
    def pnl(self) -> float:
        """Profit after fees, with what is still held at its mark. Units: collateral."""
        return from_micro(self.received - self.paid) + self.value

    @property
    def entry_price(self) -> float | None:
        """Average price paid, fees left out, None when nothing was bought. Units: dollars per share."""
        return (self.paid - self.entry_fees) / self.size if self.size else None

    @property
    def slippage(self) -> float | None:
        """How much worse than the leader's price we bought. Units: dollars per share."""
        return None if self.entry_price is None else self.entry_price - self.leader_price


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityPoint:
    """The account at a moment. Units: collateral."""

    at: Instant
    equity: float
    cash: float
    exposure: float
    positions: int


@dataclass(slots=True)
class Ledger:
    """Folds steps of a journal. Shape: rejections and exits count by reason, books counts decisions by book source.

    A fill counts once it is final: what is voided never happened, and voided counts such fills.
    """

    sample: Instant = HOUR
    signals: int = 0
    books: Counter[str] = field(default_factory=Counter)
    rejections: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)
    voided: int = 0
    trades: dict[str, CopyTrade] = field(default_factory=dict)
    equity: list[EquityPoint] = field(default_factory=list)
    _orders: dict[str, tuple[str, ExitReason | None]] = field(default_factory=dict)
    _held: dict[str, str] = field(default_factory=dict)
    _provisional: dict[str, OrderFilled] = field(default_factory=dict)
    _book: str = NO_BOOK
    _leader_at: Instant = 0
    _due_at: Instant = 0
    _cash: Micro = -1

    def fold(self, events: Sequence[JournalEvent], state: State) -> None:
        """Fold one step; state is what it led to."""
        for event in events:
            if event.__class__ in COUNTED:
                self.apply(event)
        now, cash = events[0].observed_at, state.portfolio.cash
        if now >= self._due_at or cash != self._cash:
            self._sample(now, state)
            self._due_at, self._cash = now + self.sample, cash

    def finish(self, at: Instant, state: State) -> None:
        """Value what is still held and close the equity curve."""
        for token_id, position in state.portfolio.positions.items():
            self.trades[self._held[token_id]].value = position.value
        if not self.equity or self.equity[-1].at < at:
            self.equity.append(_point(at, state))
        else:
            self.equity[-1] = _point(at, state)

    def saw(self, leader_at: Instant, book: str) -> None:
        """A leader traded then, and its book came from there."""
        self.signals += 1
        self._leader_at, self._book = leader_at, book
        self.books[book] += 1

    def apply(self, event: JournalEvent) -> None:
        """Fold one event."""
        match event:
            case LeaderFillObserved():
                self.saw(event.signal.event_at, source_of(event.book))
            case SignalCopied():
                self._begin(event)
            case SignalRejected():
                self.rejections[event.reason.value] += 1
            case ExitDecided():
                self.exits[event.reason.value] += 1
                self._orders[event.order.order_id] = self._held[event.token_id], event.reason
            case OrderReposted():
                # Kept under the old id too: a fill of the attempt before may become final later.
                self._orders[event.order.order_id] = self._orders[event.replaced_id]
            case OrderFilled():
                self._match(event)
            case FillConfirmed():
                self._fill(self._provisional.pop(event.fill_id, None))
            case FillVoided():
                self.voided += self._provisional.pop(event.fill_id, None) is not None
            case PositionSettled():
                trade = self.trades[self._held[event.token_id]]
                trade.received += event.cash
                trade.exit_reason = ExitReason.RESOLUTION
                self.exits[ExitReason.RESOLUTION.value] += 1
            case CopyClosed():
                self.trades[self._held.pop(event.token_id)].closed_at = event.observed_at
            case _:
                return

    def _begin(self, event: SignalCopied) -> None:
        market = event.market
        self._orders[event.order.order_id] = event.order.root_id, None
        self.trades[event.order.root_id] = CopyTrade(
            root_id=event.order.root_id,
            wallet=event.wallet,
            condition_id=event.condition_id,
            event_id=market.event_id or market.condition_id,
            token_id=event.token_id,
            outcome=dict(zip(market.token_ids, market.outcomes, strict=True)).get(event.token_id, ""),
            category=market.category,
            leader_at=self._leader_at,
            decided_at=event.observed_at,
            leader_price=event.order.anchor,
            edge=event.sizing.edge,
            belief=event.sizing.belief,
            p_pos=event.score.p_pos if event.score else None,
            is_probation=event.sizing.is_probation,
            book=self._book,
        )

    def _match(self, event: OrderFilled) -> None:
        fill = event.fill
        if fill.side is Side.BUY:
            self._held[fill.token_id] = self._orders[fill.order_id][0]
        if fill.is_final:
            self._fill(event)
        else:
            self._provisional[fill.fill_id] = event

    def _fill(self, event: OrderFilled | None) -> None:
        if event is None:
            return
        fill = event.fill
        root_id, reason = self._orders[fill.order_id]
        trade = self.trades[root_id]
        if fill.side is Side.SELL:
            trade.received += fill.cash
            trade.exit_fees += fill.fee
            trade.exit_reason = reason
            return
        trade.size += fill.size
        trade.paid += fill.cash
        trade.entry_fees += fill.fee
        trade.opened_at = trade.opened_at or event.observed_at
        trade.closed_at = None
        self._held[fill.token_id] = root_id

    def _sample(self, now: Instant, state: State) -> None:
        point = _point(now, state)
        if self.equity and self.equity[-1].at == now:
            self.equity[-1] = point
        else:
            self.equity.append(point)


def _point(now: Instant, state: State) -> EquityPoint:
    portfolio = state.portfolio
    return EquityPoint(
        at=now,
        equity=portfolio.equity,
        cash=from_micro(portfolio.cash),
        exposure=portfolio.gross_exposure,
        positions=len(portfolio.positions),
    )
