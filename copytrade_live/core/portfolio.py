"""What we hold, owe and have earned, and the views of it that limits compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from copytrade_live.core.at_risk import AtRisk, RunningSums, Share
from copytrade_live.core.market import Instant, Market, Micro, Side
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.pricing import buy_cash, from_micro
from copytrade_live.core.reasons import AbandonReason
from copytrade_live.core.valuation import faded, marked_value, payout_if, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Shares of one token copied from one leader.

    Units: sizes in micro-shares, costs and realised in micro-collateral, mark in dollars per share.
    size and cost are final: shares that nothing can take back, and what they cost, fees included. coming was bought
    and going sold by fills that may still be voided. missing is what the venue does not show of what we hold.
    owed is what a leader's sells oblige us to sell. root_id is the entry order's; exits counts the exit orders begun,
    so that their ids never repeat. is_paid_out says that a part of it was settled already, while the rest is still
    coming.
    """

    token_id: str
    wallet: str
    market: Market
    root_id: str
    size: Micro
    cost: Micro
    realised: Micro
    opened_at: Instant
    mark: float | None = None
    owed: Micro = 0
    exits: int = 0
    mirrored: tuple[str, ...] = ()
    coming: Micro = 0
    coming_cost: Micro = 0
    going: Micro = 0
    missing: Micro = 0
    is_closing: bool = False
    is_paid_out: bool = False

    @property
    def average_cost(self) -> float:
        """Cost per share bought, fees included."""
        return (self.cost + self.coming_cost) / (self.size + self.coming)

    @property
    def held(self) -> Micro:
        """Shares left once everything on its way has arrived, micro."""
        return max(0, self.size + self.coming - self.going)

    @property
    def sellable(self) -> Micro:
        """Shares that may be sold now: final, not sold already, and seen at the venue. Micro."""
        return max(0, self.size - self.going - self.missing)

    @property
    def value(self) -> float:
        """Worth at the mark, at cost while there is none. Units: collateral."""
        return from_micro(self.cost) if self.mark is None else marked_value(self.size, self.mark)

    @property
    def unrealised(self) -> float:
        """What it is worth beyond what it cost, shares on their way included in the cost. Units: collateral."""
        return self.value - from_micro(self.cost + self.coming_cost)


