"""Every POST judged as it begins, from what is on disk and what the venue has: not from what the runner believes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.market import MICRO, SECOND, Instant, Side
from copytrade_live.simulation.control import Control
from copytrade_live.simulation.decision_check import HALT_WITHIN
from copytrade_live.simulation.invariants import Invariant, Verdict
from copytrade_live.simulation.ledger_check import LedgerCheck
from copytrade_live.simulation.pipelines import Pipelines
from copytrade_live.simulation.server import WALLET, Posted, SimServer

# Of the reserve, so much must be left whatever happens: equity moves between a decision and its order.
_RESERVE_KEPT = 0.8
_MOST_A_SECOND = 25


@dataclass
class PostCheck:
    """Told of every POST before anything can go wrong with it."""

    path: Path
    config: DecisionConfig
    server: SimServer
    control: Control
    pipelines: Pipelines
    ledger: LedgerCheck
    verdict: Verdict
    hashes: dict[str, str] = field(default_factory=dict)

    def see(self, posted: Posted) -> None:
        """Judge one."""
        order, at = posted.order, posted.began_at
        self._check_committed(posted)
        first = self.hashes.setdefault(order.order_id, posted.venue_order_id)
        once = first == posted.venue_order_id and self._count(posted) == 1
        self._hold(once, Invariant.I01, at, f"{order.order_id} is sent a second time")
        for other in self.server.posted:
            if other.order.root_id == order.root_id and other.order.order_id != order.order_id:
                alive = self.server.exchange.orders.get(other.venue_order_id)
                dead = alive is None or not alive.is_open
                text = f"{order.order_id} is sent while {other.order.order_id} rests"
                self._hold(dead, Invariant.I01, at, text)
        paper = self.control.paper_since
        is_late = order.side is Side.BUY and paper is not None and at - paper > HALT_WITHIN
        self._hold(not is_late, Invariant.I10, at, f"{order.order_id} is sent although the mode is paper")
        works = order.order_id in self.ledger.working
        self._hold(works, Invariant.I12, at, f"{order.order_id} is sent and does not work")
        if order.side is Side.BUY:
            self._check_entry(posted)
        else:
            self._check_exit(posted)

    def finish(self, at: Instant) -> None:
        """Check the pace of all requests."""
        most = max(self.server.requests.values(), default=0)
        self._hold(most <= _MOST_A_SECOND, Invariant.I15, at, f"{most} requests within a second")

    def _hold(self, is_true: bool, invariant: Invariant, at: Instant, text: str) -> None:
        self.verdict.hold(is_true, invariant, at, text)

    def _count(self, posted: Posted) -> int:
        return sum(one.venue_order_id == posted.venue_order_id for one in self.server.posted)

    def _check_committed(self, posted: Posted) -> None:
        connection = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            found = connection.execute(
                "SELECT 1 FROM signed_orders JOIN journal USING (seq) "
                "WHERE signed_orders.venue_order_id = ? AND journal.type = 'OrderSigned'",
                (posted.venue_order_id,),
            ).fetchone()
        finally:
            connection.close()
        text = f"{posted.order.order_id} is sent and not committed"
        self._hold(found is not None, Invariant.I02, posted.began_at, text)

    def _check_entry(self, posted: Posted) -> None:
        order, at = posted.order, posted.began_at
        for since, what in (
            (self.control.stopped_since(order.wallet), "a stop"),
            (self.pipelines.gate_gone_since(), "the gate closed"),
        ):
            # A cutoff and the gate forbid decisions; what was decided before may still be sent for its time to live.
            grace = HALT_WITHIN if what == "a stop" and self.control.is_halted else HALT_WITHIN + 30 * SECOND
            is_late = since is not None and at - since > grace
            self._hold(not is_late, Invariant.I08, at, f"{order.order_id} is sent {at - (since or at)} ms after {what}")
        unknown = self.ledger.unknown_in(order.condition_id, besides=order.order_id)
        self._hold(not unknown, Invariant.I14, at, f"{order.order_id} is sent beside {unknown}, whose fate is unknown")
        self._check_reserve(posted)

    def _check_reserve(self, posted: Posted) -> None:
        account = self.server.exchange.account(WALLET)
        worst = posted.order.size / MICRO * (posted.order.limit + posted.order.fee_rate * 0.25)
        out = account.held.get("", 0) + account.reserved("")
        left = (account.cash - out) / MICRO - worst
        reserve = self.config.risk.reserve * self._equity(posted.began_at) * _RESERVE_KEPT
        text = f"{posted.order.order_id} may leave {left:.2f} of a reserve of {reserve:.2f}"
        self._hold(left >= reserve, Invariant.I04, posted.began_at, text)

    def _check_exit(self, posted: Posted) -> None:
        account, order = self.server.exchange.account(WALLET), posted.order
        available = account.available(order.token_id)
        text = f"{order.order_id} sells {order.size} of {available} that the venue has for it"
        self._hold(order.size <= available, Invariant.I09, posted.began_at, text)

    def _equity(self, at: Instant) -> float:
        account = self.server.exchange.account(WALLET)
        shares = 0.0
        for token, size in account.holdings.items():
            market, outcome = self.server.world.by_token[token]
            shares += size / MICRO * market.rungs(outcome, at)[0][0][0] / MICRO
        return account.cash / MICRO + shares
