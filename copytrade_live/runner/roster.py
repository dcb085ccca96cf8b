"""Whom we follow: the configured leaders, the best scored, and everyone whose copy we still hold."""

from __future__ import annotations

from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.score import ScoreSnapshot, best_wallets
from copytrade_live.settings import TrackerConfig


def roster(config: TrackerConfig, snapshot: ScoreSnapshot | None, portfolio: Portfolio) -> tuple[str, ...]:
    """The wallets to follow, each once: configured first, then by rank, then those we could not leave otherwise."""
    held = [position.wallet for position in portfolio.positions.values()]
    working = [entry.order.wallet for entry in portfolio.working.values()]
    return tuple(dict.fromkeys([*config.leaders, *best_wallets(snapshot, config.follow_top), *held, *working]))
