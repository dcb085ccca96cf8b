"""Where things lie inside the kernel: a world is one row of numbers and addresses, and these find what it holds."""

from __future__ import annotations

from typing import Any

from copytrade_pipelines.backtest.compiled import layout, state_layout
from copytrade_pipelines.backtest.compiled.rows import rows_of
from copytrade_pipelines.backtest.compiled.rules import inner

# A row of the layout of that name.
Row = Any
World = Any

_event = rows_of(layout.EVENT)
_signal = rows_of(layout.SIGNAL)
_score = rows_of(layout.SCORE)
_market = rows_of(layout.MARKET)
_book = rows_of(layout.BOOK)
_level = rows_of(layout.LEVEL)
_resolution = rows_of(layout.RESOLUTION)
_payout = rows_of(layout.PAYOUT)
_gate = rows_of(layout.GATE)
_token = rows_of(layout.TOKEN)
_parameters = rows_of(state_layout.PARAMETERS)
_exception = rows_of(state_layout.LEADER)
_account = rows_of(state_layout.ACCOUNT)
_slot = rows_of(state_layout.SLOT)
_due = rows_of(state_layout.DUE)
_copy = rows_of(state_layout.COPY)
_taken = rows_of(state_layout.TAKEN)
_feed = rows_of(state_layout.FEED)
_view = rows_of(state_layout.VIEW)
_record = rows_of(state_layout.RECORD)
_print = rows_of(layout.PRINT)
_condition = rows_of(layout.CONDITION)
_placed = rows_of(state_layout.PLACED)
_pending = rows_of(state_layout.PENDING)
_listed = rows_of(layout.LISTED)
_recorded = rows_of(layout.RECORDED)
_mid = rows_of(layout.MID)
_known = rows_of(layout.KNOWN)
_shape = rows_of(layout.SHAPE)
_made = rows_of(layout.MADE)
_cell = rows_of(state_layout.CELL)
_wake = rows_of(state_layout.WAKE)
_near = rows_of(state_layout.NEAR)
_flag = rows_of(state_layout.FLAG)
_scratch = rows_of(state_layout.SCRATCH)
_log = rows_of(state_layout.LOG)
_point = rows_of(state_layout.POINT)
_REASONS, _EXITS = len(layout.REJECTIONS), len(layout.EXITS)


@inner
def event_at(w: World, place: int) -> Row:
    """An observation."""
    return _event(w.events, place)


@inner
def signal_at(w: World, number: int) -> Row:
    """A leader's fill."""
    return _signal(w.signals, number)


@inner
def score_at(w: World, number: int) -> Row:
    """A row of scores."""
    return _score(w.scores, number)


@inner
def market_at(w: World, number: int) -> Row:
    """A market."""
    return _market(w.markets, number)


@inner
def book_at(w: World, number: int) -> Row:
    """A book of the tape, or one that was made."""
    if number >= w.first_made:
        return _book(w.made_books, number - w.first_made)
    return _book(w.books, number)


@inner
def level_at(w: World, place: int) -> Row:
    """A level of some book."""
    if place >= w.first_made_level:
        return _level(w.made_levels, place - w.first_made_level)
    return _level(w.levels, place)


@inner
def resolution_at(w: World, number: int) -> Row:
    """A resolution."""
    return _resolution(w.resolutions, number)


@inner
def payout_at(w: World, place: int) -> Row:
    """What a resolution pays for one token."""
    return _payout(w.payouts, place)


@inner
def gate_at(w: World, number: int) -> Row:
    """What the pipelines' gate said."""
    return _gate(w.gates, number)


@inner
def token_at(w: World, token: int) -> Row:
    """What is known of a token for good."""
    return _token(w.tokens, token)


@inner
def parameters_at(w: World, config: int) -> Row:
    """The settings of a configuration."""
    return _parameters(w.parameters, config)


@inner
def exception_at(w: World, config: int, wallet: int) -> Row:
    """What a configuration says of one leader."""
    return _exception(w.exceptions, parameters_at(w, config).leaders * w.wallets + wallet)


@inner
def is_allowed(w: World, config: int, condition: int) -> bool:
    """Whether the lists of a configuration allow a market."""
    return _flag(w.allowed, parameters_at(w, config).allowed * w.conditions + condition).value != 0


@inner
def account_at(w: World, config: int) -> Row:
    """The account of a configuration."""
    return _account(w.accounts, config)


@inner
def slot_at(w: World, config: int, at: int) -> Row:
    """A slot of a configuration."""
    return _slot(w.slots, config * w.slot_room + at)


