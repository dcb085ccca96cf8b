"""What the accounts traded here did on the chain, as the data API would list it, and what they hold by it."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.market import MICRO, Instant, Side
from copytrade_live.sandbox.exchange.calls import Split, action_of
from copytrade_live.sandbox.exchange.redeeming import RedemptionState
from copytrade_live.sandbox.exchange.terms import Leg, Trade, TradeStatus
from copytrade_live.sandbox.ledger import NO_OUTCOME, Kind
from copytrade_live.sandbox.positions import Position
from copytrade_live.sandbox.trading_desk import TradingDesk
from copytrade_live.sandbox.venue import Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRow:
    """One row of a wallet's activity. Units: price in dollars per share, size in shares, cash and fee in dollars."""

    at: Instant
    kind: Kind
    wallet: str
    market: int
    outcome: int
    is_buy: bool
    is_taker: bool
    price: float
    size: float
    cash: float
    fee: float
    transaction: str


class OwnHistory:
    """Mined trades, splits, merges and payouts; a match that has not been mined is not there yet."""

    def __init__(self, venue: Venue, desk: TradingDesk) -> None:
        self._venue, self._desk = venue, desk

    def has(self, wallet: str | None) -> bool:
        """Whether a wallet trades here and is none of the world's."""
        return wallet in self._desk.exchange.accounts and wallet not in self._venue.by_wallet

    def rows(self, wallet: str) -> list[OwnRow]:
        """What the data API shows of a wallet by now, oldest first."""
        until = min(self._desk.now() - self._venue.index_lag, self._venue.indexed_until())
        rows = [*self._trades(wallet), *self._payouts(wallet), *self._splits(wallet)]
        return sorted((row for row in rows if row.at <= until), key=lambda row: row.at)

    def takes(self, after: Instant, until: Instant) -> list[OwnRow]:
        """What accounts took and had mined later than after and by until, oldest first: what the stream tells."""
        self._desk.now()
        found = [
            self._trade_row(trade, trade.taker, trade.mined_at)
            for trade in self._desk.exchange.trades.values()
            if trade.mined_at is not None and after < trade.mined_at <= until and self.has(trade.taker.account)
        ]
        return sorted(found, key=lambda row: row.at)

    def positions(self, wallet: str) -> tuple[Position, ...]:
        """Every position the wallet's rows made."""
        held: dict[tuple[int, int], Position] = {}
        for row in self.rows(wallet):
            for outcome in (row.outcome,) if row.kind is Kind.TRADE else (0, 1):
                position = held.setdefault((row.market, outcome), Position(row.market, outcome, row.at))
                position.last_at = row.at
                self._fold(position, row)
        return tuple(position for position in held.values() if position.bought > 0)

    def _fold(self, position: Position, row: OwnRow) -> None:
        if row.kind is Kind.TRADE:
            position.fees += row.fee
            (position.acquire if row.is_buy else position.dispose)(row.size, row.price)
        elif row.kind is Kind.SPLIT:
            position.acquire(row.size, 0.5)
        elif row.kind is Kind.MERGE:
            position.dispose(row.size, 0.5)
        else:
            payouts = self._venue.markets[row.market].payouts or (0.0, 0.0)
            position.dispose(position.size, payouts[position.outcome])

    def _trades(self, wallet: str) -> list[OwnRow]:
        return [
            self._trade_row(trade, leg, trade.mined_at)
            for trade in self._desk.exchange.trades.values()
            if trade.mined_at is not None and trade.status in (TradeStatus.MINED, TradeStatus.CONFIRMED)
            for leg in trade.legs_of(wallet)
        ]

    def _trade_row(self, trade: Trade, leg: Leg, at: Instant) -> OwnRow:
        market, outcome = self._venue.by_token[leg.token_id]
        return OwnRow(
            at=at,
            kind=Kind.TRADE,
            wallet=leg.account,
            market=market,
            outcome=outcome,
            is_buy=leg.side is Side.BUY,
            is_taker=leg is trade.taker,
            price=leg.price / MICRO,
            size=leg.size / MICRO,
            cash=leg.cash / MICRO,
            fee=leg.fee / MICRO,
            transaction=trade.transaction,
        )

    def _payouts(self, wallet: str) -> list[OwnRow]:
        return [
            self._row(Kind.REDEEM, wallet, one.condition_id, one.cash, one.due_at, one.transaction)
            for one in self._desk.exchange.redemptions.asked.values()
            if one.account == wallet and one.state is RedemptionState.PAID and any(one.shares)
        ]

    def _splits(self, wallet: str) -> list[OwnRow]:
        rows: list[OwnRow] = []
        for sent in self._desk.chain.transactions.values():
            if sent.account != wallet or not sent.is_done or sent.error:
                continue
            for action in (action_of(call, wallet) for call in sent.calls):
                if isinstance(action, Split) and action.condition in self._venue.by_condition:
                    kind = Kind.SPLIT if action.amount > 0 else Kind.MERGE
                    rows.append(self._row(kind, wallet, action.condition, abs(action.amount), sent.due_at, sent.hash))
        return rows

    def _row(self, kind: Kind, wallet: str, condition: str, amount: int, at: Instant, transaction: str) -> OwnRow:
        return OwnRow(
            at=at,
            kind=kind,
            wallet=wallet,
            market=self._venue.by_condition[condition],
            outcome=NO_OUTCOME,
            is_buy=False,
            is_taker=False,
            price=0.0,
            size=amount / MICRO,
            cash=amount / MICRO,
            fee=0.0,
            transaction=transaction,
        )
