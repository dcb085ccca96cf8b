"""A world looked at from now: lookups, what is visible, prices and volumes at this moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.faults import FaultBook, late_rows
from copytrade_live.sandbox.ladder import Ladder
from copytrade_live.sandbox.ledger import Columns, Kind, with_rows
from copytrade_live.sandbox.ticks import TickBoard
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.sandbox.venue_options import VenueOptions
from copytrade_live.sandbox.world import World, with_ledger
from copytrade_live.sandbox.world_faults import WorldFaults

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LastTrade:
    """The latest fill of a token. Units: dollars per share."""

    price: float
    is_buy: bool
    at: Instant


class Overlay(Protocol):
    """What trading on the sandbox changes of the world's books and prices in public."""

    def ladder(self, condition_id: str, token_id: str, world: Ladder | None, now: Instant) -> Ladder | None:
        """One token's book as everybody sees it."""
        ...

    def last_trade(self, condition_id: str, token_id: str, world: LastTrade | None) -> LastTrade | None:
        """The latest trade of a token."""
        ...


class Venue:
    """Indexes a world once; every answer is a function of the world, now, and the faults that are on."""

    def __init__(
        self, world: World, time: TimeKeeper, *, options: VenueOptions | None = None, faults: FaultBook | None = None
    ) -> None:
        self.world, self.time = world, time
        self.options, self.faults = options or VenueOptions(), faults or FaultBook()
        self.ticks, self.shown = TickBoard(), WorldFaults(self.faults)
        self.index_lag = self.options.index_lag
        self.overlay: Overlay | None = None
        self.markets = world.markets
        self.by_condition = {market.condition_id: number for number, market in enumerate(self.markets)}
        self.by_slug = {market.slug: number for number, market in enumerate(self.markets)}
        self.by_market_id = {market.market_id: number for number, market in enumerate(self.markets)}
        self.by_token = {
            token: (number, outcome)
            for number, market in enumerate(self.markets)
            for outcome, token in enumerate(market.token_ids)
        }
        self.by_event: dict[str, list[int]] = defaultdict(list)
        for number, market in enumerate(self.markets):
            self.by_event[market.event_id].append(number)
        self.event_by_slug = {market.event_slug: market.event_id for market in self.markets}
        self.opened_at = np.array([market.opened_at for market in self.markets], dtype=np.int64)
        self.by_wallet = {wallet.address: number for number, wallet in enumerate(world.wallets)}
        # Books change at whole seconds only, and one answer looks at the same one more than once.
        self._first_ladder = lru_cache(maxsize=4096)(world.ladder)
        self._index()

    def foresee(self, columns: Columns, transactions: Sequence[str]) -> None:
        """Add rows to the world's future; none may be older than now, so that what was told stays true."""
        ledger = with_rows(self.world.ledger, columns, transactions)
        self.world = with_ledger(self.world, ledger)
        self._index()

    def _index(self) -> None:
        ledger = self.world.ledger
        self.trades: Rows = np.flatnonzero(ledger.kind == Kind.TRADE)
        self.rows_of_wallet = _group(ledger.wallet, len(self.world.wallets))
        self.rows_of_market = _group(
            np.where(ledger.kind == Kind.TRADE, ledger.market, np.int32(-1)), len(self.markets)
        )
        self._volumes = [np.cumsum(ledger.price[rows] * ledger.size[rows]) for rows in self.rows_of_market]

    def now(self) -> Instant:
        """The world's time."""
        return self.time.now()

    def tick_size(self, market: int, now: Instant) -> float:
        """The market's price grid: as listed, or as a fault has changed it."""
        return self.ticks.tick_size(market, self.markets[market].tick_size, now)

    def visible_rows(self) -> int:
        """How many ledger rows the data API shows: those older than its index lag."""
        return self.world.ledger.rows_until(self.indexed_until())

    def indexed_until(self) -> Instant:
        """Up to when the data API knows what happened."""
        return self.shown.indexed_until(self.now(), self.index_lag)

    def without_late(self, rows: Rows) -> Rows:
        """Rows but for those a fault holds back, or has made fail."""
        rows = self.shown.without_reverted(self.world, rows, self.now() - self.index_lag)
        fault = self.faults.standing(FaultKind.LATE_ROWS)
        if fault is None:
            return rows
        is_late = late_rows(fault, rows, self.world.ledger.at[rows], self.now() - self.index_lag)
        if is_late.any():
            self.faults.count(FaultKind.LATE_ROWS)
        return np.asarray(rows[~is_late])

    def burnt_by(self, row: int) -> list[int]:
        """The markets whose No shares a conversion burns, told at the first of its rows; at the others none."""
        ledger = self.world.ledger
        if row > 0 and ledger.tx[row - 1] == ledger.tx[row]:
            return []
        last = row
        while last < len(ledger) and ledger.tx[last] == ledger.tx[row]:
            last += 1
        return [int(market) for market in ledger.market[row:last]]

    def listed(self, now: Instant) -> int:
        """How many markets have been listed; they are numbered in order of opening."""
        return int(np.searchsorted(self.opened_at, now, side="right"))

    def is_listed(self, market: int, now: Instant) -> bool:
        """Whether the venue knows the market yet."""
        return self.markets[market].opened_at <= now

    def ladder(self, market: int, outcome: int, now: Instant) -> Ladder | None:
        """The outcome's public book; None when there is none."""
        quoted = self.quoted(market, outcome, now)
        if self.overlay is None:
            return quoted
        listed = self.markets[market]
        return self.overlay.ladder(listed.condition_id, listed.token_ids[outcome], quoted, now)

    def quoted(self, market: int, outcome: int, now: Instant) -> Ladder | None:
        """What the world's own traders quote of an outcome."""
        if self.shown.is_closed_early(self.markets[market].condition_id, now):
            return None
        ladder = self._first_ladder(market, now - now % SECOND)
        return None if ladder is None else ladder.of_outcome(outcome)

    def price(self, market: int, outcome: int, now: Instant) -> float:
        """What a share is worth: its payout once resolved, else the mid, else the last trade, else a half."""
        payouts = self.markets[market].final_payouts(now)
        if payouts is not None:
            return payouts[outcome]
        mid = float(self.world.mids(market, np.array([now], dtype=np.int64))[0])
        if not np.isnan(mid):
            return round(mid if outcome == 0 else 1.0 - mid, 6)
        last = self.last_trade(market, outcome, now)
        return 0.5 if last is None else last.price

    def past_mids(self, market: int, at: list[Instant]) -> list[float | None]:
        """The first outcome's mids at some instants, None where there was none."""
        mids = self.world.mids(market, np.array(at, dtype=np.int64)).tolist()
        return [None if mid != mid else round(mid, 6) for mid in mids]

    def volume(self, market: int, since: Instant, until: Instant) -> float:
        """Notional of the wallets' fills in a market in a window, both ends included."""
        at = self.world.ledger.at[self.rows_of_market[market]]
        first, last = np.searchsorted(at, since, side="left"), np.searchsorted(at, until, side="right")
        totals = self._volumes[market]
        before = float(totals[first - 1]) if first > 0 else 0.0
        return round(float(totals[last - 1]) - before, 6) if last > first else 0.0

    def last_trade(self, market: int, outcome: int, now: Instant) -> LastTrade | None:
        """The latest trade of a token; one of the other outcome counts mirrored."""
        filled = self._last_fill(market, outcome, now)
        if self.overlay is None:
            return filled
        listed = self.markets[market]
        return self.overlay.last_trade(listed.condition_id, listed.token_ids[outcome], filled)

    def _last_fill(self, market: int, outcome: int, now: Instant) -> LastTrade | None:
        ledger, rows = self.world.ledger, self.rows_of_market[market]
        place = int(np.searchsorted(ledger.at[rows], now, side="right")) - 1
        if place < 0:
            return None
        row = rows[place]
        is_same = int(ledger.outcome[row]) == outcome
        price, is_buy = float(ledger.price[row]), bool(ledger.is_buy[row])
        return LastTrade(price if is_same else round(1.0 - price, 6), is_buy == is_same, int(ledger.at[row]))


def _group(keys: NDArray[np.int32], count: int) -> list[Rows]:
    order = np.argsort(keys, kind="stable")
    edges = np.searchsorted(keys[order], np.arange(count + 1))
    return [order[edges[number] : edges[number + 1]] for number in range(count)]
