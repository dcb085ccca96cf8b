"""A second, much simpler ledger: what the journal makes of cash, shares and orders, and whether caps allow that."""

from __future__ import annotations

from dataclasses import dataclass, field

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    CancelDecided,
    ExitDecided,
    ExternalChangeAdopted,
    FillConfirmed,
    FillVoided,
    JournalEvent,
    OrderAbandoned,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    OrderNotPlaced,
    OrderRefusedByVenue,
    OrderReposted,
    OrderUnknown,
    PositionSettled,
    RedemptionPaid,
    RunStarted,
    SignalCopied,
)
from copytrade_live.core.market import MICRO, Instant, Micro, Side
from copytrade_live.core.orders import Fill, Order
from copytrade_live.simulation.invariants import Invariant, Verdict

# A cent: less than any order, more than roundings add up to.
_SLACK = 0.01
_DUST: Micro = 10_000
_EARLY: Instant = 300


@dataclass(slots=True)
class _Open:
    order: Order
    opened_at: Instant
    run: str
    filled: Micro = 0
    is_dead: bool = False
    is_unknown: bool = False
    is_ending: bool = False

    @property
    def rest(self) -> Micro:
        return max(0, self.order.size - self.filled)

    @property
    def at_risk(self) -> float:
        """The most that the rest may cost, collateral, fee included."""
        if self.order.side is Side.SELL:
            return 0.0
        limit, variance = self.order.limit, self.order.limit * (1.0 - self.order.limit)
        return float(self.rest / MICRO * (limit + self.order.fee_rate * variance**self.order.fee_exponent))


