"""One market's book: what strangers quote, less what we took of it, and our resting orders in both outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from copytrade_live.core.market import MICRO, Instant, Micro, Side
from copytrade_live.sandbox.exchange.quotes import Depth, Rung
from copytrade_live.sandbox.exchange.terms import SIZE_STEP, Listing, Order


class Offer(NamedTuple):
    """What can be traded against at one price; maker is None for strangers."""

    price: Micro
    size: Micro
    maker: Order | None


class Match(NamedTuple):
    """A part of an order met by one offer."""

    price: Micro
    size: Micro
    maker: Order | None


class MarketBook:
    """Price, then time; strangers came before us at the same price. Orders of the other outcome are mirrored."""

    def __init__(self, listing: Listing, refill_after: Instant) -> None:
        self.listing = listing
        self.resting: dict[str, Order] = {}
        self._refill_after = refill_after
        # Depth taken of outcome 0's book, by side and price, and when it has come back.
        self._taken: dict[tuple[Side, Micro], tuple[Micro, Instant]] = {}

    def offers(self, order: Order, depth: Depth | None, now: Instant) -> list[Offer]:
        """Everything an order may match, best first; never the account's own orders."""
        found = [Offer(price, size, None) for price, size in self._left(order, depth, now)]
        for maker in self.resting.values():
            if maker.account != order.account and self._price_for(maker, order.new.token_id, order.is_buy) is not None:
                price = self._price_for(maker, order.new.token_id, order.is_buy) or 0
                if _is_within(order, price):
                    found.append(Offer(price, maker.rest, maker))
        found.sort(key=lambda offer: offer.price if order.is_buy else -offer.price)
        return found

    def walk(self, order: Order, offers: Iterable[Offer]) -> list[Match]:
        """Match as far as shares (or, for an immediate buy, dollars) reach."""
        matches: list[Match] = []
        by_dollars = order.is_buy and order.new.order_type.is_immediate
        left = order.new.making - order.spent if by_dollars else order.rest
        for offer in offers:
            wanted = left * MICRO // offer.price if by_dollars else left
            size = min(wanted, offer.size) // SIZE_STEP * SIZE_STEP
            if size <= 0:
                if wanted < SIZE_STEP:
                    break
                continue
            matches.append(Match(offer.price, size, offer.maker))
            left -= offer.price * size // MICRO if by_dollars else size
        return matches

    def is_filled_by(self, order: Order, matches: list[Match]) -> bool:
        """Whether nothing worth trading would be left."""
        if order.is_buy and order.new.order_type.is_immediate:
            spent = sum(match.price * match.size // MICRO for match in matches)
            return (order.new.making - spent) * MICRO < max(order.price, 1) * SIZE_STEP
        return order.rest - sum(match.size for match in matches) < SIZE_STEP

    def take(self, order: Order, size: Micro, price: Micro, now: Instant) -> None:
        """Note that strangers' depth is gone for a while."""
        key = self._key(order.new.token_id, price, order.is_buy)
        gone, until = self._taken.get(key, (0, now))
        self._taken[key] = (size if until <= now else gone + size, now + self._refill_after)

    def through(self, order: Order, depth: Depth | None, now: Instant) -> Iterator[Rung]:
        """Strangers' levels that have moved through a resting order."""
        return self._left(order, depth, now)

    def shown(self, token_id: str, depth: Depth | None, now: Instant) -> Depth | None:
        """The book everybody sees: strangers less what is taken, and every resting order."""
        self._taken = {key: gone for key, gone in self._taken.items() if gone[1] > now}
        if not self.resting and not self._taken:
            return depth
        bids, asks = (dict(self._visible(token_id, depth, is_ask, now)) for is_ask in (False, True))
        for order in self.resting.values():
            for levels, is_buy in ((asks, True), (bids, False)):
                price = self._price_for(order, token_id, is_buy)
                if price is not None:
                    levels[price] = levels.get(price, 0) + order.rest
        if depth is None and not bids and not asks:
            return None
        return Depth(tuple(sorted(bids.items(), reverse=True)), tuple(sorted(asks.items())))

    def _left(self, order: Order, depth: Depth | None, now: Instant) -> Iterator[Rung]:
        for price, size in self._visible(order.new.token_id, depth, order.is_buy, now):
            if not _is_within(order, price):
                return
            yield price, size

    def _visible(self, token_id: str, depth: Depth | None, is_ask: bool, now: Instant) -> Iterator[Rung]:
        if depth is None:
            return
        for price, size in depth.asks if is_ask else depth.bids:
            gone, until = self._taken.get(self._key(token_id, price, is_ask), (0, now))
            left = size if until <= now else size - gone
            if left > 0:
                yield price, left

    def _key(self, token_id: str, price: Micro, is_ask: bool) -> tuple[Side, Micro]:
        """Where a level of either outcome stands in the book of outcome 0."""
        if token_id == self.listing.token_ids[0]:
            return (Side.SELL if is_ask else Side.BUY), price
        return (Side.BUY if is_ask else Side.SELL), MICRO - price

    @staticmethod
    def _price_for(maker: Order, token_id: str, taker_buys: bool) -> Micro | None:
        """The price at which a resting order meets a taker of this token and side; None when it does not."""
        is_same = maker.new.token_id == token_id
        if is_same == (maker.is_buy == taker_buys):
            return None
        return maker.price if is_same else MICRO - maker.price


def short_of(matches: list[Match], dust: Micro) -> tuple[list[Match], Micro]:
    """The same matches with the last one short of some dust, and how much that was."""
    if not matches or not 0 < dust < matches[-1].size or dust % SIZE_STEP:
        return matches, 0
    last = matches[-1]
    return [*matches[:-1], last._replace(size=last.size - dust)], dust


def _is_within(order: Order, price: Micro) -> bool:
    """Whether a price is inside the limit that was signed: the ratio of the amounts, not its rounding to ticks."""
    new = order.new
    if order.is_buy:
        return price * new.taking <= new.making * MICRO
    return price * new.making >= new.taking * MICRO
