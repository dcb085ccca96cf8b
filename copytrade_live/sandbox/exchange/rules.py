"""What an order must satisfy before it is matched, in the venue's order and words."""

from __future__ import annotations

from copytrade_live.core.market import MICRO, MINUTE, Instant, Micro, Side
from copytrade_live.sandbox.exchange.terms import SIZE_STEP, Listing, NewOrder, OrderType, Refused

NO_BOOK = "No orderbook exists for the requested token id"
NOT_READY = "the market is not yet ready to process new orders"
CROSSES = "invalid post-only order: order crosses book"
FOK_KILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_KILLED = "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
# A GTD order is taken off so long before its expiration.
GTD_MARGIN: Instant = MINUTE
LEAST_MARKETABLE_BUY: Micro = MICRO
_CENT = 10_000
# Decimals of a dollar amount by tick: price decimals plus two.
_AMOUNT_DECIMALS = {100_000: 3, 10_000: 4, 5_000: 5, 2_500: 6, 1_000: 5, 100: 6}


def check_terms(new: NewOrder, listing: Listing, now: Instant) -> Micro:
    """Check market, price, precision, size and expiration. Returns: the price. Raises: Refused."""
    if now < listing.opens_at:
        raise Refused(400, NOT_READY)
    if not listing.is_trading(now):
        raise Refused(404, NO_BOOK)
    if new.making <= 0 or new.taking <= 0:
        raise Refused(400, "Invalid order payload")
    price = _price_on_grid(new, listing)
    if new.order_type.is_immediate:
        _check_precision(new, listing)
    else:
        _check_resting(new, listing, now)
    return price


def check_marketable(new: NewOrder, *, is_crossing: bool) -> None:
    """A marketable buy is for a dollar or more, and a post-only order is not marketable. Raises: Refused."""
    is_marketable = is_crossing or new.order_type.is_immediate
    if is_marketable and new.side is Side.BUY and new.dollars < LEAST_MARKETABLE_BUY:
        dollars = f"{new.dollars / MICRO:.2f}".rstrip("0").rstrip(".")
        raise Refused(400, f"invalid amount for a marketable BUY order (${dollars}), min size: $1")
    if is_crossing and new.post_only:
        raise Refused(400, CROSSES)


def _price_on_grid(new: NewOrder, listing: Listing) -> Micro:
    """The tick that the ratio of the amounts stands for: below it for a buy, above it for a sell, by rounding only."""
    tick, unit = listing.tick, 10 ** (6 - _AMOUNT_DECIMALS.get(listing.tick, 6))
    if new.side is Side.BUY:
        price = new.making * MICRO // new.taking // tick * tick
        is_exact = new.making * MICRO - price * new.taking <= price * unit
    else:
        price = -(-new.taking * MICRO // new.making // tick) * tick
        is_exact = price * new.making - new.taking * MICRO <= MICRO * unit
    if not is_exact or not tick <= price <= MICRO - tick:
        given = f"{new.dollars / new.shares:.6f}".rstrip("0").rstrip(".")
        raise Refused(
            400,
            f"order {new.order_id} is invalid. Price ({given}) breaks minimum tick size rule: {number(tick)}",
        )
    return price


def _check_precision(new: NewOrder, listing: Listing) -> None:
    decimals = _AMOUNT_DECIMALS.get(listing.tick, 6)
    if new.making % _CENT or new.taking % 10 ** (6 - decimals):
        word = "buy" if new.side is Side.BUY else "sell"
        raise Refused(
            400,
            f"invalid amounts, the market {word} orders maker amount supports a max accuracy of 2 decimals, "
            f"taker amount a max of {decimals} decimals",
        )


def _check_resting(new: NewOrder, listing: Listing, now: Instant) -> None:
    if new.shares % SIZE_STEP:
        raise Refused(400, "Invalid order payload")
    if new.shares < listing.min_size:
        raise Refused(
            400,
            f"order {new.order_id} is invalid. Size ({number(new.shares)}) lower than the minimum: "
            f"{number(listing.min_size)}",
        )
    is_dated = new.order_type is OrderType.GTD
    if (is_dated and new.expiration <= now + GTD_MARGIN) or (not is_dated and new.expiration):
        raise Refused(400, "invalid expiration")


def number(micro: Micro) -> str:
    """Micro-units as the venue writes them: a decimal without exponent or trailing zeros."""
    whole, part = divmod(abs(micro), MICRO)
    text = f"{whole}.{part:06d}".rstrip("0").rstrip(".") if part else str(whole)
    return f"-{text}" if micro < 0 else text
