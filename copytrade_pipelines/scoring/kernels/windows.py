"""What happened in a market after each episode: what others paid, where the mid went, how much was traded.

One pass a market in order of time. Every window begins with its episode and has a fixed length, so its end only moves
forward: each fill and each mid is passed once a horizon, however many episodes there are.
Inside, prices are those of the pair's first outcome; what is returned is of what the episode bought.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from copytrade_pipelines.scoring.frame import NEVER, TAKER

# The mids of one episode: where we would have copied, then the fixed horizons, then the close.
AT_COPY, FIRST_HORIZON, CLOSE = 0, 1, 4
READINGS = 5
# Trades older than this do not say where the market stands; a recorded mid of that age may.
TRADE_TOLERANCE = 30 * 60 * 1_000_000


@njit(cache=True, nogil=True)
def look_after(
    fills: np.ndarray,
    pair_starts: np.ndarray,
    traded: np.ndarray,
    wanted: np.ndarray,
    looked_from: np.ndarray,
    group: np.ndarray,
    price_starts: np.ndarray,
    price_at: np.ndarray,
    price_mid: np.ndarray,
    pair_tokens: np.ndarray,
    close_at: np.ndarray,
    spans: np.ndarray,
    tolerances: np.ndarray,
    others_span: int,
    first_pair: int,
    last_pair: int,
    end_at: np.ndarray,
    read_limit: int,
    lag: int,
    own: np.ndarray,
    paid: np.ndarray,
    paid_known: np.ndarray,
    met: np.ndarray,
    mid: np.ndarray,
    mid_known: np.ndarray,
    impact: np.ndarray,
) -> None:
    """Fill, all of what was bought: paid (volume-weighted), met (the mid where we would have copied), and by horizon
    mid, mid_known and impact; NaN, NEVER and 0 where a mid cannot be read: too early, too late, or nobody traded.

    Shape: fills by pair and time; traded is the running sum of micro-shares, one entry more; wanted is the row of the
    episode that a fill begins, or -1; looked_from is where a row's volume begins to count; close_at and end_at by
    pair; spans and tolerances by reading, the first of them our latency; own as own_volume fills it.
    """
    for pair in range(first_pair, last_pair):
        begin, end = pair_starts[pair], pair_starts[pair + 1]
        ahead = np.full(CLOSE, begin)
        found = np.empty((2, READINGS), np.int64)
        for outcome in range(2):
            token = pair_tokens[pair, outcome]
            found[outcome, :] = price_starts[token] if token >= 0 else 0
        closing = begin + np.searchsorted(fills["at"][begin:end], close_at[pair], side="right")
        for place in range(begin, end):
            row = wanted[place]
            if row < 0:
                continue
            fill = fills[place]
            for reading in range(CLOSE):
                until = fill.at + spans[reading]
                while ahead[reading] < end and fills[ahead[reading]].at <= until:
                    ahead[reading] += 1
            price, paid_known[row] = _paid_by_others(fills, ahead[AT_COPY], end, fill, others_span, spans, group)
            paid[row] = price if fill.side > 0 else 1.0 - price
            since = place
            while since < end and fills[since].at <= looked_from[row]:
                since += 1
            is_up = _way(fill) == 1
            for reading in range(READINGS):
                is_close = reading == CLOSE
                read_at = close_at[pair] if is_close else fill.at + spans[reading]
                is_open = fill.at < read_at if is_close else read_at < end_at[pair]
                if reading != AT_COPY and (not is_open or read_at > read_limit):
                    mid[row, reading - 1], mid_known[row, reading - 1], impact[row, reading - 1] = np.nan, NEVER, 0.0
                    continue
                # A later mid comes after the episode; the one we would have met may be older.
                oldest = read_at - tolerances[reading]
                if reading != AT_COPY:
                    oldest = max(oldest, fill.at + 1)
                found_mid = _recorded_mid(
                    price_starts, price_at, price_mid, pair_tokens, found, fill, pair, reading, read_at, oldest
                )
                if reading == AT_COPY:
                    met[row] = found_mid if is_up else 1.0 - found_mid
                    continue
                known = 0
                last = closing if is_close else ahead[reading]
                if np.isnan(found_mid):
                    found_mid, known = _traded_mid(
                        fills, begin, last, max(oldest, read_at - TRADE_TOLERANCE), fill, group
                    )
                at = reading - 1
                mid[row, at] = found_mid if is_up else 1.0 - found_mid
                mid_known[row, at] = NEVER if np.isnan(found_mid) else max(read_at + lag, known)
                total = traded[max(last, since)] - traded[since]
                impact[row, at] = own[row, reading] / total if total > 0 and not np.isnan(found_mid) else 0.0


@njit(cache=True, nogil=True)
def _recorded_mid(
    price_starts: np.ndarray,
    price_at: np.ndarray,
    price_mid: np.ndarray,
    pair_tokens: np.ndarray,
    found: np.ndarray,
    fill: Any,
    pair: int,
    reading: int,
    read_at: int,
    oldest: int,
) -> Any:
    # The token's own mid, else one minus its complement's; returned for the pair's first outcome.
    for step in range(2):
        outcome = fill.flip if step == 0 else 1 - fill.flip
        token = pair_tokens[pair, outcome]
        if token < 0:
            continue
        at = _advance(price_at, found, outcome, reading, price_starts[token + 1], read_at)
        if at > price_starts[token] and price_at[at - 1] >= oldest:
            return 1.0 - price_mid[at - 1] if outcome else price_mid[at - 1]
    return np.nan


@njit(cache=True, nogil=True)
def _advance(price_at: np.ndarray, found: np.ndarray, outcome: int, reading: int, end: int, read_at: int) -> Any:
    at = found[outcome, reading]
    while at < end and price_at[at] <= read_at:
        at += 1
    found[outcome, reading] = at
    return at


@njit(cache=True, nogil=True)
def _way(fill: Any) -> int:
    # 1 for a bet on the first outcome: bought, or the second one sold.
    return 1 if (fill.side > 0) != (fill.flip > 0) else 0


@njit(cache=True, nogil=True)
def _is_other(fill: Any, leader: Any, group: np.ndarray) -> Any:
    if fill.wallet == leader.wallet:
        return False
    own = group[leader.wallet]
    return own < 0 or group[fill.wallet] != own


@njit(cache=True, nogil=True)
def _paid_by_others(
    fills: np.ndarray, begin: int, end: int, leader: Any, others_span: int, spans: np.ndarray, group: np.ndarray
) -> tuple[float, int]:
    until = leader.at + spans[AT_COPY] + others_span
    cash, shares, known = 0.0, 0.0, 0
    for place in range(begin, end):
        fill = fills[place]
        if fill.at > until:
            break
        if fill.role != TAKER or fill.token != leader.token or fill.side != leader.side:
            continue
        if _is_other(fill, leader, group):
            cash += fill.price * fill.size
            shares += fill.size
            known = max(known, fill.known)
    return (cash / shares if shares > 0.0 else np.nan), known


@njit(cache=True, nogil=True)
def _traded_mid(
    fills: np.ndarray, begin: int, end: int, oldest: int, leader: Any, group: np.ndarray
) -> tuple[float, int]:
    # Takers among others: who took the first outcome paid the ask, who took the second met the bid.
    ask, bid, known = np.nan, np.nan, 0
    for step in range(end - begin):
        fill = fills[end - 1 - step]
        if fill.at < oldest or not (np.isnan(ask) or np.isnan(bid)):
            break
        if fill.role != TAKER or not _is_other(fill, leader, group):
            continue
        price = 1.0 - fill.price if fill.flip else fill.price
        is_up = _way(fill) == 1
        if is_up and np.isnan(ask):
            ask, known = price, max(known, fill.known)
        elif not is_up and np.isnan(bid):
            bid, known = price, max(known, fill.known)
    return (ask + bid) / 2.0, known


@njit(cache=True, nogil=True)
def own_volume(
    fills: np.ndarray,
    places: np.ndarray,
    wanted: np.ndarray,
    mine: np.ndarray,
    looked_from: np.ndarray,
    close_at: np.ndarray,
    spans: np.ndarray,
    own: np.ndarray,
) -> None:
    """Fill own (rows, READINGS): micro-shares the leader itself traded in the windows of look_after, the same way.

    Shape: places are fills in order of wallet, pair and time, whole wallets; mine is by row how many fills its wallet
    has in the market. What bets against the episode cannot have moved the mid in its favour.
    """
    begin, count = 0, len(places)
    while begin < count:
        # A market's first fill always begins an episode, though not always one that is wanted.
        row = wanted[places[begin]]
        if row >= 0 and mine[row] == 1:
            begin += 1
            continue
        first = fills[places[begin]]
        end = begin + 1
        while end < count and fills[places[end]].pair == first.pair and fills[places[end]].wallet == first.wallet:
            end += 1
        if end - begin > 1:
            _own_of_pair(fills, places, begin, end, wanted, looked_from, close_at, spans, own)
        begin = end


@njit(cache=True, nogil=True)
def _own_of_pair(
    fills: np.ndarray,
    places: np.ndarray,
    begin: int,
    end: int,
    wanted: np.ndarray,
    looked_from: np.ndarray,
    close_at: np.ndarray,
    spans: np.ndarray,
    own: np.ndarray,
) -> None:
    # By way, running sums of micro-shares; each window's end only moves forward.
    sums = np.zeros((2, end - begin + 1), np.int64)
    for at in range(begin, end):
        fill = fills[places[at]]
        for way in range(2):
            sums[way, at - begin + 1] = sums[way, at - begin]
        sums[_way(fill), at - begin + 1] += np.int64(np.rint(fill.size * 1e6))
    ahead = np.full(READINGS, begin)
    for at in range(begin, end):
        row = wanted[places[at]]
        if row < 0:
            continue
        fill = fills[places[at]]
        way = _way(fill)
        since = at
        while since < end and fills[places[since]].at <= looked_from[row]:
            since += 1
        for reading in range(READINGS):
            until = close_at[fill.pair] if reading == CLOSE else fill.at + spans[reading]
            while ahead[reading] < end and fills[places[ahead[reading]]].at <= until:
                ahead[reading] += 1
            own[row, reading] = sums[way, max(ahead[reading], since) - begin] - sums[way, since - begin]


@njit(cache=True, nogil=True)
def group_volume(
    fills: np.ndarray,
    pair_starts: np.ndarray,
    wanted: np.ndarray,
    looked_from: np.ndarray,
    group: np.ndarray,
    close_at: np.ndarray,
    spans: np.ndarray,
    own: np.ndarray,
) -> None:
    """Put the volume of the leader's whole cluster in own, for leaders that have one; every window is walked."""
    for pair in range(len(pair_starts) - 1):
        end = pair_starts[pair + 1]
        for place in range(pair_starts[pair], end):
            row = np.int64(wanted[place])
            if row < 0 or group[fills[place].wallet] < 0:
                continue
            leader = fills[place]
            own[row, :] = 0
            latest = max(close_at[pair], leader.at + spans.max())
            for later in range(place, end):
                fill = fills[later]
                if fill.at > latest:
                    break
                if fill.at <= looked_from[row] or group[fill.wallet] != group[leader.wallet]:
                    continue
                if _way(fill) != _way(leader):
                    continue
                for reading in range(READINGS):
                    until = close_at[pair] if reading == CLOSE else leader.at + spans[reading]
                    if fill.at <= until:
                        own[row, reading] += np.int64(np.rint(fill.size * 1e6))
