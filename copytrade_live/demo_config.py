"""The demo's config: the defaults, but for what a small world with a fast clock asks for."""

from __future__ import annotations

from copytrade_live.config_file import Change, Changes
from copytrade_live.venue_address import venue_changes

# World seconds a second: a day of the world in twelve minutes.
SPEED = 120.0

HEADER = "# Written by copytrade demo for its simulated venue. A config for the real venue comes from: copytrade init\n"


def common_changes(url: str) -> Changes:
    """What every demo sets: the sandbox's address, and limits that fit its smaller markets."""
    return {
        **venue_changes(url),
        ("filter", "min_liquidity"): Change(value=500.0, why="the world's books are thinner than the real venue's."),
        ("filter", "max_spread"): Change(value=0.05, why="the world's books are wider than the real venue's."),
        ("filter", "min_leader_notional"): Change(value=20.0, why="the world's traders deal in small fills."),
        ("bankroll", "starting_cash"): Change(value=10_000.0, why="enough for Kelly stakes above the minimum."),
        ("observability", "port"): Change(value=0, why="any free one; copytrade status names it."),
        ("pipelines", "fine_mid_requests"): Change(value=0, why="hourly mids will do, and it starts sooner."),
    }


def fast_changes(url: str) -> Changes:
    """What a demo whose clock runs SPEED times as fast sets too, so that waits stay about what they are in life."""
    return {
        **common_changes(url),
        ("tracker", "poll_interval_seconds"): _scaled(1.0),
        ("tracker", "overlap_seconds"): _scaled(5.0),
        ("tracker", "stream_silence_seconds"): Change(value=60.0, why="the world trades less than the real venue."),
        ("filter", "max_signal_age_seconds"): _scaled(8.0),
        ("filter", "max_feed_lag_seconds"): _scaled(8.0),
        ("filter", "max_book_age_seconds"): _scaled(5.0),
        ("execution", "order_ttl_seconds"): _scaled(5.0),
        ("polling", "exit_interval_seconds"): _scaled(2.0),
        ("polling", "book_silence_seconds"): Change(value=60.0, why="the world trades less than the real venue."),
        ("polling", "export_interval_seconds"): _scaled(30.0),
        ("score", "max_age_seconds"): _scaled(172_800.0),
        ("pipelines", "gate_valid_seconds"): _scaled(90.0),
        ("pipelines", "max_runner_silence_seconds"): _scaled(120.0),
    }


def _scaled(seconds: float) -> Change:
    why = f"{seconds:g} s of yours, in the world's seconds: its time runs {SPEED:g} times as fast."
    return Change(value=seconds * SPEED, why=why)