class OrderStatus(StrEnum):
    """What is known of an order's fate."""

    WORKING = "working"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingOrder:
    """An order of ours that may still fill, or one that is over and remembered in case it did.

    Units: filled in micro-shares. ending says why it is to be cancelled and not posted again. owed_share is the part
    of what it still buys that its leader has sold meanwhile. began_at is when the first attempt of its intent began,
    ended_at when this one stopped working.
    """

    order: Order
    market: Market
    filled: Micro = 0
    venue_order_id: str = ""
    status: OrderStatus = OrderStatus.WORKING
    fill_ids: tuple[str, ...] = ()
    ending: AbandonReason | None = None
    owed_share: float = 0.0
    began_at: Instant = 0
    ended_at: Instant = 0

    @property
    def rest(self) -> Micro:
        """Shares not filled yet, micro."""
        return max(0, self.order.size - self.filled)

    @property
    def is_entry(self) -> bool:
        """Whether it buys."""
        return self.order.side is Side.BUY

    @property
    def reserved(self) -> Micro:
        """Most cash the rest can take, micro-collateral; nothing for a sell."""
        if self.order.side is Side.SELL:
            return 0
        return buy_cash(self.rest, self.order.limit, self.order.fee_rate, self.order.fee_exponent)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionalFill:
    """A fill that may still be voided, and by how much it moved what its position owes. Units: micro-shares."""

    fill: Fill
    owed_change: Micro = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderRecord:
    """How copying one leader went. shortfall is how far its copies stand below their peak at measured_at.

    Units: shortfall in collateral.
    """

    shortfall: float = 0.0
    streak: int = 0
    copies: int = 0
    measured_at: Instant = 0

    def shortfall_at(self, now: Instant, half_life_days: float) -> float:
        """The shortfall with time's forgiveness: it halves every half_life_days."""
        return faded(self.shortfall, now - self.measured_at, half_life_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Cash, positions, orders and records, all folded from the journal.

    Units: cash, realised, external and receivable in micro-collateral, foreign in micro-shares; day_equity and
    week_equity in collateral, None before the first.
    cash and realised hold only what is final. Shape: provisional by fill id, receivable by condition id, retired by
    order id, foreign by token id: shares the account holds that no copy of ours explains. external is what came into
    the account from outside, at cost.
    """

    cash: Micro = 0
    realised: Micro = 0
    positions: Mapping[str, Position] = field(default_factory=dict)
    working: Mapping[str, WorkingOrder] = field(default_factory=dict)
    records: Mapping[str, LeaderRecord] = field(default_factory=dict)
    day_equity: float | None = None
    week_equity: float | None = None
    provisional: Mapping[str, ProvisionalFill] = field(default_factory=dict)
    receivable: Mapping[str, Micro] = field(default_factory=dict)
    retired: Mapping[str, WorkingOrder] = field(default_factory=dict)
    foreign: Mapping[str, Micro] = field(default_factory=dict)
    external: Micro = 0

    @property
    def equity(self) -> float:
        """Final cash, payouts owed to us, and positions at their marks. Units: collateral."""
        return self.sure_equity + _worth_of(self.positions)

    @property
    def sure_equity(self) -> float:
        """Equity without the positions: never more than equity. Units: collateral."""
        return from_micro(self.cash + sum(self.receivable.values()))

    @property
    def reserved(self) -> Micro:
        """Cash that working orders may still take, micro; an order of unknown fate at its worst."""
        return _ORDERS.of(self.working).cash

    @property
    def free_cash(self) -> Micro:
        """Cash that nothing working or on its way can take, micro. What is owed to us is not in it."""
        return self.cash - self.reserved - sum([position.coming_cost for position in self.positions.values()])

    @property
    def gross_exposure(self) -> float:
        """Most that all positions and working orders together can lose. Units: collateral."""
        held, ordered = self._at_risk
        return from_micro(held.cash + ordered.cash)

    def market_exposure(self, condition_id: str) -> float:
        """Most that one market can lose. Units: collateral."""
        held, ordered = self._at_risk
        return from_micro(held.by_market.get(condition_id, 0) + ordered.by_market.get(condition_id, 0))

    def leader_exposure(self, wallet: str) -> float:
        """Most that the copies of one leader can lose. Units: collateral."""
        held, ordered = self._at_risk
        return from_micro(held.by_leader.get(wallet, 0) + ordered.by_leader.get(wallet, 0))

    def event_loss(self, event_id: str) -> float:
        """Most that one event can lose, counting that only one market of a neg-risk event can win.

        Units: collateral. Source: worst case over the event's possible winners, or none of them.
        """
        held, ordered = self._at_risk
        at_risk = from_micro(held.by_event.get(event_id, 0) + ordered.by_event.get(event_id, 0))
        positions = self.positions.values()
        sure = _sure_payout([one for one in positions if one.market.neg_risk and one.market.event_id == event_id])
        return max(0.0, at_risk - sure)

    @property
    def _at_risk(self) -> tuple[AtRisk, AtRisk]:
        return _POSITIONS.of(self.positions), _ORDERS.of(self.working)

    def holds_other_outcome(self, condition_id: str, token_id: str) -> bool:
        """Whether we hold or work an order in another outcome of the market."""
        for position in self.positions.values():
            if position.market.condition_id == condition_id and position.token_id != token_id:
                return True
        for entry in self.working.values():
            if entry.order.condition_id == condition_id and entry.order.token_id != token_id:
                return True
        return False

    def works_in(self, condition_id: str) -> bool:
        """Whether any order of ours works in the market."""
        return any(entry.order.condition_id == condition_id for entry in self.working.values())

    def unknown_in(self, condition_id: str) -> bool:
        """Whether the fate of any order of ours in the market is unknown."""
        for entry in self.working.values():
            if entry.status is OrderStatus.UNKNOWN and entry.order.condition_id == condition_id:
                return True
        return False

    @property
    def unknown_orders(self) -> tuple[WorkingOrder, ...]:
        """Orders whose fate is unknown."""
        return tuple([entry for entry in self.working.values() if entry.status is OrderStatus.UNKNOWN])

    @property
    def is_quiet(self) -> bool:
        """Whether nothing works and nothing is on its way, so that the venue's account must equal ours."""
        return not self.working and not self.provisional

    def order_of(self, order_id: str) -> WorkingOrder | None:
        """An order that works or is remembered."""
        return self.working.get(order_id) or self.retired.get(order_id)


class _Worth:
    """What some positions were found to be worth."""

    last: tuple[Mapping[str, Position], float] = ({}, 0.0)


def _worth_of(positions: Mapping[str, Position]) -> float:
    # A decision asks half a dozen times, and a mapping is never changed once it is part of a portfolio.
    known, worth = _Worth.last
    if known is not positions:
        worth = total([position.value for position in positions.values()])
        _Worth.last = positions, worth
    return worth


def _share_of_position(position: Position) -> Share:
    # What is going may come back, so it still counts; what is coming counts as if it were here.
    market, cash = position.market, position.cost + position.coming_cost
    return Share(market.condition_id, position.wallet, market.event_id, cash)


def _share_of_order(entry: WorkingOrder) -> Share:
    order = entry.order
    return Share(order.condition_id, order.wallet, order.event_id, entry.reserved)


_POSITIONS, _ORDERS = RunningSums(_share_of_position), RunningSums(_share_of_order)


def _sure_payout(positions: list[Position]) -> float:
    # At most one market of the event resolves to its first outcome; every other one pays its second.
    second = {position.market.condition_id: _sure_size(position) for position in positions if _is_second(position)}
    first = {position.market.condition_id: _sure_size(position) for position in positions if not _is_second(position)}
    nobody = total(second.values())
    conditions = second.keys() | first.keys()
    winners = [payout_if(nobody, second.get(condition, 0.0), first.get(condition, 0.0)) for condition in conditions]
    return min([nobody, *winners])


def _is_second(position: Position) -> bool:
    return position.market.token_ids.index(position.token_id) == 1


def _sure_size(position: Position) -> float:
    return from_micro(max(0, position.size - position.going))
