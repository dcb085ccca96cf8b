"""What the exchange holds, whole: orders, own fills leg by leg, balances, accounts, redemptions, and posts received."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from copytrade_live.sandbox.answers import Row
from copytrade_live.sandbox.exchange.exchange import Exchange
from copytrade_live.sandbox.exchange.order_wire import order_row
from copytrade_live.sandbox.exchange.rules import number
from copytrade_live.sandbox.funding import account_row
from copytrade_live.sandbox.post_log import PostLog
from copytrade_live.sandbox.trading_desk import TradingDesk

TRADING_PARTS = ("orders", "own_fills", "balances", "accounts", "redemptions", "posts")
Writer = Callable[[Exchange, set[str]], Iterator[Row]]


class TradingTruth:
    """The parts of /admin/truth that are about accounts."""

    def __init__(self, desk: TradingDesk, posts: PostLog) -> None:
        self._desk, self._posts = desk, posts

    def part(self, name: str, wallets: list[str]) -> Iterator[Row]:
        """One part's rows, of some wallets or of all."""
        self._desk.now()
        exchange = self._desk.exchange
        wanted = {one.lower() for one in wallets} or set(exchange.accounts)
        return self._posts.rows(wanted) if name == "posts" else _WRITERS[name](exchange, wanted)


def _orders(exchange: Exchange, wallets: set[str]) -> Iterator[Row]:
    for order in exchange.orders.values():
        if order.account in wallets:
            yield order_row(order) | {
                "placed_ms": order.placed_at,
                "spent": number(order.spent),
                "cause": order.cause,
            }


def _own_fills(exchange: Exchange, wallets: set[str]) -> Iterator[Row]:
    """A row a leg. cash is what a buy paid, fee included, or a sell got, fee taken off."""
    for trade in exchange.trades.values():
        for place, leg in enumerate(trade.legs):
            if leg.account in wallets:
                yield {
                    "trade_id": trade.trade_id,
                    "order_id": leg.order_id,
                    "wallet": leg.account,
                    "condition_id": trade.condition_id,
                    "token_id": leg.token_id,
                    "side": leg.side.value,
                    "role": "maker" if place else "taker",
                    "price": number(leg.price),
                    "size": number(leg.size),
                    "fee": number(leg.fee),
                    "cash": number(leg.cash),
                    "status": trade.status.value,
                    "at_ms": trade.matched_at,
                    "updated_ms": trade.updated_at,
                    "tx": trade.transaction,
                }


def _balances(exchange: Exchange, wallets: set[str]) -> Iterator[Row]:
    """A row a wallet and token; token_id is empty for dollars."""
    for address in sorted(wallets & set(exchange.accounts)):
        account = exchange.accounts[address]
        for token in ("", *sorted(account.holdings)):
            yield {"wallet": address, "token_id": token, "balance": number(account.balance(token))}


def _accounts(exchange: Exchange, wallets: set[str]) -> Iterator[Row]:
    return (account_row(exchange.accounts[one]) for one in sorted(wallets & set(exchange.accounts)))


def _redemptions(exchange: Exchange, wallets: set[str]) -> Iterator[Row]:
    for one in exchange.redemptions.asked.values():
        if one.account in wallets:
            yield {
                "redemption_id": one.redemption_id,
                "wallet": one.account,
                "condition_id": one.condition_id,
                "state": one.state.value,
                "cash": number(one.cash),
                "asked_ms": one.asked_at,
                "paid_ms": one.due_at,
                "tx": one.transaction,
                "is_automatic": one.is_automatic,
            }


_WRITERS: dict[str, Writer] = {
    "orders": _orders,
    "own_fills": _own_fills,
    "balances": _balances,
    "accounts": _accounts,
    "redemptions": _redemptions,
}
