"""Makes room for what a pass knows of its configurations, and more of it where it runs out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from copytrade_live.errors import ConfigError
from copytrade_pipelines.backtest.compiled import layout, state_layout
from copytrade_pipelines.backtest.compiled.layout import NONE, Array
from copytrade_pipelines.backtest.compiled.orders import KEPT
from copytrade_pipelines.backtest.compiled.state_layout import OF_STATE, WORLD
from copytrade_pipelines.backtest.compiled.tables import Tables
from copytrade_pipelines.backtest.compiled.tape import TapeArrays

# Buckets in which modelled books are found again.
BUCKETS = 1 << 14
# Most rows of a log that there is room for from the beginning.
ROWS = 1 << 20


@dataclass(slots=True)
class State:
    """Arrays by name, and the world that the kernel finds them through. tape is kept alive with them."""

    arrays: TapeArrays
    kept: dict[str, Array]
    world: Array = field(default_factory=lambda: np.zeros(1, WORLD))

    def __post_init__(self) -> None:
        """Tell the world where the arrays are."""
        for name, array in self.arrays.tape._asdict().items():
            self.world[name] = array.ctypes.data
        self.locate()

    def locate(self) -> None:
        """Tell the world where the state's arrays are by now, and how much room they have."""
        world, kept = self.world, self.kept
        for name in OF_STATE:
            world[name] = kept[name].ctypes.data
        world["slot_room"], world["due_room"] = kept["slots"].shape[1], kept["due"].shape[1]
        world["paced_room"], world["taken_room"] = kept["paced"].shape[1], kept["taken"].shape[1]
        world["pending_room"], world["curve_room"] = kept["pending"].shape[1], kept["curves"].shape[1]
        world["made_room"] = len(kept["made"])
        world["log_room"], world["point_room"] = len(kept["log"]), len(kept["points"])

    def made(self) -> dict[str, Array]:
        """The modelled books that were made, for another state of the same tape to begin with."""
        count = int(self.world["made_count"][0])
        levels = count * 2 * self.arrays.feed.levels
        kept = self.kept
        return {
            "made": kept["made"][:count],
            "made_books": kept["made_books"][:count],
            "made_levels": kept["made_levels"][:levels],
            "buckets": kept["buckets"],
        }

    def widen(self) -> None:
        """Make twice the room where it ran out."""
        kept, world = self.kept, self.world[0]
        margin = 2 * int(_margin(int(world["configs"]), int(world["scratch_room"])))
        accounts = kept["accounts"]
        kept["due"] = _wider(kept["due"], int(accounts["due"].max()) + 16)
        kept["pending"] = _wider(kept["pending"], int(accounts["pending"].max()) + 4 * int(world["scratch_room"]) + 16)
        kept["taken"] = _wider(kept["taken"], int(accounts["taken"].max()) + 4 * int(world["scratch_room"]) + 16)
        if int(world["made_count"]) + 8 >= len(kept["made"]):
            for name in ("made", "made_books", "made_levels"):
                kept[name] = _longer(kept[name], len(kept[name]))
        kept["log"] = _longer(kept["log"], int(world["logged"]) + margin)
        kept["points"] = _longer(kept["points"], int(world["pointed"]) + margin)
        self.world["is_full"] = 0
        self.locate()


def feed_state(arrays: TapeArrays) -> State:
    """A state in which nothing but a feed of recorded books is asked."""
    made, levels = 1024, arrays.feed.levels
    feeds = np.zeros(len(arrays.tape.tokens), state_layout.FEED)
    feeds["book"] = feeds["told"] = feeds["turn"] = NONE
    kept: dict[str, Array] = {name: np.zeros((1, 1), dtype) for name, dtype in OF_STATE.items()}
    kept |= {
        "feeds": feeds,
        "made": np.zeros(made, layout.MADE),
        "made_books": np.zeros(made, layout.BOOK),
        "made_levels": np.zeros(made * 2 * levels, layout.LEVEL),
        "buckets": np.full(BUCKETS, NONE, np.int64),
        "accounts": np.zeros(1, state_layout.ACCOUNT),
        "log": np.zeros(1, state_layout.LOG),
        "points": np.zeros(1, state_layout.POINT),
    }
    state = State(arrays, kept)
    _tell_feed(state, levels)
    return state


def _tell_feed(state: State, levels: int) -> None:
    world, arrays = state.world, state.arrays
    world["scratch_room"], world["bucket_room"] = levels, BUCKETS
    world["first_made"], world["first_made_level"] = len(arrays.tape.books), len(arrays.tape.levels)
    world["has_feed"], world["made_depth_levels"] = arrays.feed.is_recorded, arrays.feed.levels
    world["max_book_age"], world["max_word_age"] = arrays.feed.max_book_age, arrays.feed.max_word_age


