"""What backtests assume where no record says: how orders fill, what they cost, and how long everything takes."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, field_validator

from copytrade_live.core.config import Fraction, PaperConfig, Section

# Lags rise from the least to the greatest in equal steps of probability.
Lags = tuple[float, ...]


class BacktestConfig(Section):
    """How a backtest fills orders, and what it charges, waits for and takes for granted."""

    seed: int = Field(1, ge=0, lt=2**62, description="Number behind every draw; another one is another run of luck.")
    fills: str = Field(
        "book_walk",
        description="What an order gets from a book: book_walk (each price's size once, best first), best_price (all "
        "of it at the best price, however little is there; an upper bound), or module:object.",
    )
    queue: str = Field(
        "behind",
        description="What fills an order that rests: behind (last in the line at its price; size that goes away was "
        "behind us), proportional (it was ahead in proportion), crossed (only a book that crosses its price, as paper "
        "trading), or module:object.",
    )
    fees: str = Field(
        "market",
        description="What a fill is charged: market (its own terms as of then; who rested pays nothing), taker (the "
        "same, but who rested pays too, as paper trading), none, or module:object.",
    )
    book: Literal["fitted", "fixed"] = Field(
        "fitted",
        description="What a book looks like where none was recorded: fitted to those recorded before the window, by "
        "category, price and time to the end, or fixed by the three numbers below, which also stand in for a poor fit.",
    )
    book_half_spread: float = Field(
        0.005, ge=0, lt=0.5, description="Half of a modelled book's spread, dollars per share."
    )
    book_depth: float = Field(1000.0, gt=0, description="Collateral at each price of a modelled book.")
    book_levels: int = Field(5, ge=1, le=100, description="Prices a side of a modelled book, a tick apart.")
    book_max_age_seconds: float = Field(
        7200.0, gt=0, description="Oldest mid, print or book that a modelled book is still put around, seconds."
    )
    fit_days: float = Field(30.0, gt=0, description="How far before the window recorded books are fitted, days.")
    fit_least_books: int = Field(
        50, ge=1, description="Recorded books below which a category, price and time to the end count as not seen."
    )
    latency: Literal["measured", "fixed"] = Field(
        "measured",
        description="Where lags come from: measured by the runner's journals where they hold enough, else, as with "
        "fixed, the two lists below.",
    )
    latency_least_samples: int = Field(200, ge=20, description="Measured lags below which the lists below are used.")
    detection_seconds: Lags = Field(
        (),
        description="From a leader's fill until we know of it: least, greatest and equal steps of probability between, "
        "seconds; empty keeps the tape's own times.",
    )
    order_seconds: Lags = Field(
        (0.2, 0.35, 0.45, 0.7, 2.0),
        min_length=1,
        description="From a decision until its order meets the book, in the same form, seconds.",
    )
    taker_delay_seconds: float = Field(
        0.15, ge=0, description="How long the venue holds an order that would trade at once, seconds."
    )
    settlement_seconds: float = Field(
        10.0, ge=0, description="From a match until it is final; 0 makes every match final at once, seconds."
    )
    settlement_failure_rate: Fraction = Field(0.01, description="Share of matches that are voided instead.")
    redemption_seconds: float = Field(
        60.0, ge=0, description="From the news of a resolution until its payout is cash again, seconds."
    )
    held_seconds: float = Field(300.0, gt=0, description="Time between two looks at the book of a held token, seconds.")
    order_look_seconds: float = Field(1.0, gt=0, description="Time between two looks at a resting order, seconds.")
    equity_seconds: float = Field(
        3600.0, gt=0, description="Longest time between two points of the equity curve, seconds."
    )

    @field_validator("detection_seconds", "order_seconds")
    @classmethod
    def _lags_rise(cls, lags: Lags) -> Lags:
        if any(lag < 0 for lag in lags) or any(later < earlier for earlier, later in pairwise(lags)):
            raise ValueError(f"lags must rise from 0 or more, was {list(lags)}")
        return lags


def like_paper(paper: PaperConfig) -> BacktestConfig:
    """The assumptions of paper trading: what a tape must be run with to give the paper runner's own fills."""
    return BacktestConfig(
        queue="crossed",
        fees="taker",
        latency="fixed",
        detection_seconds=(),
        order_seconds=(paper.latency_seconds,),
        taker_delay_seconds=0.0,
        settlement_seconds=0.0,
        settlement_failure_rate=0.0,
        redemption_seconds=0.0,
    )
