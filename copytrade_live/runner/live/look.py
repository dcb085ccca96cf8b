"""Looking at the venue: which orders of ours rest, and which trades of ours the ledger does not have yet."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from copytrade_live.clock import Clock
from copytrade_live.core.engine import State
from copytrade_live.core.events import FillConfirmed, FillVoided, OrderFilled
from copytrade_live.core.market import MINUTE, SECOND, Instant
from copytrade_live.core.orders import Fill
from copytrade_live.core.pricing import charged_fee
from copytrade_live.failpoints import Failpoint, reach
from copytrade_live.logs import logger
from copytrade_live.ports import TradeStatus, TradingVenue, VenueOrder, VenueTrade
from copytrade_live.runner.execution import Record
from copytrade_live.runner.live.ceiling import Ceiling, Urgency
from copytrade_live.runner.live.fills_seen import FillsSeen, Stand
from copytrade_live.runner.live.venue_time import VenueTime
from copytrade_live.settings import LiveOptions

# The venue counts trades in whole seconds, by its own clock.
_GRAIN: Instant = 5 * SECOND
# Settled fills are remembered this much longer than any look reaches back.
_MEMORY: Instant = 60 * MINUTE

_log = logger("orders")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look found. resting: by the venue's id; changes counts the fills that were new or moved on.

    strangers are ids of trades and orders that are not of our making.
    """

    began_at: Instant
    resting: Mapping[str, VenueOrder]
    trades: tuple[VenueTrade, ...]
    changes: int
    strangers: frozenset[str]


class Looker:
    """Looks when asked, one look at a time; whoever asks gets a look that began after the question."""

    def __init__(
        self,
        venue: TradingVenue,
        seen: FillsSeen,
        ceiling: Ceiling,
        clock: Clock,
        venue_time: VenueTime,
        options: LiveOptions,
    ) -> None:
        self._venue = venue
        self._seen = seen
        self._ceiling = ceiling
        self._clock = clock
        self._venue_time = venue_time
        self._overlap = round(options.overlap_seconds * SECOND)
        self._first_overlap = round(options.first_overlap_seconds * SECOND)
        self._turn = asyncio.Lock()
        self._begun = 0
        self._last: tuple[int, Look] | None = None
        self._forgot_before: Instant = 0
        # Trades are complete up to here, on the venue's clock: when the last look that succeeded began.
        self._complete_until: Instant | None = None
        # When the journal last heard anything, before this run.
        self.last_heard: Instant | None = None

    async def look(self, record: Record) -> Look:
        """Read orders, then trades, and observe what is new. Raises: VenueError, and then nothing counts as seen."""
        wanted = self._begun + 1
        async with self._turn:
            if self._last is not None and self._last[0] >= wanted:
                return self._last[1]
            self._begun += 1
            number = self._begun
            found = await self._read(record)
            self._last = (number, found)
            return found

    async def _read(self, record: Record) -> Look:
        began_at = self._venue_time.now()
        after = self._after(record.state, began_at)
        reach(Failpoint.LOOK_BEFORE)
        await self._ceiling.wait(Urgency.READ)
        resting = {order.venue_order_id: order for order in await self._venue.open_orders()}
        await self._ceiling.wait(Urgency.READ)
        trades = tuple(sorted(await self._venue.trades(after=after), key=_order_of_trades))
        reach(Failpoint.LOOK_AFTER)
        changes = sum(self._take(trade, record) for trade in trades)
        self._complete_until = began_at
        self._forget(after)
        known = [self._seen.order_id(trade.venue_order_id) is not None for trade in trades]
        strangers = {trade.trade_id for trade, is_ours in zip(trades, known, strict=True) if not is_ours}
        strangers |= {venue_id for venue_id in resting if self._seen.order_id(venue_id) is None}
        return Look(began_at=began_at, resting=resting, trades=trades, changes=changes, strangers=frozenset(strangers))

    def _after(self, state: State, now: Instant) -> Instant:
        """How far back a look must reach: over the last good one, every open fill and every order in work."""
        if self._complete_until is None:
            # What the clock of the run before was worth is not known, so the first look reaches far back.
            reaches = [min(now, now if self.last_heard is None else self.last_heard) - self._first_overlap]
        else:
            reaches = [self._complete_until - self._overlap]
        oldest = self._seen.oldest_open()
        if oldest is not None:
            reaches.append(oldest - _GRAIN)
        for order_id in state.portfolio.working:
            signed_at = self._seen.signed_at(order_id)
            if signed_at is not None:
                reaches.append(signed_at - _GRAIN)
        return max(min(reaches), self._forgot_before)

    def _forget(self, after: Instant) -> None:
        before = after - _MEMORY
        if before > self._forgot_before:
            self._forgot_before = before
            self._seen.forget_fills_before(before)

    def _take(self, trade: VenueTrade, record: Record) -> bool:
        order_id = self._seen.order_id(trade.venue_order_id)
        if order_id is None:
            return False
        fill_id = f"{order_id}/{trade.trade_id}"
        stand, now = self._seen.stand(fill_id), self._clock.now()
        event_at = min(trade.updated_at, now)
        if stand is None and trade.status is not TradeStatus.FAILED:
            event_at = min(trade.matched_at, now)
            fill = _fill_of(_charged(trade, order_id, record.state), fill_id, order_id)
            record.observe(OrderFilled(event_at=event_at, observed_at=now, fill=fill))
        elif stand is Stand.PROVISIONAL and trade.status is TradeStatus.CONFIRMED:
            record.observe(
                FillConfirmed(
                    event_at=event_at,
                    observed_at=now,
                    fill_id=fill_id,
                    order_id=order_id,
                    tx_hash=trade.tx_hash or "",
                )
            )
        elif stand is Stand.PROVISIONAL and trade.status is TradeStatus.FAILED:
            record.observe(
                FillVoided(
                    event_at=event_at,
                    observed_at=now,
                    fill_id=fill_id,
                    order_id=order_id,
                    cause="the venue reports the trade as failed",
                )
            )
        else:
            return False
        return True


def _order_of_trades(trade: VenueTrade) -> tuple[Instant, str, str]:
    return (trade.matched_at, trade.trade_id, trade.venue_order_id)


def _charged(trade: VenueTrade, order_id: str, state: State) -> VenueTrade:
    """The trade with its fee: where the venue does not tell its market's terms any more, our order knows them."""
    if trade.fee is not None:
        return trade
    entry = state.portfolio.order_of(order_id)
    if entry is None:
        # The ledger takes no fill of an order that is over for so long; the comparison with the account tells of it.
        _log.warning("trade %s of order %s, long over: its market's fees are not told", trade.trade_id, order_id)
        return trade
    order = entry.order
    return trade.charged(charged_fee(trade.size, trade.price, order.fee_rate, order.fee_exponent))


def _fill_of(trade: VenueTrade, fill_id: str, order_id: str) -> Fill:
    return Fill(
        fill_id=fill_id,
        order_id=order_id,
        token_id=trade.token_id,
        side=trade.side,
        size=trade.size,
        cash=trade.cash,
        fee=trade.fee or 0,
        price=trade.price,
        is_final=trade.status is TradeStatus.CONFIRMED,
        trade_id=trade.trade_id,
    )
