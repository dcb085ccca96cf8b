"""Every cap counted again from the journal, after each event, with arithmetic that shares nothing with the runner's.

Exposure may only stand above a cap because equity fell: no event may raise it there, but for what a fill's rounding
adds. So with the reserve: nothing may take cash from below it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from benchmarks.live_run.differences import Clause, Differences
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    BookObserved,
    JournalEvent,
    OrderFilled,
    PositionSettled,
    RedemptionPaid,
    SignalCopied,
)
from copytrade_live.core.market import MICRO, MINUTE, Instant, Market, Micro, Side
from copytrade_live.simulation.invariants import Verdict
from copytrade_live.simulation.ledger_check import LedgerCheck

# Collateral: roundings of a few fills.
SLACK = 0.02


@dataclass
class CapCheck:
    """Told of every event of the journal, in order."""

    config: DecisionConfig
    found: Differences
    ledger: LedgerCheck = field(init=False)
    marks: dict[str, float] = field(default_factory=dict)
    markets: dict[str, Market] = field(default_factory=dict)
    owed: Counter[str] = field(default_factory=Counter)
    copied: list[tuple[Instant, str]] = field(default_factory=list)
    trades: dict[str, float] = field(default_factory=dict)
    spent: Counter[str] = field(default_factory=Counter)
    roots: dict[str, str] = field(default_factory=dict)
    closest: dict[str, float] = field(default_factory=dict)
    _before: dict[tuple[str, str], float] = field(default_factory=dict)
    _free: float = 0.0

    def __post_init__(self) -> None:
        self.ledger = LedgerCheck(self.config, Verdict(0), may_end_early=True)

    def see(self, event: JournalEvent, seq: int) -> None:
        """Follow one event, then count every cap."""
        at = event.observed_at
        if isinstance(event, SignalCopied):
            self._check_copy(event, at)
        self.ledger.see(event, at)
        self._follow(event)
        if isinstance(event, SignalCopied):
            self._compare_equity(event)
        self._count(f"event {seq} {type(event).__name__}")

    def finish(self) -> None:
        """What the ledger found that does not fit."""
        for one in self.ledger.verdict.found:
            self.found.add(Clause.BOOKS, one.invariant.value, ours=one.text, theirs=one.invariant.summary)

    @property
    def equity(self) -> float:
        """Cash, what is owed, and shares at the last bid seen, at cost where none was. Collateral."""
        worth = sum(
            self.marks[token] * size / MICRO if token in self.marks else self.ledger.cost[token]
            for token, size in self.ledger.size.items()
        )
        return (self.ledger.cash + sum(self.owed.values())) / MICRO + worth

    # --- following --------------------------------------------------------------------------------------------------

    def _follow(self, event: JournalEvent) -> None:
        match event:
            case BookObserved() if self._holds(event.book.token_id) and event.book.best_bid is not None:
                self.marks[event.book.token_id] = event.book.best_bid
            case SignalCopied():
                self.markets[event.token_id] = event.market
            case OrderFilled() if event.fill.side is Side.BUY:
                self._note_spending(event)
            case PositionSettled() if event.is_receivable:
                self.owed[self._condition(event.token_id)] += event.cash
            case RedemptionPaid():
                self.owed.pop(event.condition_id, None)
            case _:
                pass
        for token in [one for one in self.marks if not self._holds(one)]:
            del self.marks[token]

    def _holds(self, token: str) -> bool:
        coming = any(one.token_id == token and one.side is Side.BUY for one in self.ledger.provisional.values())
        return coming or token in self.ledger.size

    def _condition(self, token: str) -> str:
        return self.markets[token].condition_id

    def _note_spending(self, event: OrderFilled) -> None:
        entry = self.ledger.working.get(event.fill.order_id) or self.ledger.retired.get(event.fill.order_id)
        if entry is None:
            return
        root = entry.order.root_id
        self.spent[root] += event.fill.cash
        most = self.trades.get(root, 0.0)
        self._keep("per trade", self.spent[root] / MICRO, most, f"{root} {event.fill.fill_id}")

    # --- caps -------------------------------------------------------------------------------------------------------

    def _check_copy(self, event: SignalCopied, at: Instant) -> None:
        sizing, risk = self.config.sizing, self.config.risk
        order = event.order
        most = sizing.max_per_trade * event.equity
        self.trades[order.root_id] = most
        fee = order.fee_rate * (order.limit * (1 - order.limit)) ** order.fee_exponent
        self._keep("per trade", order.size / MICRO * (order.limit + fee), most, order.order_id)
        self.copied.append((at, event.wallet))
        lately = [wallet for when, wallet in self.copied if at - when < MINUTE]
        self._keep("copies a minute", len(lately), risk.max_copies_per_minute, order.order_id, slack=0)
        own = lately.count(event.wallet)
        self._keep("a leader's copies a minute", own, risk.max_leader_copies_per_minute, order.order_id, slack=0)
        tokens = set(self.ledger.size) | {one.token_id for one in self.ledger.provisional.values()}
        tokens |= {one.order.token_id for one in self.ledger.working.values() if one.order.side is Side.BUY}
        self._keep("positions", len(tokens | {order.token_id}), risk.max_positions, order.order_id, slack=0)

    def _compare_equity(self, event: SignalCopied) -> None:
        is_equal = abs(self.equity - event.equity) <= SLACK
        self.found.hold(is_equal, Clause.BOOKS, f"equity at {event.signal_id}", ours=event.equity, theirs=self.equity)

    def _count(self, about: str) -> None:
        sizing, risk, equity = self.config.sizing, self.config.risk, self.equity
        caps = {
            "market": sizing.max_per_market,
            "leader": sizing.max_per_leader,
            "event": sizing.max_per_event,
            "gross": risk.max_gross_exposure,
        }
        now = self._exposures()
        for (kind, whose), used in now.items():
            limit = caps[kind] * equity
            before = self._before.get((kind, whose), 0.0)
            if used > before + SLACK:
                self._keep(kind, used, limit, f"{whose} at {about}, before {before:.6f}")
            elif used > before:
                # Less than counts. What it stood at stays, so that many such do count.
                now[kind, whose] = before
        self._before = now
        free, kept = self._free_cash(), risk.reserve * equity
        if free < self._free - 1e-6:
            text = f"{about}: cash that nothing can take"
            self.found.hold(free >= kept - SLACK, Clause.RESERVE, text, ours=round(free, 6), theirs=round(kept, 6))
            self._near("reserve", kept / max(free, 1e-9))
        self._free = free

    def _keep(self, kind: str, used: float, limit: float, about: str, *, slack: float = SLACK) -> None:
        text = f"{kind}: {about}"
        self.found.hold(used <= limit + slack, Clause.CAPS, text, ours=round(used, 6), theirs=round(limit, 6))
        self._near(kind, used / max(limit, 1e-9))

    def _near(self, kind: str, share: float) -> None:
        self.closest[kind] = round(max(self.closest.get(kind, 0.0), share), 4)

    # --- exposure ---------------------------------------------------------------------------------------------------

    def _free_cash(self) -> float:
        coming = sum(one.cash for one in self.ledger.provisional.values() if one.side is Side.BUY)
        return (self.ledger.cash - coming) / MICRO - sum(one.at_risk for one in self.ledger.working.values())

    def _exposures(self) -> dict[tuple[str, str], float]:
        """What may be lost, by market, leader, event and in all."""
        ledger, total = self.ledger, defaultdict[tuple[str, str], float](float)
        parts: list[tuple[str, str, float]] = [(t, ledger.owner[t][1], cost) for t, cost in ledger.cost.items()]
        parts += [
            (one.token_id, ledger.owner[one.token_id][1], one.cash / MICRO)
            for one in ledger.provisional.values()
            if one.side is Side.BUY
        ]
        parts += [(one.order.token_id, one.order.wallet, one.at_risk) for one in ledger.working.values()]
        for token, wallet, amount in parts:
            market = self.markets[token]
            total["market", market.condition_id] += amount
            total["leader", wallet] += amount
            total["event", market.event_id] += amount
            total["gross", ""] += amount
        for kind, event in list(total):
            if kind == "event":
                total[kind, event] = max(0.0, total[kind, event] - self._sure(event))
        return total

    def _sure(self, event: str) -> float:
        """What an event pays whoever wins it: at most one market of a neg-risk event goes to its first outcome."""
        held: list[tuple[str, bool, float]] = []
        for token, size in self.ledger.size.items():
            market = self.markets[token]
            if market.event_id == event and market.neg_risk:
                is_first = market.token_ids[0] == token
                held.append((market.condition_id, is_first, (size - self._going(token)) / MICRO))
        winners = ["", *{condition for condition, _, _ in held}]
        return min(
            sum(size for condition, is_first, size in held if is_first == (condition == winner)) for winner in winners
        )

    def _going(self, token: str) -> Micro:
        gone = (one.size for one in self.ledger.provisional.values() if one.token_id == token and one.side is Side.SELL)
        return sum(gone)