@inner
def held_at(w: World, config: int, place: int) -> Row:
    """The token of the position that was opened as that many-th."""
    return _cell(w.held, config * w.slot_room + place)


@inner
def due_at(w: World, config: int, place: int) -> Row:
    """An entry of the agenda of a configuration."""
    return _due(w.due, config * w.due_room + place)


@inner
def copied_at(w: World, config: int, number: int) -> Row:
    """One of the newest copies that a configuration began."""
    return _copy(w.paced, config * w.paced_room + number % w.paced_room)


@inner
def taken_at(w: World, config: int, place: int) -> Row:
    """What a configuration took at one price."""
    return _taken(w.taken, config * w.taken_room + place)


@inner
def placed_at(w: World, condition: int, config: int) -> Row:
    """The slot of a configuration in a market, NONE without one, and what the market owes it."""
    return _placed(w.placed, condition * w.configs + config)


@inner
def feed_at(w: World, token: int) -> Row:
    """A token as all configurations see it."""
    return _feed(w.feeds, token)


@inner
def view_at(w: World, token: int, config: int) -> Row:
    """A token as one configuration saw it."""
    return _view(w.views, token * w.configs + config)


@inner
def wake_at(w: World, config: int) -> Row:
    """When a configuration has something to do by itself."""
    return _wake(w.wakes, config)


@inner
def near_at(w: World, config: int) -> Row:
    """The equity of a configuration as nearly as it is known, and how low it may get."""
    return _near(w.nears, config)


@inner
def stake_at(w: World, event: int, config: int) -> Row:
    """What a configuration has in the markets of an event."""
    return _cell(w.stakes, event * w.configs + config)


@inner
def record_at(w: World, wallet: int, config: int) -> Row:
    """How copying a leader went."""
    return _record(w.records, wallet * w.configs + config)


@inner
def repeat_at(w: World, repeat: int, config: int) -> Row:
    """The generation in which a fill that comes more than once was seen last."""
    return _cell(w.repeats, repeat * w.configs + config)


@inner
def rejected_at(w: World, config: int, code: int) -> Row:
    """How often a reason refused."""
    return _cell(w.rejected, config * _REASONS + code)


@inner
def left_at(w: World, config: int, code: int) -> Row:
    """How often a reason called for an exit."""
    return _cell(w.left, config * _EXITS + code)


@inner
def scratch_at(w: World, place: int) -> Row:
    """A part of a match that is not booked yet."""
    return _scratch(w.scratch, place)


@inner
def log_at(w: World, place: int) -> Row:
    """A row of the log."""
    return _log(w.log, place)


@inner
def point_at(w: World, place: int) -> Row:
    """A row of the curves."""
    return _point(w.points, place)


@inner
def print_at(w: World, place: int) -> Row:
    """A trade of others."""
    return _print(w.prints, place)


@inner
def rank_of_condition(w: World, condition: int) -> int:
    """The place of a condition's id among all."""
    return _condition(w.condition_ranks, condition).rank


@inner
def pending_at(w: World, config: int, place: int) -> Row:
    """A fill of a configuration that is not final yet."""
    return _pending(w.pending, config * w.pending_room + place)


@inner
def lag_of(w: World, curve: int, place: int) -> int:
    """A quantile of a curve of lags."""
    return _cell(w.curves, curve * w.curve_room + place).value


@inner
def listed_at(w: World, token: int) -> Row:
    """A token's market as the feed lists it."""
    return _listed(w.listed, token)


@inner
def recorded_at(w: World, place: int) -> Row:
    """A recorded book in time."""
    return _recorded(w.recorded, place)


@inner
def mid_at(w: World, place: int) -> Row:
    """A mid in time."""
    return _mid(w.mids, place)


@inner
def known_at(rows: int, place: int) -> int:
    """When a recorded book or a mid was known, by the address of them all."""
    return _known(rows, place).known_at


@inner
def shape_at(w: World, place: int) -> Row:
    """What a modelled book looks like."""
    return _shape(w.shapes, place)


@inner
def made_at(w: World, place: int) -> Row:
    """A modelled book that was made."""
    return _made(w.made, place)


@inner
def made_book_at(w: World, place: int) -> Row:
    """Its levels' places."""
    return _book(w.made_books, place)


@inner
def made_level_at(w: World, place: int) -> Row:
    """One of its levels."""
    return _level(w.made_levels, place)


@inner
def bucket_at(w: World, place: int) -> Row:
    """The first made book of a bucket."""
    return _cell(w.buckets, place)
