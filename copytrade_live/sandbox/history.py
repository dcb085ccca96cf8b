"""Price histories: the mid, forward-filled on a grid of minutes."""

from __future__ import annotations

import numpy as np

from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND, Instant, MarketStatus
from copytrade_live.sandbox.answers import Refusal
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.venue import Venue

LONGEST_RANGE: Instant = 15 * DAY
_INTERVALS = {"max": 31 * DAY, "all": 31 * DAY, "1m": 30 * DAY, "1w": 7 * DAY, "1d": DAY, "6h": 6 * HOUR, "1h": HOUR}
_COARSE = {"max": 10, "all": 10, "1m": 10, "1w": 5}
TOO_LONG = "invalid filters: 'startTs' and 'endTs' interval is too long"


def price_history(venue: Venue, params: Params) -> list[dict[str, float | int]]:
    """Points of one token's history. Units: t in unix seconds, p in dollars per share.

    An explicit range answers for any market; an interval answers nothing once the market is resolved.
    """
    market, outcome = venue.by_token[params.text("market")]
    now = venue.now()
    if params.has("start_ts", "end_ts"):
        start = (params.seconds("start_ts") or 0) * SECOND
        end = min((params.seconds("end_ts") or now // SECOND) * SECOND, now)
        if (params.seconds("end_ts") or now // SECOND) * SECOND - start > LONGEST_RANGE:
            raise Refusal(400, TOO_LONG)
        default = 1
    else:
        interval = params.text("interval")
        if interval not in _INTERVALS:
            raise Refusal(400, "invalid filters: 'startTs' and 'endTs' or a valid 'interval' is required")
        if venue.markets[market].status(now) is MarketStatus.RESOLVED:
            return []
        start, end, default = now - _INTERVALS[interval], now, _COARSE.get(interval, 1)
    return _points(venue, market, outcome, start, end, params.whole("fidelity", default, least=1) * MINUTE)


def _points(
    venue: Venue, market: int, outcome: int, start: Instant, end: Instant, step: Instant
) -> list[dict[str, float | int]]:
    listed = venue.markets[market]
    first = -(-max(start, listed.opened_at) // step) * step
    at = np.arange(first, min(end, listed.end_at) + 1, step, dtype=np.int64)
    mids = venue.world.mids(market, at) if len(at) else np.empty(0)
    prices = np.round(mids if outcome == 0 else 1.0 - mids, 4)
    return [
        {"t": moment // SECOND, "p": price}
        for moment, price in zip(at.tolist(), prices.tolist(), strict=True)
        if price == price
    ]
