"""How a tape and what a sweep knows of each configuration lie in memory: plain numbers, ids as integer codes."""

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
# What a modelled book looks like, by category, price band and hour band.
SHAPE = np.dtype([("half_spread", "f8"), ("depth", "f8")])
# A modelled book that was made once: around what, and the next one of the same bucket.
MADE = np.dtype([("bid", "f8"), ("ask", "f8"), ("tick", "f8"), ("depth", "f8"), ("next", "i8")])
TOKEN = np.dtype(
    [("condition", "i8"), ("rank", "i8"), ("is_second", "i8"), ("first_print", "i8"), ("end_of_prints", "i8")]
)


# A fill of a leader as a word on the price, and what its signal met: NONE is no signal and no book.
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
MET = np.dtype(
    [
        ("known_at", "i8"),
        ("best_bid", "f8"),
        ("best_ask", "f8"),
        ("ask_size", "f8"),
        ("book", "i8"),
        ("has_ask", "i8"),
        ("is_modelled", "i8"),
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


ACCOUNT = np.dtype(
    [
        ("cash", "i8"),
        ("receivable", "i8"),
        ("day_equity", "f8"),
        ("week_equity", "f8"),
        ("at_risk", "i8"),
        ("reserved", "i8"),
        ("coming_cost", "i8"),
        ("week", "i8"),
        ("midnight", "i8"),
        ("sampled_at", "i8"),
        ("sampled_cash", "i8"),
        ("sampled", "f8"),
        ("exposure", "f8"),
        ("first", "f8"),
        ("peak", "f8"),
        ("drawdown", "f8"),
        ("turned_at", "i8"),
        ("serial", "i8"),
        ("fees", "i8"),
        ("signals", "i8"),
        ("copies", "i8"),
        ("fills", "i8"),
        ("recorded", "i8"),
        ("modelled", "i8"),
        ("generation", "i4"),
        ("positions", "i4"),
        ("slots", "i4"),
        ("free_slot", "i4"),
        ("entries", "i4"),
        ("due", "i4"),
        ("pace", "i4"),
        ("taken", "i4"),
        ("free", "i4"),
        ("pending", "i4"),
        ("free_pending", "i4"),
        ("points", "i4"),
        ("sampled_positions", "i4"),
        ("is_halted", "u1"),
    ],
    align=True,
)

# One token that a configuration holds or works an order in: what is held, and the order.
SLOT = np.dtype(
    [
        ("size", "i8"),
        ("cost", "i8"),
        ("realised", "i8"),
        ("owed", "i8"),
        ("coming", "i8"),
        ("coming_cost", "i8"),
        ("going", "i8"),
        ("mark", "f8"),
        ("limit", "f8"),
        ("wanted", "i8"),
        ("filled", "i8"),
        ("anchor", "f8"),
        ("tick", "f8"),
        ("fee_rate", "f8"),
        ("fee_exponent", "f8"),
        ("expires", "i8"),
        ("reserved", "i8"),
        ("holding", "i8"),
        ("waiting", "i8"),
        ("arriving", "i8"),
        ("owed_share", "f8"),
        ("began", "i8"),
        ("serial", "i8"),
        ("held_until", "i8"),
        ("since", "i8"),
        ("seen_at", "i8"),
        ("ahead", "i8"),
        ("shown", "i8"),
        ("unsettled", "i4"),
        ("token", "i4"),
        ("condition", "i4"),
        ("wallet", "i4"),
        ("event", "i4"),
        ("held_event", "i4"),
        ("next_free", "i4"),
        ("market", "i4"),
        ("signal", "i4"),
        ("exits", "i4"),
        ("exit", "i4"),
        ("attempt", "i4"),
        ("numbered", "i4"),
        ("entry_market", "i4"),
        ("is_used", "u1"),
        ("is_held", "u1"),
        ("works", "u1"),
        ("is_entry", "u1"),
        ("reason", "u1"),
        ("is_accepted", "u1"),
        ("rests", "u1"),
    ],
    align=True,
)

DUE = np.dtype([("at", "i8"), ("tie", "i8"), ("ref", "i8")])
COPY = np.dtype([("at", "i8"), ("wallet", "i8")])
TAKEN = np.dtype([("price", "f8"), ("size", "i8"), ("next", "i4"), ("is_buy", "u1")], align=True)
# Of a token: which configurations care, the book now with its best bid, the last one that was an observation, with its
# turn, and the last fill of a leader. One line of the processor's cache.
FEED = np.dtype(
    [
        ("active", "i8"),
        ("watched", "i8"),
        ("bid", "f8"),
        ("book", "i4"),
        ("told", "i4"),
        ("turn", "i8"),
        ("filled_at", "i8"),
        ("filled", "f8"),
        ("at_ask", "i8"),
    ]
)
# Of a token for one configuration. What is held of it, and its mark; as long as bids stay between low and high until
# until, a book does nothing but move the mark. Then the book it looked at last, in which turn, the first row of what it
# took, and the resolution that came while fills of it were not final. One line of the processor's cache.
VIEW = np.dtype(
    [
        ("low", "f8"),
        ("high", "f8"),
        ("until", "i8"),
        ("shares", "f8"),
        ("mark", "f8"),
        ("turn", "i8"),
        ("book", "i4"),
        ("taken", "i4"),
        ("resolution", "i4"),
        ("spare", "i4"),
    ]
)
# Of a configuration: when it has something to do by itself; its equity as marks moved it since it was added up as a
# whole, and how low that may get before entries could have to halt.
WAKE = np.dtype([("value", "i8")])
NEAR = np.dtype([("equity", "f8"), ("floor", "f8")])
# Of a market for one configuration: the slot in it, and what it owes us.
PLACED = np.dtype([("slot", "i8"), ("receivable", "i8")])
# A fill that is not final yet.
PENDING = np.dtype(
    [
        ("size", "i8"),
        ("cash", "i8"),
        ("owed_change", "i8"),
        ("fee", "i8"),
        ("slot", "i4"),
        ("number", "i4"),
        ("next", "i4"),
        ("exit", "i4"),
        ("attempt", "i4"),
        ("is_buy", "u1"),
        ("is_voided", "u1"),
    ],
    align=True,
)
# Of a leader for one configuration: how its copies went, in how many slots they are, and what those can lose.
RECORD = np.dtype([("shortfall", "f8"), ("measured_at", "i8"), ("at_risk", "i8"), ("streak", "i4"), ("slots", "i4")])
CELL = np.dtype([("value", "i8")])
FLAG = np.dtype([("value", "u1")])
SCRATCH = np.dtype([("price", "f8"), ("size", "i8"), ("match", "i8")])

LOG = np.dtype(
    [
        ("at", "i8"),
        ("size", "i8"),
        ("cash", "i8"),
        ("fee", "i8"),
        ("price", "f8"),
        ("edge", "f8"),
        ("belief", "f8"),
        ("signal", "i4"),
        ("exit", "i4"),
        ("attempt", "i4"),
        ("number", "i4"),
        ("config", "i4"),
        ("happened", "u1"),
        ("reason", "u1"),
        ("is_buy", "u1"),
        ("is_probation", "u1"),
        ("is_final", "u1"),
    ],
    align=True,
)
POINT = np.dtype(
    [("at", "i8"), ("equity", "f8"), ("cash", "i8"), ("exposure", "f8"), ("positions", "i4"), ("config", "i4")],
    align=True,
)


_FLOATS = """
    max_age max_lag max_move min_liquidity max_spread max_book_age min_notional_leader max_price min_price min_hours
    min_p_pos min_lcb10 min_coverage max_maker_share max_q_value max_score_age kelly_multiplier max_per_trade
    max_per_market max_per_leader max_per_event min_notional probation_notional decay_hours weekly_halt daily_stop
    leader_cutoff leader_base half_life max_gross reserve max_slippage ttl_seconds repost_step take_profit stop_loss
    time_exit_hours half failure_rate
"""
_INTS = """
    refused_flags min_events loss_streak max_positions leader_pace pace repost_count ttl latency held_pace order_pace
    delay settlement redemption seed curve last_lag fills queue fees sample starting_cash recent allowed leaders policy
"""
_BYTES = ("requires_q", "probation", "mirrors")
PARAMETERS = np.dtype(
    [
        *((name, "f8") for name in _FLOATS.split()),
        *((name, "i8") for name in _INTS.split()),
        *((name, "u1") for name in _BYTES),
    ],
    align=True,
)
LEADER = np.dtype([("max_per_trade", "f8"), ("max_exposure", "f8"), ("policy", "i8")])

# The arrays of a tape, then those of a state, as the kernel finds them by address.
OF_TAPE = {
    "events": EVENT,
    "signals": SIGNAL,
    "scores": SCORE,
    "markets": MARKET,
    "books": BOOK,
    "levels": LEVEL,
    "resolutions": RESOLUTION,
    "payouts": PAYOUT,
    "gates": GATE,
    "tokens": TOKEN,
    "condition_ranks": CONDITION,
    "prints": PRINT,
    "listed": LISTED,
    "recorded": RECORDED,
    "mids": MID,
    "shapes": SHAPE,
}
OF_STATE = {
    "parameters": PARAMETERS,
    "allowed": FLAG,
    "exceptions": LEADER,
    "accounts": ACCOUNT,
    "slots": SLOT,
    "held": CELL,
    "due": DUE,
    "paced": COPY,
    "taken": TAKEN,
    "placed": PLACED,
    "pending": PENDING,
    "curves": CELL,
    "made": MADE,
    "made_books": BOOK,
    "made_levels": LEVEL,
    "buckets": CELL,
    "feeds": FEED,
    "views": VIEW,
    "wakes": WAKE,
    "nears": NEAR,
    "stakes": CELL,
    "records": RECORD,
    "repeats": CELL,
    "rejected": CELL,
    "left": CELL,
    "scratch": SCRATCH,
    "log": LOG,
    "points": POINT,
}
_COUNTS = """
    configs conditions wallets slot_room due_room paced_room taken_room pending_room
    curve_room log_room point_room scratch_room next wake
    logged pointed is_full gate kill_switch keeps_log trouble trouble_at serial phase total has_feed max_book_age
    max_word_age made_depth_levels made_count made_room first_made first_made_level bucket_room
"""
# One row that holds all: addresses of arrays, their sizes, and how far a pass has got.
WORLD = np.dtype([*((name, "i8") for name in (*OF_TAPE, *OF_STATE)), *((name, "i8") for name in _COUNTS.split())])
