"""Follows what was not bought: each rejected signal as a copy of one stake, to its leader's exit or the resolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from copytrade_live.core.events import LeaderFillObserved, MarketResolved
from copytrade_live.core.exits import mirror_fraction, size_to_sell
from copytrade_live.core.market import Instant, Market, Micro, Side
from copytrade_live.core.pricing import from_micro, settle_cash
from copytrade_pipelines.backtest.afterwards import Afterwards
from copytrade_pipelines.backtest.shadow_orders import ShadowTerms

# A sale that finds nobody is tried again after the pace of held tokens, each time twice as late.
_MOST_TRIES = 8


class Fate(StrEnum):
    """What became of a shadow."""

    MIRRORED = "mirrored"
    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    UNFILLED = "unfilled"
    UNKNOWN_MARKET = "unknown_market"


@dataclass(frozen=True, slots=True)
class Refused:
    """One answer to a leader's buy. reason is why it was rejected, or that it was copied, for comparison."""

    decided_at: Instant
    signal_id: str
    wallet: str
    condition_id: str
    event_id: str
    token_id: str
    price: float
    reason: str


@dataclass(slots=True)
class Shadow:
    """One copy that was not made. Units: micro-shares, micro-collateral; owed is what its leader's sales oblige to."""

    number: int
    refused: Refused
    market: Market
    size: Micro = 0
    held: Micro = 0
    owed: Micro = 0
    paid: Micro = 0
    received: Micro = 0
    exits: int = 0
    closed_at: Instant | None = None
    is_over: bool = False

    @property
    def pnl(self) -> float:
        """Profit after fees once it is over. Units: collateral."""
        return from_micro(self.received - self.paid)


# Told of every shadow once: what was refused, what became of it, and the shadow if one was ever cast.
Ended = Callable[[Refused, Fate, Shadow | None], None]


class RejectedSignals:
    """Casts a shadow for each answer, in the order in which they were given."""

    def __init__(self, after: Afterwards, terms: ShadowTerms, answers: Iterator[Refused], ended: Ended) -> None:
        self._after = after
        self._terms = terms
        self._answers = answers
        self._next = next(answers, None)
        self._ended = ended
        self._markets: dict[str, Market] = {}
        self._cast_so_far = 0
        # Only what is open is kept, by the leader and token whose sales it follows, and by market.
        self._by_leader: dict[tuple[str, str], dict[int, Shadow]] = {}
        self._by_market: dict[str, dict[int, Shadow]] = {}

    def before(self, now: Instant) -> None:
        """Take the answers given before now."""
        while self._next is not None and self._next.decided_at < now:
            self._cast(self._next)
            self._next = next(self._answers, None)

    def saw_fill(self, seen: LeaderFillObserved) -> None:
        """Remember the market; what a leader sells its shadows owe."""
        signal = seen.signal
        if seen.market is not None:
            self._markets[signal.condition_id] = seen.market
        if signal.side is Side.SELL:
            fraction = mirror_fraction(signal)
            for shadow in list(self._by_leader.get((signal.wallet, signal.token_id), {}).values()):
                self._mirror(shadow, fraction, seen.observed_at)

    def saw_resolution(self, seen: MarketResolved) -> None:
        """Pay out what is held."""
        payouts = dict(seen.payouts)
        self._markets.pop(seen.condition_id, None)
        for shadow in list(self._by_market.get(seen.condition_id, {}).values()):
            shadow.received += settle_cash(shadow.held, payouts.get(shadow.refused.token_id, 0.0))
            shadow.held = 0
            self._end(shadow, Fate.RESOLVED if shadow.size else Fate.UNFILLED, seen.observed_at)

    def finish(self, until: Instant) -> None:
        """Whatever is still open stays so."""
        self.before(until)
        for shadow in [one for shadows in self._by_market.values() for one in shadows.values()]:
            self._end(shadow, Fate.UNRESOLVED if shadow.size else Fate.UNFILLED, None)

    def _cast(self, refused: Refused) -> None:
        market = self._markets.get(refused.condition_id)
        if market is None:
            self._ended(refused, Fate.UNKNOWN_MARKET, None)
            return
        self._cast_so_far += 1
        shadow = Shadow(self._cast_so_far, refused, market)
        self._by_leader.setdefault((refused.wallet, refused.token_id), {})[shadow.number] = shadow
        self._by_market.setdefault(refused.condition_id, {})[shadow.number] = shadow
        lag = self._terms.lag(refused.signal_id, 0, 1)
        self._after.at(refused.decided_at + lag, lambda now: self._buy(shadow, 1, now))

    def _buy(self, shadow: Shadow, attempt: int, now: Instant) -> None:
        if shadow.is_over:
            return
        refused, terms = shadow.refused, self._terms
        book = self._after.book(refused.token_id, now)
        fills = terms.buy(shadow.market, refused.token_id, refused.price, book, attempt, now) if book else []
        shadow.size = shadow.held = sum(fill.size for fill in fills)
        shadow.paid = sum(fill.cash for fill in fills)
        if fills:
            return
        if attempt > terms.config.execution.repost_count:
            self._end(shadow, Fate.UNFILLED, now)
        else:
            self._after.at(now + terms.attempt_time, lambda at: self._buy(shadow, attempt + 1, at))

    def _mirror(self, shadow: Shadow, fraction: float, now: Instant) -> None:
        if shadow.size == 0:
            # Who leaves is not bought after.
            self._end(shadow, Fate.UNFILLED, now)
            return
        was_owed = shadow.owed
        shadow.owed += round((shadow.held - shadow.owed) * fraction)
        if not was_owed:
            self._ask(shadow, 1, now)

    def _ask(self, shadow: Shadow, tries: int, now: Instant) -> None:
        shadow.exits += 1
        lag = self._terms.lag(shadow.refused.signal_id, shadow.exits, 1)
        self._after.at(now + lag, lambda at: self._sell(shadow, tries, at))

    def _sell(self, shadow: Shadow, tries: int, now: Instant) -> None:
        if shadow.is_over:
            return
        market, token_id = shadow.market, shadow.refused.token_id
        size = size_to_sell(shadow.owed, shadow.held, market.min_order_size)
        book = self._after.book(token_id, now)
        fills = self._terms.sell(market, token_id, size, book, now) if book else []
        sold = sum(fill.size for fill in fills)
        shadow.received += sum(fill.cash for fill in fills)
        shadow.held -= sold
        shadow.owed = max(0, min(shadow.owed - sold, shadow.held))
        if shadow.held == 0:
            self._end(shadow, Fate.MIRRORED, now)
        elif shadow.owed and tries < _MOST_TRIES:
            delay = self._terms.held_pace * 2 ** (tries - 1)
            self._after.at(now + delay, lambda at: self._ask(shadow, tries + 1, at))

    def _end(self, shadow: Shadow, fate: Fate, at: Instant | None) -> None:
        shadow.is_over, shadow.closed_at = True, at
        refused = shadow.refused
        _forget(self._by_leader, (refused.wallet, refused.token_id), shadow.number)
        _forget(self._by_market, refused.condition_id, shadow.number)
        self._ended(shadow.refused, fate, shadow)


_Key = TypeVar("_Key")


def _forget(places: dict[_Key, dict[int, Shadow]], key: _Key, number: int) -> None:
    del places[key][number]
    if not places[key]:
        del places[key]
