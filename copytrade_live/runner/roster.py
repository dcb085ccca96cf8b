"""Whom we follow: the configured leaders, the best scored, and everyone whose copy we still hold."""

from __future__ import annotations

from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.score import OVERALL, ScoreSnapshot
from copytrade_live.settings import TrackerConfig


def roster(config: TrackerConfig, snapshot: ScoreSnapshot | None, portfolio: Portfolio) -> tuple[str, ...]:
    """The wallets to follow, each once: configured first, then by rank, then those we could not leave otherwise."""
    held = [position.wallet for position in portfolio.positions.values()]
    working = [entry.order.wallet for entry in portfolio.working.values()]
    return tuple(dict.fromkeys([*config.leaders, *best(snapshot, config.follow_top), *held, *working]))


def best(snapshot: ScoreSnapshot | None, count: int) -> list[str]:
    """The wallets with the highest rank, equal ones in order of their names."""
    if snapshot is None:
        return []
    ranks = {wallet: _rank(snapshot, wallet) for wallet in snapshot.rows}
    return sorted(ranks, key=lambda wallet: (-ranks[wallet], wallet))[:count]


def _rank(snapshot: ScoreSnapshot, wallet: str) -> float:
    rows = snapshot.rows[wallet]
    return rows[OVERALL].rank if OVERALL in rows else max(row.rank for row in rows.values())