@dataclass
class LedgerCheck:
    """Follows the journal with arithmetic of its own. size and cash are final, provisional fills stand beside them."""

    config: DecisionConfig
    verdict: Verdict
    cash: Micro = 0
    size: dict[str, Micro] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)
    owner: dict[str, tuple[str, str]] = field(default_factory=dict)
    working: dict[str, _Open] = field(default_factory=dict)
    retired: dict[str, _Open] = field(default_factory=dict)
    fills: set[str] = field(default_factory=set)
    provisional: dict[str, Fill] = field(default_factory=dict)
    may_end_early: bool = False
    _run: str = ""

    def see(self, event: JournalEvent, at: Instant) -> None:
        """Follow one event."""
        match event:
            case RunStarted():
                self.cash = self.cash if self._run else event.starting_cash
                self._run = event.run_id
            case SignalCopied():
                self._open(event.order, at)
                self._check_caps(event, at)
            case ExitDecided():
                self._check_exit(event.order, at)
                self._open(event.order, at)
            case OrderReposted():
                self._repost(event, at)
            case OrderAccepted() | OrderUnknown() | OrderExpired() | OrderNotPlaced() | OrderRefusedByVenue():
                self._note_order(event, at)
            case CancelDecided():
                if event.order_id in self.working:
                    self.working[event.order_id].is_ending = True
            case OrderAbandoned():
                gone = self.working.pop(event.order_id, None)
                self._hold(gone is not None, Invariant.I12, at, f"{event.order_id} is given up but does not work")
                if gone is not None:
                    self.retired[event.order_id] = gone
            case OrderFilled():
                self._fill(event.fill, at)
            case FillConfirmed() | FillVoided():
                self._settle_fill(event, at)
            case PositionSettled() | RedemptionPaid() | ExternalChangeAdopted():
                self._pay(event, at)
            case _:
                pass

    def unknown_in(self, condition_id: str, besides: str) -> str:
        """An order of a market whose fate is unknown, empty when there is none."""
        return next(
            (
                name
                for name, one in self.working.items()
                if one.is_unknown and one.order.condition_id == condition_id and name != besides
            ),
            "",
        )

    def _hold(self, is_true: bool, invariant: Invariant, at: Instant, text: str) -> None:
        self.verdict.hold(is_true, invariant, at, text)

    # --- orders -----------------------------------------------------------------------------------------------------

    def _open(self, order: Order, at: Instant) -> None:
        is_new = order.order_id not in self.working and order.order_id not in self.retired
        self._hold(is_new, Invariant.I01, at, f"{order.order_id} is placed a second time")
        self.working[order.order_id] = _Open(order, at, self._run)
        ticks = order.limit / order.tick_size
        self._hold(abs(ticks - round(ticks)) < 1e-6, Invariant.I23, at, f"{order.order_id}: {order.limit} off the grid")
        self._hold(0.0 < order.limit < 1.0, Invariant.I23, at, f"{order.order_id}: limit {order.limit}")
        self._hold(order.size > 0, Invariant.I23, at, f"{order.order_id}: size {order.size}")
        if order.side is Side.BUY:
            furthest = order.anchor * (1 + self.config.execution.max_slippage) + 1e-9
            self._hold(order.limit <= furthest, Invariant.I23, at, f"{order.order_id}: {order.limit} over {furthest}")

    def _note_order(
        self,
        event: OrderAccepted | OrderUnknown | OrderExpired | OrderNotPlaced | OrderRefusedByVenue,
        at: Instant,
    ) -> None:
        one = self.working.get(event.order_id)
        known = one is not None or event.order_id in self.retired
        self._hold(known, Invariant.I12, at, f"{type(event).__name__} of {event.order_id}, which was never placed")
        if one is None:
            return
        if isinstance(event, OrderExpired):
            one.is_dead = True
            self._expire(one, at)
        elif isinstance(event, OrderUnknown):
            one.is_unknown = True
        elif isinstance(event, OrderAccepted):
            one.is_unknown = False

    def _expire(self, one: _Open, at: Instant) -> None:
        lived, ttl = at - one.opened_at, one.order.expires_at - one.order.submitted_at
        # A new run may have found it when its time was over, and a venue may end it early.
        may_end = self.may_end_early or one.is_ending
        is_early = one.run == self._run and lived < ttl - _EARLY and not may_end
        self._hold(not is_early, Invariant.I24, at, f"{one.order.order_id} lived {lived} of {ttl} ms")

    def _repost(self, event: OrderReposted, at: Instant) -> None:
        before = self.working.pop(event.replaced_id, None)
        dead = before is not None and before.is_dead
        self._hold(dead, Invariant.I01, at, f"{event.order.order_id} replaces {event.replaced_id}, which may live")
        if before is not None:
            self.retired[event.replaced_id] = before
            is_larger = event.order.size > before.rest
            self._hold(not is_larger, Invariant.I01, at, f"{event.order.order_id} is larger than the rest")
        self._open(event.order, at)

    def _check_exit(self, order: Order, at: Instant) -> None:
        held, going = self.size.get(order.token_id, 0), self._going(order.token_id)
        others = sum(
            one.rest
            for one in self.working.values()
            if one.order.token_id == order.token_id and one.order.side is Side.SELL
        )
        text = f"{order.order_id} sells {order.size} beside {others} and {going}, of {held} that are final"
        self._hold(order.size + others + going <= held, Invariant.I09, at, text)

    def _going(self, token: str) -> Micro:
        return sum(one.size for one in self.provisional.values() if one.token_id == token and one.side is Side.SELL)

    # --- caps -------------------------------------------------------------------------------------------------------

    def _check_caps(self, event: SignalCopied, at: Instant) -> None:
        order, equity = event.order, event.equity
        risk, sizing = self.config.risk, self.config.sizing
        exposures = (
            ("market", self._at_risk(condition=order.condition_id), sizing.max_per_market),
            ("leader", self._at_risk(wallet=order.wallet), sizing.max_per_leader),
            ("gross", self._at_risk(), risk.max_gross_exposure),
        )
        for name, used, cap in exposures:
            text = f"{order.order_id}: {name} exposure {used:.2f} of {cap * equity:.2f}"
            self._hold(used <= cap * equity + _SLACK, Invariant.I03, at, text)
        coming = sum(f.cash for f in self.provisional.values() if f.side is Side.BUY) / MICRO
        left = self.cash / MICRO - coming - sum(one.at_risk for one in self.working.values())
        text = f"{order.order_id}: {left:.2f} would be left of a reserve of {risk.reserve * equity:.2f}"
        self._hold(left >= risk.reserve * equity - _SLACK, Invariant.I04, at, text)
        is_coming = any(f.token_id == order.token_id and f.side is Side.BUY for f in self.provisional.values())
        twice = order.token_id in self.size or is_coming
        self._hold(not twice, Invariant.I03, at, f"{order.order_id} buys what is held already")
        unknown = self.unknown_in(order.condition_id, besides=order.order_id)
        self._hold(not unknown, Invariant.I14, at, f"{order.order_id} beside {unknown}, whose fate is unknown")

    def _at_risk(self, condition: str = "", wallet: str = "") -> float:
        def counts(owner: tuple[str, str]) -> bool:
            return (not condition or owner[0] == condition) and (not wallet or owner[1] == wallet)

        held = sum(cost for token, cost in self.cost.items() if counts(self.owner[token]))
        coming = sum(
            fill.cash / MICRO
            for fill in self.provisional.values()
            if fill.side is Side.BUY and counts(self.owner[fill.token_id])
        )
        working = self.working.values()
        return held + coming + sum(one.at_risk for one in working if counts((one.order.condition_id, one.order.wallet)))

    # --- fills and payouts ------------------------------------------------------------------------------------------

    def _fill(self, fill: Fill, at: Instant) -> None:
        self._hold(fill.fill_id not in self.fills, Invariant.I06, at, f"fill {fill.fill_id} counts twice")
        self.fills.add(fill.fill_id)
        one = self.working.get(fill.order_id) or self.retired.get(fill.order_id)
        self._hold(one is not None, Invariant.I12, at, f"{fill.order_id} fills and was never placed")
        if one is None:
            return
        one.filled += fill.size
        one.is_unknown = False
        over = one.filled - one.order.size
        self._hold(over <= _DUST, Invariant.I12, at, f"{fill.order_id} is filled by {over} too much")
        is_buy = one.order.side is Side.BUY
        better = fill.price <= one.order.limit + 1e-9 if is_buy else fill.price >= one.order.limit - 1e-9
        self._hold(better, Invariant.I23, at, f"{fill.fill_id} at {fill.price}, limit {one.order.limit}")
        self.owner[fill.token_id] = (one.order.condition_id, one.order.wallet)
        if fill.is_final:
            self._book(fill, at)
        else:
            self.provisional[fill.fill_id] = fill
        if one.rest < _DUST and fill.order_id in self.working:
            self.retired[fill.order_id] = self.working.pop(fill.order_id)

    def _settle_fill(self, event: FillConfirmed | FillVoided, at: Instant) -> None:
        fill = self.provisional.pop(event.fill_id, None)
        what = "confirmed" if isinstance(event, FillConfirmed) else "voided"
        self._hold(fill is not None, Invariant.I07, at, f"{event.fill_id} is {what} and was not provisional")
        if fill is not None and isinstance(event, FillConfirmed):
            self._book(fill, at)

    def _book(self, fill: Fill, at: Instant) -> None:
        token, held = fill.token_id, self.size.get(fill.token_id, 0)
        if fill.side is Side.BUY:
            self.cash -= fill.cash
            self.size[token] = held + fill.size
            self.cost[token] = self.cost.get(token, 0.0) + fill.cash / MICRO
            return
        self._hold(fill.size <= held, Invariant.I09, at, f"{fill.fill_id} sells {fill.size} of {held}")
        self.cash += fill.cash
        self._take(token, fill.size)

    def _take(self, token: str, size: Micro) -> None:
        held = self.size.get(token, 0)
        rest = held - size
        if rest > 0:
            self.cost[token] *= rest / held
            self.size[token] = rest
        else:
            self.size.pop(token, None)
            self.cost.pop(token, None)

    def _pay(self, event: PositionSettled | RedemptionPaid | ExternalChangeAdopted, at: Instant) -> None:
        if isinstance(event, PositionSettled):
            held, going = self.size.get(event.token_id, 0), self._going(event.token_id)
            text = f"{event.size} of {held} shares settled, {going} of them sold and not final"
            self._hold(held - going == event.size, Invariant.I05, at, text)
            self._take(event.token_id, event.size)
            self.cash += 0 if event.is_receivable else event.cash
            return
        self.cash += event.cash
        if isinstance(event, ExternalChangeAdopted):
            for token, change in event.holdings:
                if change < 0:
                    self._take(token, -change)
