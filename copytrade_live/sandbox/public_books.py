"""What trading changes in public: books less what was taken and with what rests, and the latest trade."""

from __future__ import annotations

from copytrade_live.core.market import MICRO, Instant, Micro, Side
from copytrade_live.sandbox.exchange.exchange import Exchange
from copytrade_live.sandbox.exchange.quotes import Depth, Rung
from copytrade_live.sandbox.ladder import Ladder
from copytrade_live.sandbox.ladder import Rung as WorldRung
from copytrade_live.sandbox.venue import LastTrade

_FINEST: Micro = 100


class PublicBooks:
    """Lays the exchange over a venue's world. Markets nobody traded in stay exactly as the world has them."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def ladder(self, condition_id: str, token_id: str, world: Ladder | None, now: Instant) -> Ladder | None:
        """One token's book as everybody sees it."""
        if not self._exchange.is_touched(condition_id):
            return world
        self._exchange.advance(now)
        listing = self._exchange.quotes.listing(token_id, now)
        depth = self._exchange.shown(token_id, now)
        if depth is None or listing is None:
            return world
        tick = _grid(depth, listing.tick)
        return Ladder(tick / MICRO, _ticks(depth.bids, tick), _ticks(depth.asks, tick))

    def last_trade(self, condition_id: str, token_id: str, world: LastTrade | None) -> LastTrade | None:
        """The latest trade of a token; one of the other outcome counts mirrored."""
        trade = self._exchange.last_trades.get(condition_id)
        if trade is None or (world is not None and world.at > trade.matched_at):
            return world
        is_same, is_buy = trade.taker.token_id == token_id, trade.taker.side is Side.BUY
        price = trade.taker.price if is_same else MICRO - trade.taker.price
        return LastTrade(price / MICRO, is_buy == is_same, trade.matched_at)


def _grid(depth: Depth, tick: Micro) -> Micro:
    """A grid that every level lies on: the market's, or the finest where something rests from before a change."""
    fits = all(price % tick == 0 for side in depth for price, _ in side)
    return tick if fits else _FINEST


def _ticks(rungs: tuple[Rung, ...], tick: Micro) -> tuple[WorldRung, ...]:
    return tuple((price // tick, size / MICRO) for price, size in rungs)
