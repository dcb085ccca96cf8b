"""A second, much simpler ledger: what the journal makes of cash, shares and orders, and whether caps allow that."""

from __future__ import annotations

from dataclasses import dataclass, field

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    ExitDecided,
    JournalEvent,
    OrderAbandoned,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    OrderReposted,
    PositionSettled,
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
    is_expired: bool = False

    @property
    def at_risk(self) -> float:
        """The most that the rest may cost, collateral, fee at its worst included."""
        if self.order.side is Side.SELL:
            return 0.0
        worst = self.order.limit + self.order.fee_rate * 0.25
        return (self.order.size - self.filled) / MICRO * worst


@dataclass(slots=True)
class LedgerCheck:
    """Follows the journal with arithmetic of its own."""

    config: DecisionConfig
    verdict: Verdict
    cash: Micro = 0
    size: dict[str, Micro] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)
    owner: dict[str, tuple[str, str]] = field(default_factory=dict)
    working: dict[str, _Open] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    fills: set[str] = field(default_factory=set)
    _run: str = ""

    def see(self, event: JournalEvent, at: Instant) -> None:
        """Follow one event."""
        match event:
            case RunStarted():
                if not self._run:
                    self.cash = event.starting_cash
                self._run = event.run_id
            case SignalCopied():
                self._open(event.order, at)
                self._check_caps(event, at)
            case ExitDecided():
                self._check_exit(event.order, at)
                self._open(event.order, at)
            case OrderReposted():
                self._repost(event, at)
            case OrderAccepted() | OrderExpired():
                self._hold(event.order_id in self.working, Invariant.I12, at, f"{event.order_id} is not working")
                if isinstance(event, OrderExpired) and event.order_id in self.working:
                    self._expire(self.working[event.order_id], at)
            case OrderAbandoned():
                gone = self.working.pop(event.order_id, None)
                self._hold(gone is not None, Invariant.I12, at, f"{event.order_id} is given up but does not work")
            case OrderFilled():
                self._fill(event.fill, at)
            case PositionSettled():
                held = self.size.pop(event.token_id, 0)
                self.cost.pop(event.token_id, None)
                self._hold(held == event.size, Invariant.I05, at, f"{event.size} of {held} shares settled")
                self.cash += event.cash
            case _:
                pass

    def _hold(self, is_true: bool, invariant: Invariant, at: Instant, text: str) -> None:
        self.verdict.hold(is_true, invariant, at, text)

    def _open(self, order: Order, at: Instant) -> None:
        self._hold(order.order_id not in self.known, Invariant.I01, at, f"{order.order_id} is placed a second time")
        self.known.add(order.order_id)
        self.working[order.order_id] = _Open(order, at, self._run)
        ticks = order.limit / order.tick_size
        self._hold(abs(ticks - round(ticks)) < 1e-6, Invariant.I23, at, f"{order.order_id}: {order.limit} off the grid")
        self._hold(0.0 < order.limit < 1.0, Invariant.I23, at, f"{order.order_id}: limit {order.limit}")
        self._hold(order.size > 0, Invariant.I23, at, f"{order.order_id}: size {order.size}")
        if order.side is Side.BUY:
            furthest = order.anchor * (1 + self.config.execution.max_slippage) + 1e-9
            self._hold(order.limit <= furthest, Invariant.I23, at, f"{order.order_id}: {order.limit} over {furthest}")

    def _expire(self, one: _Open, at: Instant) -> None:
        one.is_expired = True
        lived, ttl = at - one.opened_at, one.order.expires_at - one.order.submitted_at
        # A new run may have found it when its time was over.
        is_early = one.run == self._run and lived < ttl - _EARLY
        self._hold(not is_early, Invariant.I24, at, f"{one.order.order_id} lived {lived} of {ttl} ms")

    def _repost(self, event: OrderReposted, at: Instant) -> None:
        before = self.working.pop(event.replaced_id, None)
        dead = before is not None and before.is_expired
        self._hold(dead, Invariant.I01, at, f"{event.order.order_id} replaces {event.replaced_id}, which may live")
        if before is not None:
            rest = before.order.size - before.filled
            self._hold(event.order.size <= rest, Invariant.I01, at, f"{event.order.order_id} is larger than the rest")
        self._open(event.order, at)

    def _check_exit(self, order: Order, at: Instant) -> None:
        held = self.size.get(order.token_id, 0)
        others = sum(
            one.order.size - one.filled
            for one in self.working.values()
            if one.order.token_id == order.token_id and one.order.side is Side.SELL
        )
        text = f"{order.order_id} sells {order.size} beside {others}, of {held}"
        self._hold(order.size + others <= held, Invariant.I09, at, text)

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
        left = self.cash / MICRO - sum(one.at_risk for one in self.working.values())
        text = f"{order.order_id}: {left:.2f} would be left of a reserve of {risk.reserve * equity:.2f}"
        self._hold(left >= risk.reserve * equity - _SLACK, Invariant.I04, at, text)
        twice = order.token_id in self.size
        self._hold(not twice, Invariant.I03, at, f"{order.order_id} buys what is held already")

    def _at_risk(self, condition: str = "", wallet: str = "") -> float:
        def counts(owner: tuple[str, str]) -> bool:
            return (not condition or owner[0] == condition) and (not wallet or owner[1] == wallet)

        held = sum(cost for token, cost in self.cost.items() if counts(self.owner[token]))
        working = self.working.values()
        return held + sum(one.at_risk for one in working if counts((one.order.condition_id, one.order.wallet)))

    def _fill(self, fill: Fill, at: Instant) -> None:
        self._hold(fill.fill_id not in self.fills, Invariant.I06, at, f"fill {fill.fill_id} counts twice")
        self.fills.add(fill.fill_id)
        one = self.working.get(fill.order_id)
        if one is None:
            self._hold(fill.order_id in self.known, Invariant.I12, at, f"{fill.order_id} fills and was never placed")
            return
        one.filled += fill.size
        over = one.filled - one.order.size
        self._hold(over <= _DUST, Invariant.I12, at, f"{fill.order_id} is filled by {over} too much")
        is_buy = one.order.side is Side.BUY
        better = fill.price <= one.order.limit + 1e-9 if is_buy else fill.price >= one.order.limit - 1e-9
        self._hold(better, Invariant.I23, at, f"{fill.fill_id} at {fill.price}, limit {one.order.limit}")
        self._book(one.order, fill, at)
        if one.order.size - one.filled < _DUST:
            del self.working[fill.order_id]

    def _book(self, order: Order, fill: Fill, at: Instant) -> None:
        token, held = fill.token_id, self.size.get(fill.token_id, 0)
        if order.side is Side.BUY:
            self.cash -= fill.cash
            self.size[token] = held + fill.size
            self.cost[token] = self.cost.get(token, 0.0) + fill.cash / MICRO
            self.owner[token] = (order.condition_id, order.wallet)
            return
        self._hold(fill.size <= held, Invariant.I09, at, f"{fill.fill_id} sells {fill.size} of {held}")
        self.cash += fill.cash
        rest = held - fill.size
        if rest > 0:
            self.cost[token] *= rest / held
            self.size[token] = rest
        else:
            self.size.pop(token, None)
            self.cost.pop(token, None)