def new_state(arrays: TapeArrays, tables: Tables, *, keeps_log: bool) -> State:
    """The state of some configurations before anything happened."""
    parameters = tables.parameters
    configs, tokens = len(parameters), len(arrays.tape.tokens)
    conditions, wallets = len(arrays.conditions), max(1, len(arrays.wallets))
    # There is never more than one position or order in a market, nor more copies than fills.
    slots = min(int(parameters["max_positions"].max()), conditions) + 1
    if slots >> KEPT:
        raise ConfigError(f"risk.max_positions must stay below {1 << KEPT} in a sweep, was {slots - 1}; set it lower")
    paced = min(int(parameters["pace"].max()), len(arrays.tape.signals)) + 1
    levels = max(arrays.most_levels, arrays.feed.levels) + 1
    levels += arrays.most_prints(int(parameters["ttl"].max()))
    # What is not written to costs nothing, so there is room for a copy of every tenth fill and a point every hour.
    room = 2 * _margin(configs, levels)
    rows = min(ROWS, configs * (1 << 12) + configs * len(arrays.tape.signals)) if keeps_log else 0
    feeds, views = np.zeros(tokens, state_layout.FEED), np.zeros((tokens, configs), state_layout.VIEW)
    feeds["book"] = feeds["told"] = feeds["turn"] = NONE
    views["book"] = views["turn"] = views["taken"] = views["resolution"] = NONE
    placed = np.zeros((conditions, configs), state_layout.PLACED)
    placed["slot"] = NONE
    kept = {
        "parameters": parameters,
        "allowed": tables.allowed,
        "exceptions": tables.exceptions,
        "accounts": np.zeros(configs, state_layout.ACCOUNT),
        "slots": np.zeros((configs, slots), state_layout.SLOT),
        "held": np.zeros((configs, slots), np.int64),
        "due": np.zeros((configs, 64), state_layout.DUE),
        "paced": np.zeros((configs, paced), state_layout.COPY),
        "taken": np.zeros((configs, 64 + 4 * levels), state_layout.TAKEN),
        "placed": placed,
        "pending": np.zeros((configs, 64 + 4 * levels), state_layout.PENDING),
        "curves": tables.curves,
        **_made_before(arrays),
        "feeds": feeds,
        "views": views,
        "wakes": np.zeros(configs, state_layout.WAKE),
        "nears": np.zeros(configs, state_layout.NEAR),
        "stakes": np.zeros((max(1, arrays.events), configs), np.int64),
        "records": np.zeros((wallets, configs), state_layout.RECORD),
        "repeats": np.full((max(1, arrays.repeats), configs), NONE, np.int64),
        "rejected": np.zeros((configs, len(layout.REJECTIONS)), np.int64),
        "left": np.zeros((configs, len(layout.EXITS)), np.int64),
        "scratch": np.zeros(levels, state_layout.SCRATCH),
        "log": np.zeros(room + rows, state_layout.LOG),
        "points": np.zeros(room + rows, state_layout.POINT),
    }
    state = State(arrays, kept)
    world = state.world
    world["configs"], world["conditions"], world["wallets"] = configs, conditions, wallets
    _tell_feed(state, levels)
    world["gate"], world["keeps_log"], world["total"] = NONE, keeps_log, len(arrays.tape.events)
    world["made_count"] = len(arrays.made.get("made", ()))
    return state


def _made_before(arrays: TapeArrays) -> dict[str, Array]:
    """Modelled books that the tape's fills met, and room for others."""
    before, levels = arrays.made, 2 * arrays.feed.levels
    count = len(before.get("made", ()))
    room = 2 * count + 1024 if arrays.feed.is_recorded else 16
    found = {
        "made": np.zeros(room, layout.MADE),
        "made_books": np.zeros(room, layout.BOOK),
        "made_levels": np.zeros(room * levels, layout.LEVEL),
        "buckets": np.full(BUCKETS, NONE, np.int64),
    }
    for name, rows in before.items():
        found[name][: len(rows)] = rows
    return found


def _margin(configs: int, levels: int) -> int:
    return 8 * configs + 4 * levels + 64


def _wider(array: Array, needed: int) -> Array:
    if needed < array.shape[1]:
        return array
    wide = np.zeros((array.shape[0], 2 * max(needed, array.shape[1])), array.dtype)
    wide[:, : array.shape[1]] = array
    return wide


def _longer(array: Array, needed: int) -> Array:
    if needed < len(array):
        return array
    long = np.zeros(2 * max(needed, len(array)), array.dtype)
    long[: len(array)] = array
    return long
