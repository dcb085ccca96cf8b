"""How a tape lies in memory: plain numbers, ids as integer codes."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from copytrade_live.core.reasons import ExitReason, RejectReason

Array = np.ndarray

# What has no number: no end, no book, no row.
NEVER = np.iinfo(np.int64).max
NONE = -1
# Configurations that pass over a tape together: one bit each.
TOGETHER = 64

REJECTIONS = {reason: code for code, reason in enumerate(RejectReason)}
EXITS = {reason: code for code, reason in enumerate(ExitReason)}


class Kind(IntEnum):
    """What an observation is."""

    SIGNAL = 0
    BOOK = 1
    RESOLVED = 2
    SCORES = 3
    GATE = 4
    MARKET = 5
    KILL_SWITCH = 6
    TIMER = 7


class Happened(IntEnum):
    """What a row of a log tells."""

    COPIED = 0
    FILLED = 1
    CONFIRMED = 2
    VOIDED = 3
    LEFT = 4
    REPOSTED = 5
    SETTLED = 6
    CLOSED = 7


# A leader's fill, with what all configurations measure of it alike; top is the collateral at the best ask.
SIGNAL = np.dtype(
    [
        ("price", "f8"),
        ("size", "f8"),
        ("notional", "f8"),
        ("age", "f8"),
        ("lag", "f8"),
        ("hours", "f8"),
        ("share_sold", "f8"),
        ("score_age", "f8"),
        ("best_bid", "f8"),
        ("best_ask", "f8"),
        ("top", "f8"),
        ("book_age", "f8"),
        ("spread", "f8"),
        ("moved", "f8"),
        ("rank", "i8"),
        ("key", "i8"),
        ("event_at", "i8"),
        ("score", "i4"),
        ("events", "i4"),
        ("book", "i4"),
        ("token", "i4"),
        ("condition", "i4"),
        ("wallet", "i4"),
        ("market", "i4"),
        ("repeat", "i4"),
        ("status", "u1"),
        ("is_buy", "u1"),
        ("is_followed", "u1"),
        ("at_ask", "u1"),
        ("has_mid", "u1"),
        ("is_modelled", "u1"),
    ],
    align=True,
)
# Of SIGNAL.status.
NO_MARKET, TRADING, CLOSED, DISPUTED = 0, 1, 2, 3

SCORE = np.dtype(
    [
        ("p_pos", "f8"),
        ("lcb10", "f8"),
        ("coverage", "f8"),
        ("maker_share", "f8"),
        ("q_value", "f8"),
        ("edge_mean", "f8"),
        ("edge_sd", "f8"),
        ("copy_cost_mean", "f8"),
        ("flags", "i8"),
    ],
    align=True,
)

MARKET = np.dtype(
    [
        ("tick", "f8"),
        ("least", "f8"),
        ("fee_rate", "f8"),
        ("fee_exponent", "f8"),
        ("end_at", "i8"),
        ("event", "i4"),
        ("condition", "i4"),
        ("neg_risk", "u1"),
        ("may_hedge", "u1"),
    ],
    align=True,
)

BOOK = np.dtype([("bids", "i8"), ("asks", "i8"), ("end", "i8"), ("token", "i4"), ("is_modelled", "u1")], align=True)
LEVEL = np.dtype([("price", "f8"), ("size", "f8")])
# what is the kind, and for a book its token above that; bid is a book's best bid, NaN without one.
EVENT = np.dtype([("at", "i8"), ("bid", "f8"), ("ref", "i4"), ("what", "i4")])
KIND_BITS = 3
RESOLUTION = np.dtype([("condition", "i8"), ("first", "i8"), ("end", "i8")])
PAYOUT = np.dtype([("token", "i8"), ("payout", "f8")])
GATE = np.dtype([("until", "i8"), ("is_open", "i8")])
PRINT = np.dtype([("known_at", "i8"), ("at", "i8"), ("size", "i8"), ("price", "f8"), ("is_sell", "i8")])
CONDITION = np.dtype([("rank", "i8")])
# Of a feed of recorded books: a token's market while it trades, its books and mids by when they were known.
LISTED = np.dtype(
    [
        ("is_known", "i8"),
        ("opens_at", "i8"),
        ("closes_at", "i8"),
        ("end_at", "i8"),
        ("category", "i8"),
        ("tick", "f8"),
        ("first_book", "i8"),
        ("end_of_books", "i8"),
        ("first_mid", "i8"),
        ("end_of_mids", "i8"),
    ]
)
RECORDED = np.dtype([("known_at", "i8"), ("event_at", "i8"), ("book", "i8")])
MID = np.dtype([("known_at", "i8"), ("at", "i8"), ("mid", "f8")])
# What both of them are to whoever looks for a time.
KNOWN = np.dtype([("known_at", "i8"), ("other", "i8"), ("another", "i8")])
# What a modelled book looks like, by category, price band and hour band.
SHAPE = np.dtype([("half_spread", "f8"), ("depth", "f8")])
# A modelled book that was made once: around what, and the next one of the same bucket.
MADE = np.dtype([("bid", "f8"), ("ask", "f8"), ("tick", "f8"), ("depth", "f8"), ("next", "i8")])
TOKEN = np.dtype(
    [("condition", "i8"), ("rank", "i8"), ("is_second", "i8"), ("first_print", "i8"), ("end_of_prints", "i8")]
)


# A fill of a leader as a word on the price; signal is NONE for one before the window.
FILL = np.dtype(
    [
        ("at", "i8"),
        ("event_at", "i8"),
        ("price", "f8"),
        ("token", "i8"),
        ("signal", "i8"),
        ("at_ask", "i8"),
    ]
)


class Tape(NamedTuple):
    """A tape as arrays of the layouts above.

    Shape: events run in order; the ref of an event is a row of the array of its kind. Levels of a book are
     bids..asks and asks..end, best first; payouts of a resolution are first..end.
    """

    events: Array
    signals: Array
    scores: Array
    markets: Array
    books: Array
    levels: Array
    resolutions: Array
    payouts: Array
    gates: Array
    tokens: Array
    condition_ranks: Array
    prints: Array
    listed: Array
    recorded: Array
    mids: Array
    shapes: Array
