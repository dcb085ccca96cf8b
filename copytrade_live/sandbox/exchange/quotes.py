"""Where the exchange learns what others quote: a world, or the light books of a simulation."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from copytrade_live.core.market import Instant, Micro
from copytrade_live.sandbox.exchange.terms import SIZE_STEP, Listing

Rung = tuple[Micro, Micro]


class Depth(NamedTuple):
    """What strangers quote for one token: (price, size) best first. Units: micro-dollars a share, micro-shares."""

    bids: tuple[Rung, ...]
    asks: tuple[Rung, ...]

    def thinned(self, share: float) -> Depth:
        """The same levels with a share of what rests at them."""
        bids, asks = (
            tuple((price, size) for price, size in _scaled(side, share) if size > 0) for side in (self.bids, self.asks)
        )
        return Depth(bids, asks)


class Quotes(Protocol):
    """Markets, their strangers' books and how they end."""

    def listing(self, token_id: str, now: Instant) -> Listing | None:
        """The market of a token; None when nobody has heard of it yet."""
        ...

    def condition(self, condition_id: str, now: Instant) -> Listing | None:
        """A market by its condition."""
        ...

    def ladder(self, token_id: str, now: Instant) -> Depth | None:
        """What strangers quote; None when there is no book."""
        ...

    def payouts(self, condition_id: str, now: Instant) -> tuple[Micro, Micro] | None:
        """What each outcome pays, micro-dollars a share; None until resolved."""
        ...


def _scaled(side: tuple[Rung, ...], share: float) -> list[Rung]:
    return [(price, int(size * share) // SIZE_STEP * SIZE_STEP) for price, size in side]
