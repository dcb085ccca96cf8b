"""At the end, with faults long over, the ledger is the venue's to the micro-unit."""

from __future__ import annotations

from dataclasses import dataclass, field

from copytrade_live.core.events import FillConfirmed, FillVoided, JournalEvent, OrderFilled
from copytrade_live.core.market import Instant
from copytrade_live.core.orders import Fill
from copytrade_live.core.state import State
from copytrade_live.sandbox.exchange.terms import TradeStatus
from copytrade_live.simulation.invariants import Invariant, Verdict
from copytrade_live.simulation.ledger_check import LedgerCheck
from copytrade_live.simulation.server import OWNER, WALLET, SimServer
from copytrade_live.simulation.trading import rows_of

# Orders sent last that are looked at again each second.
_RECENT = 40


@dataclass
class SettledCheck:
    """Follows our fills, and compares them with the venue's trades."""

    server: SimServer
    ledger: LedgerCheck
    verdict: Verdict
    fills: dict[tuple[str, str], Fill] = field(default_factory=dict)
    final: dict[str, bool] = field(default_factory=dict)

    def see(self, event: JournalEvent, at: Instant) -> None:
        """Follow one event."""
        match event:
            case OrderFilled():
                self.fills[event.fill.order_id, event.fill.trade_id] = event.fill
                if event.fill.is_final:
                    self.final[event.fill.fill_id] = True
                    self._check_final(event.fill, at)
            case FillConfirmed():
                self._settle(event.fill_id, True, at)
            case FillVoided():
                self._settle(event.fill_id, False, at)
            case _:
                pass

    def _settle(self, fill_id: str, is_confirmed: bool, at: Instant) -> None:
        again = fill_id in self.final
        self.verdict.hold(not again, Invariant.I07, at, f"{fill_id} is settled a second time")
        self.final[fill_id] = is_confirmed

    def _check_final(self, fill: Fill, at: Instant) -> None:
        theirs = self.server.exchange.trades.get(fill.trade_id)
        status = theirs.status if theirs else None
        text = f"{fill.fill_id} counts as settled, the venue says {status}"
        self.verdict.hold(status is TradeStatus.CONFIRMED, Invariant.I07, at, text)

    def watch(self, at: Instant) -> None:
        """Once a second: whatever may still cost money at the venue counts with us."""
        for posted in self.server.posted[-_RECENT:]:
            order = self.server.exchange.orders.get(posted.venue_order_id)
            ended = self.server.world.by_condition[posted.order.condition_id].is_resolved(at)
            if order is None or ended or posted.order.order_id in self.ledger.working:
                continue
            name = posted.order.order_id
            self.verdict.hold(not order.is_open, Invariant.I14, at, f"{name} rests at the venue and counts for nothing")
            known = {fill.trade_id for (one, _), fill in self.fills.items() if one == name}
            unseen = [
                trade_id
                for trade_id in order.trades
                if trade_id not in known and self.server.exchange.trades[trade_id].status is not TradeStatus.FAILED
            ]
            text = f"{name} is over for us, and matched at the venue: {unseen}"
            self.verdict.hold(not unseen, Invariant.I14, at, text)

    def finish(self, state: State, at: Instant) -> None:
        """Compare everything."""
        hold, exchange = self.verdict.hold, self.server.exchange
        exchange.advance(at)
        seen: set[tuple[str, str]] = set()
        for trade in exchange.trades.values():
            for row in rows_of(trade, WALLET):
                order, _ = self.server.signed[row.venue_order_id]
                key = (order.order_id, row.trade_id)
                seen.add(key)
                fill = self.fills.get(key)
                is_dead = trade.status is TradeStatus.FAILED
                hold(fill is not None or is_dead, Invariant.I06, at, f"{key} of the venue is not in the ledger")
                if fill is not None:
                    same = (fill.size, fill.cash, fill.side) == (row.size, row.cash, row.side)
                    hold(same, Invariant.I06, at, f"{fill.fill_id} is {fill.size} for {fill.cash}, theirs {row}")
                    final = self.final.get(fill.fill_id)
                    text = f"{fill.fill_id} is {final}, the venue's {trade.status.value}"
                    hold(final is not is_dead, Invariant.I06, at, text)
        for key in self.fills.keys() - seen:
            hold(False, Invariant.I06, at, f"{key} is in the ledger and not the venue's")
        self._compare_account(state, at)

    def _compare_account(self, state: State, at: Instant) -> None:
        hold, portfolio = self.verdict.hold, state.portfolio
        account = self.server.exchange.account(WALLET)
        open_there = [order.order_id for order in self.server.exchange.open_orders(OWNER)]
        hold(not open_there, Invariant.I14, at, f"orders rest at the venue in the end: {open_there}")
        hold(not portfolio.working, Invariant.I14, at, f"orders work in the end: {sorted(portfolio.working)}")
        hold(not portfolio.provisional, Invariant.I07, at, f"provisional in the end: {sorted(portfolio.provisional)}")
        text = f"cash {portfolio.cash}, the venue's {account.cash}"
        hold(portfolio.cash == account.cash, Invariant.I05, at, text)
        ours = {token: one.size for token, one in portfolio.positions.items() if one.size}
        ours |= {token: ours.get(token, 0) + size for token, size in portfolio.foreign.items() if size}
        theirs = {token: size for token, size in account.holdings.items() if token in ours or self._pays(token, at)}
        hold(ours == theirs, Invariant.I05, at, f"shares {ours}, the venue's {theirs}")

    def _pays(self, token: str, at: Instant) -> bool:
        # Shares of a resolved market that are worth nothing may stay in the wallet for ever.
        market, outcome = self.server.world.by_token[token]
        return not market.is_resolved(at) or market.payouts[outcome] > 0.0
