"""The exchange: takes orders, matches them in price and time, settles, expires, resolves and redeems, driven by now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from copytrade_live.core.market import MICRO, Instant, Micro
from copytrade_live.sandbox.exchange.accounts import COLLATERAL, Account
from copytrade_live.sandbox.exchange.books import MarketBook, Match, Offer, short_of
from copytrade_live.sandbox.exchange.heartbeats import Heartbeats
from copytrade_live.sandbox.exchange.mishaps import Delay, DelayEnd, Mishaps
from copytrade_live.sandbox.exchange.options import ExchangeOptions
from copytrade_live.sandbox.exchange.quotes import Depth, Quotes
from copytrade_live.sandbox.exchange.redeeming import Redemption, Redemptions
from copytrade_live.sandbox.exchange.rules import (
    FAK_KILLED,
    FOK_KILLED,
    GTD_MARGIN,
    NO_BOOK,
    check_marketable,
    check_terms,
)
from copytrade_live.sandbox.exchange.settlement import Agenda, move, steps
from copytrade_live.sandbox.exchange.terms import (
    Change,
    ChangeKind,
    Listing,
    NewOrder,
    Order,
    OrderStatus,
    OrderType,
    Placed,
    Refused,
    Trade,
    TradeStatus,
)
from copytrade_live.sandbox.exchange.trading import trade_of_maker, trades_of_taker

# No more looks than this at resting orders in one advance.
MOST_LOOKS = 240
GONE = "order can't be found - already canceled or matched"
HELD_UP = "order is delayed and can't be canceled"


class Exchange:
    """Accounts, books and trades. Everything is a function of the quotes, the options, the calls and their now."""

    def __init__(self, quotes: Quotes, options: ExchangeOptions | None = None, mishaps: Mishaps | None = None) -> None:
        self.quotes, self.options, self.mishaps = quotes, options or ExchangeOptions(), mishaps or Mishaps()
        self.accounts: dict[str, Account] = {}
        self.orders: dict[str, Order] = {}
        self.trades: dict[str, Trade] = {}
        self.last_trades: dict[str, Trade] = {}
        self.listeners: list[Callable[[Change], None]] = []
        self.agenda = Agenda()
        self.heartbeats = Heartbeats(self.agenda, self._lapse)
        self.redemptions = Redemptions(self)
        self._books: dict[str, MarketBook] = {}
        self._now: Instant = 0
        self._looked_at: Instant = 0

    def account(self, address: str) -> Account:
        """A wallet, empty when it is new."""
        key = address.lower()
        if key not in self.accounts:
            self.accounts[key] = Account(key)
        return self.accounts[key]

    def advance(self, now: Instant) -> None:
        """Let everything happen that is due by now: settlement, expiry, delays, and books that move through orders."""
        if now <= self._now:
            return
        for at in self._looks(now):
            self.agenda.run_until(at)
            self._sweep(at)
        self.agenda.run_until(now)
        self._now = now

    def place(self, new: NewOrder, now: Instant) -> Placed:
        """Take an order, or not. Raises: Refused."""
        self.advance(now)
        self.mishaps.refuse(new, now)
        if new.order_id in self.orders:
            raise Refused(400, f"order {new.order_id} is invalid. Duplicated.")
        listing = self.quotes.listing(new.token_id, now)
        if listing is None:
            raise Refused(404, NO_BOOK)
        account = self.account(new.account)
        self._check_standing(account, new)
        price = check_terms(new, listing, now)
        order = Order(
            new=new, listing=listing, price=price, size=new.shares, number=len(self.orders) + 1, placed_at=now
        )
        book = self._book(listing)
        offers = self._offers(order, book, now)
        check_marketable(new, is_crossing=bool(offers))
        matches = book.walk(order, offers)
        self._demand(account, order, matches, now)
        delay = self.mishaps.delay(order) if offers else None
        if delay is None and offers and listing.taker_delay:
            delay = Delay(listing.taker_delay)
        return self._execute(order, book, matches, now) if delay is None else self._delay(order, delay, now)

    def cancel(self, owner: str, order_ids: Iterable[str], now: Instant) -> tuple[list[str], dict[str, str]]:
        """Take orders off. Returns: those cancelled, and why the others were not."""
        self.advance(now)
        cancelled: list[str] = []
        refused: dict[str, str] = {}
        for order_id in order_ids:
            order = self.orders.get(order_id.lower())
            if order is None or order.new.owner != owner or not order.is_open:
                refused[order_id] = GONE
            elif order.status is OrderStatus.DELAYED:
                refused[order_id] = HELD_UP
            else:
                self._close(order, OrderStatus.CANCELED, "", now)
                cancelled.append(order_id)
        return cancelled, refused

    def open_orders(self, owner: str) -> list[Order]:
        """An API key's orders that can still be matched, in the order they came."""
        return [
            order for account in self.accounts.values() for order in account.open.values() if order.new.owner == owner
        ]

    def shown(self, token_id: str, now: Instant) -> Depth | None:
        """The public book of a token: strangers and resting orders."""
        depth = self.quotes.ladder(token_id, now)
        listing = self.quotes.listing(token_id, now)
        book = self._books.get(listing.condition_id) if listing else None
        return depth if book is None else book.shown(token_id, depth, now)

    def touch(self, token_id: str, now: Instant) -> None:
        """Take note of a market whose shares an account was given, so that its end is not missed."""
        listing = self.quotes.listing(token_id, now)
        if listing is not None:
            self._book(listing)

    def is_touched(self, condition_id: str) -> bool:
        """Whether the public book of a market may differ from what the strangers quote."""
        return condition_id in self._books

    def redeem(self, account: str, condition_id: str, now: Instant) -> Redemption:
        """Ask the chain to pay a resolved market out. Raises: Refused when it is not resolved."""
        self.advance(now)
        return self.redemptions.ask(self.account(account), condition_id, now)

    def tell(self, change: Change) -> None:
        """Let the listeners know."""
        for listener in self.listeners:
            listener(change)

    def _looks(self, now: Instant) -> Iterable[Instant]:
        """Instants since the last look at which resting orders may have been traded through."""
        step = self.options.look_every
        first, last = self._looked_at // step + 1, now // step
        self._looked_at = now
        if last < first or not any(book.resting for book in self._books.values()):
            return ()
        stride = max(1, (last - first) // MOST_LOOKS + 1)
        return [at * step for at in range(last, first - 1, -stride)][::-1]

    def _sweep(self, at: Instant) -> None:
        for book in self._books.values():
            for order in tuple(book.resting.values()):
                depth = self.quotes.ladder(order.new.token_id, at)
                for price, size in list(book.through(order, depth, at)):
                    part = min(size, order.rest)
                    if part > 0 and order.status is OrderStatus.LIVE:
                        book.take(order, part, price, at)
                        self._fill(order, part, part * order.price // MICRO)
                        self._book_trade(trade_of_maker(self.options.seed, order, part, len(self.trades) + 1, at), at)

    def _check_standing(self, account: Account, new: NewOrder) -> None:
        if account.is_banned:
            raise Refused(400, f"'{new.account}' address banned")
        if account.closed_only and new.side.value == "BUY":
            raise Refused(400, f"'{new.account}' address in closed only mode")
        if self.options.require_deposit_wallet and new.signature_type == 0:
            raise Refused(400, "maker address not allowed, please use the deposit wallet flow")

    def _demand(self, account: Account, order: Order, matches: list[Match], now: Instant) -> None:
        new = order.new
        if not order.is_buy:
            account.demand(new.token_id, order.size, new.spender)
            return
        trades = trades_of_taker(self.options.seed, order, matches, 1, now)
        fees = sum(trade.taker.fee for trade in trades)
        cost = new.making if new.order_type.is_immediate else order.price * order.size // MICRO
        account.demand(COLLATERAL, cost + fees, new.spender)

    def _offers(self, order: Order, book: MarketBook, now: Instant) -> list[Offer]:
        """What an order meets: the strangers' book, less what has gone by the time it arrives, and resting orders."""
        depth = self.quotes.ladder(order.new.token_id, now)
        offers = book.offers(order, depth, now)
        share = self.mishaps.depth_share(order) if offers and depth is not None else 1.0
        return offers if depth is None or share >= 1.0 else book.offers(order, depth.thinned(share), now)

    def _delay(self, order: Order, delay: Delay, now: Instant) -> Placed:
        order.status = OrderStatus.DELAYED
        self._keep(order)
        self.agenda.note(now + delay.after, partial(self._end_delay, order, delay.end))
        return Placed(order, ())

    def _end_delay(self, order: Order, end: DelayEnd, at: Instant) -> None:
        if order.status is not OrderStatus.DELAYED:
            return
        if end is DelayEnd.KILLED or not order.listing.is_trading(at):
            self._close(order, OrderStatus.CANCELED, "delayed order killed", at)
            return
        order.status = OrderStatus.LIVE
        book = self._book(order.listing)
        offers = [] if end is DelayEnd.UNMATCHED else self._offers(order, book, at)
        matches = book.walk(order, offers)
        account = self.accounts[order.account]
        account.open.pop(order.order_id, None)
        try:
            self._demand(account, order, matches, at)
            self._execute(order, book, matches, at)
        except Refused as refused:
            order.status, order.cause = OrderStatus.UNMATCHED, refused.message

    def _execute(self, order: Order, book: MarketBook, matches: list[Match], now: Instant) -> Placed:
        if order.new.order_type is OrderType.FOK and not book.is_filled_by(order, matches):
            self._kill(order, FOK_KILLED, now)
        if order.new.order_type is OrderType.FAK and not matches:
            self._kill(order, FAK_KILLED, now)
        self._keep(order)
        if matches:
            matches, order.dust = short_of(matches, self.mishaps.dust(order))
        trades = tuple(trades_of_taker(self.options.seed, order, matches, len(self.trades) + 1, now))
        if not order.new.order_type.is_immediate:
            self.tell(Change(ChangeKind.PLACED, now, order.account, order=order))
        for match in matches:
            if match.maker is None:
                book.take(order, match.size, match.price, now)
            else:
                self._fill(match.maker, match.size, match.maker.price * match.size // MICRO)
            self._fill(order, match.size, match.price * match.size // MICRO)
        for trade in trades:
            self._book_trade(trade, now)
        self._rest_or_end(order, book, now)
        return Placed(order, trades)

    def _rest_or_end(self, order: Order, book: MarketBook, now: Instant) -> None:
        if not order.is_open:
            return
        if order.new.order_type.is_immediate:
            order.status = OrderStatus.MATCHED
            self.accounts[order.account].open.pop(order.order_id, None)
            return
        book.resting[order.order_id] = order
        taken_off = self.mishaps.venue_cancel(order)
        if taken_off is not None:
            close = partial(self._close, order, OrderStatus.CANCELED, taken_off.status)
            self.agenda.note(now + taken_off.after, close)
        if order.new.order_type is OrderType.GTD:
            self.agenda.note(order.new.expiration - GTD_MARGIN, partial(self._expire, order))

    def _kill(self, order: Order, why: str, now: Instant) -> None:
        order.status, order.cause = OrderStatus.CANCELED, why
        self.orders[order.order_id] = order
        self.accounts[order.account].open.pop(order.order_id, None)
        self.tell(Change(ChangeKind.KILLED, now, order.account, order=order))
        raise Refused(400, why)

    def _keep(self, order: Order) -> None:
        self.orders[order.order_id] = order
        self.accounts[order.account].open[order.order_id] = order

    def _fill(self, order: Order, size: Micro, dollars: Micro) -> None:
        order.matched += size
        order.spent += dollars
        if order.rest <= order.dust and not order.new.order_type.is_immediate:
            order.status = OrderStatus.MATCHED
            self.accounts[order.account].open.pop(order.order_id, None)
            self._book(order.listing).resting.pop(order.order_id, None)

    def _book_trade(self, trade: Trade, now: Instant) -> None:
        self.trades[trade.trade_id] = self.last_trades[trade.condition_id] = trade
        for leg in trade.legs:
            if leg.account:
                self.accounts[leg.account].hold(leg)
                order = self.orders[leg.order_id]
                order.trades.append(trade.trade_id)
                self.tell(Change(ChangeKind.UPDATED, now, leg.account, order=order))
        self._tell_trade(trade, now)
        for after, status in steps(self.mishaps.fate(trade, self.options.fate(trade.trade_id))):
            self.agenda.note(now + after, partial(self._settle, trade, status))

    def _settle(self, trade: Trade, status: TradeStatus, at: Instant) -> None:
        move(trade, status, self.accounts, at)
        self._tell_trade(trade, at)

    def _tell_trade(self, trade: Trade, at: Instant) -> None:
        for account in dict.fromkeys(leg.account for leg in trade.legs if leg.account):
            self.tell(Change(ChangeKind.TRADE, at, account, trade=trade))

    def _expire(self, order: Order, at: Instant) -> None:
        self._close(order, OrderStatus.CANCELED, "expired", at)

    def _close(self, order: Order, status: OrderStatus, cause: str, at: Instant) -> None:
        if not order.is_open:
            return
        order.status, order.cause = status, cause
        self.accounts[order.account].open.pop(order.order_id, None)
        self._book(order.listing).resting.pop(order.order_id, None)
        self.tell(Change(ChangeKind.CANCELLED, at, order.account, order=order))

    def _lapse(self, owner: str, at: Instant) -> None:
        for order in self.open_orders(owner):
            if order.status is OrderStatus.LIVE:
                self._close(order, OrderStatus.CANCELED, "heartbeat", at)

    def _book(self, listing: Listing) -> MarketBook:
        book = self._books.get(listing.condition_id)
        if book is None:
            book = self._books[listing.condition_id] = MarketBook(listing, self.options.refill_after)
            if listing.closes_at is not None:
                self.agenda.note(max(listing.closes_at, self._now), partial(self._close_market, book))
        return book

    def _close_market(self, book: MarketBook, at: Instant) -> None:
        for order in list(book.resting.values()):
            self._close(order, OrderStatus.CANCELED, "market closed", at)
        self.redemptions.await_end(book.listing, at)
