"""How what a sweep knows of each configuration lies in memory, and the one row that leads to all of it."""

from __future__ import annotations

import numpy as np

from copytrade_pipelines.backtest.compiled.layout import (
    BOOK,
    CONDITION,
    EVENT,
    GATE,
    LEVEL,
    LISTED,
    MADE,
    MARKET,
    MID,
    PAYOUT,
    PRINT,
    RECORDED,
    RESOLUTION,
    SCORE,
    SHAPE,
    SIGNAL,
    TOKEN,
)

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
# whole, and how low that may get before entries could have to halt; and what the first so many positions come to as
# long as none of them changes.
WAKE = np.dtype([("value", "i8")])
NEAR = np.dtype([("equity", "f8"), ("floor", "f8"), ("worth", "f8"), ("summed", "i8")])
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
