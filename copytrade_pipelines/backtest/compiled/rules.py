"""The core's own scalar functions, compiled with what they call of ours, so that no formula stands twice."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

from numba import njit

from copytrade_live.core import execution, exits, kelly, pricing, sizing, valuation
from copytrade_pipelines.backtest import book_levels, lags, queue_models
from copytrade_pipelines.backtest import chance as chances

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
# For what only compiled functions call: a way in from Python for each is a third of what compiling the kernel costs.
WITHIN: dict[str, Any] = {**OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
Function = TypeVar("Function", bound=Callable[..., Any])
_made: dict[FunctionType, Any] = {}


def inner(function: Function) -> Function:
    """Compile a part of the kernel: only what is compiled may call it."""
    return njit(**WITHIN)(function)


def compiled(function: Any) -> Any:
    """A plain function of numbers for the kernel to call, compiled with every function of ours that it calls."""
    if function not in _made:
        known = function.__globals__
        called = {name: known[name] for name in function.__code__.co_names if isinstance(known.get(name), FunctionType)}
        names = {**known, **{name: compiled(each) for name, each in called.items()}}
        copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__)
        _made[function] = njit(**WITHIN)(copy)
    return _made[function]


between = compiled(lags.between)
lag_at = compiled(lags.lag_at)
chance = compiled(chances.chance)
left_ahead = compiled(queue_models.left_ahead)
reached_by = compiled(queue_models.reached_by)
shrunk_behind = compiled(queue_models.shrunk_behind)
ask_around = compiled(book_levels.ask_around)
bid_around = compiled(book_levels.bid_around)
hour_band = compiled(book_levels.hour_band)
level_price = compiled(book_levels.level_price)
level_size = compiled(book_levels.level_size)
price_band = compiled(book_levels.price_band)
applied_fraction = compiled(kelly.applied_fraction)
bounded_limit = compiled(execution.bounded_limit)
buy_cash = compiled(pricing.buy_cash)
ceil_to_tick = compiled(pricing.ceil_to_tick)
certainty = compiled(kelly.certainty)
cost_per_share = compiled(pricing.cost_per_share)
expected_edge = compiled(kelly.expected_edge)
faded = compiled(valuation.faded)
fall_from = compiled(valuation.fall_from)
fee_cash = compiled(pricing.fee_cash)
floor_size = compiled(pricing.floor_size)
floor_to_tick = compiled(pricing.floor_to_tick)
from_micro = compiled(pricing.from_micro)
furthest_price = compiled(pricing.furthest_price)
gain_on_cost = compiled(valuation.gain_on_cost)
has_run_out = compiled(execution.has_run_out)
is_within = compiled(pricing.is_within)
kelly_fraction = compiled(kelly.kelly_fraction)
least_notional = compiled(sizing.least_notional)
marked_value = compiled(valuation.marked_value)
moved = compiled(pricing.moved)
patient_limit = compiled(execution.patient_limit)
payout_if = compiled(valuation.payout_if)
price_at_gain = compiled(valuation.price_at_gain)
room_left = compiled(valuation.room_left)
sell_cash = compiled(pricing.sell_cash)
settle_cash = compiled(pricing.settle_cash)
shortfall_after = compiled(valuation.shortfall_after)
size_to_sell = compiled(exits.size_to_sell)
still_owed = compiled(valuation.still_owed)
time_decay = compiled(kelly.time_decay)
to_micro = compiled(pricing.to_micro)
within_entry = compiled(pricing.within_entry)
