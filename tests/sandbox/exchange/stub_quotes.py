"""Books a test writes down itself."""

from __future__ import annotations

from copytrade_live.core.market import MICRO, Instant, Micro, Side
from copytrade_live.sandbox.exchange.exchange import Exchange
from copytrade_live.sandbox.exchange.options import ExchangeOptions, made_hash
from copytrade_live.sandbox.exchange.quotes import Depth
from copytrade_live.sandbox.exchange.terms import Listing, NewOrder, OrderType, Placed

NOW: Instant = 1_700_000_000_000
YES, NO = "1" + "0" * 76, "2" + "0" * 76
LISTING = Listing(condition_id="0x" + "ab" * 32, token_ids=(YES, NO), fee_rate=0.05, closes_at=NOW + 3_600_000)


def shares(amount: float) -> Micro:
    return round(amount * MICRO)


def rungs(*levels: tuple[float, float]) -> tuple[tuple[Micro, Micro], ...]:
    return tuple((shares(price), shares(size)) for price, size in levels)


class WrittenQuotes:
    """One market whose book stays until it is written again."""

    def __init__(self, listing: Listing = LISTING) -> None:
        self.listed = listing
        self.book = Depth(rungs((0.48, 100), (0.47, 200)), rungs((0.52, 100), (0.53, 200)))
        self.ends: tuple[Micro, Micro] | None = None

    def listing(self, token_id: str, now: Instant) -> Listing | None:
        return self.listed if token_id in self.listed.token_ids else None

    def condition(self, condition_id: str, now: Instant) -> Listing | None:
        return self.listed if condition_id == self.listed.condition_id else None

    def ladder(self, token_id: str, now: Instant) -> Depth | None:
        if not self.listed.is_trading(now):
            return None
        if token_id == self.listed.token_ids[0]:
            return self.book
        bids = tuple((MICRO - price, size) for price, size in self.book.asks)
        return Depth(bids, tuple((MICRO - price, size) for price, size in self.book.bids))

    def payouts(self, condition_id: str, now: Instant) -> tuple[Micro, Micro] | None:
        return self.ends


class Market:
    """An exchange over written books, with a shorthand for orders."""

    def __init__(self, listing: Listing = LISTING, options: ExchangeOptions | None = None) -> None:
        self.quotes = WrittenQuotes(listing)
        self.exchange = Exchange(self.quotes, options)
        self._count = 0

    def fund(self, account: str = "0xa", cash: float = 1000.0, **holdings: float) -> None:
        self.exchange.account(account).give("", shares(cash))
        for name, amount in holdings.items():
            self.exchange.account(account).give({"yes": YES, "no": NO}[name], shares(amount))

    def order(
        self,
        side: str,
        price: float,
        size: float = 0.0,
        *,
        account: str = "0xa",
        token: str = YES,
        kind: str = "GTC",
        dollars: float = 0.0,
        post_only: bool = False,
        expiration: Instant = 0,
    ) -> NewOrder:
        """size in shares; for an immediate buy dollars may be given instead."""
        self._count += 1
        worth = shares(dollars) if dollars else round(price * size * MICRO)
        amount = shares(dollars / price) // 100 * 100 if dollars else shares(size)
        making, taking = (worth, amount) if side == "BUY" else (amount, worth)
        return NewOrder(
            order_id=made_hash("test order", self._count),
            account=account,
            owner=f"key-{account}",
            token_id=token,
            side=Side(side),
            making=making,
            taking=taking,
            order_type=OrderType(kind),
            expiration=expiration,
            post_only=post_only,
        )

    def place(self, side: str, price: float, size: float = 0.0, *, at: Instant = NOW, **terms: object) -> Placed:
        return self.exchange.place(self.order(side, price, size, **terms), at)  # type: ignore[arg-type]
