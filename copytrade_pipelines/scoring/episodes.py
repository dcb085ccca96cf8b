"""Fills become episodes: one decision of a leader, however many fills it took."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copytrade_live.core.market import Role, Side
from copytrade_pipelines.scoring.evidence import span

KEY = ["wallet", "token_id", "side"]
# A smaller part than this is what rounding left.
DUST = 1e-6
COLUMNS = {
    "episode_id": "VARCHAR",
    "wallet": "VARCHAR",
    "condition_id": "VARCHAR",
    "token_id": "VARCHAR",
    "side": "VARCHAR",
    "role": "VARCHAR",
    "price": "DOUBLE",
    "size": "DOUBLE",
    "notional": "DOUBLE",
    "maker_notional": "DOUBLE",
    "taker_notional": "DOUBLE",
    "fills": "BIGINT",
    "started_at": "TIMESTAMP",
    "ended_at": "TIMESTAMP",
    "known_at": "TIMESTAMP",
}


def merge_fills(fills: pd.DataFrame, gap_minutes: float) -> pd.DataFrame:
    """Merge fills of one wallet, token and side that follow each other within the gap.

    Shape: fills(fill_id, wallet, condition_id, token_id, side, role, price, size, event_at, observed_at).
    Returns: one row an episode (COLUMNS), price the size-weighted mean; known_at is when its last fill was seen.
    """
    numbered = number_episodes(fills, gap_minutes)
    maker, taker = numbered["role"] == Role.MAKER, numbered["role"] == Role.TAKER
    notional = numbered["price"] * numbered["size"]
    numbered = numbered.assign(
        notional=notional,
        maker_notional=notional.where(maker, 0.0),
        taker_notional=notional.where(taker, 0.0),
        maker_size=numbered["size"].where(maker, 0.0),
        taker_size=numbered["size"].where(taker, 0.0),
    )
    return _summed(numbered)[list(COLUMNS)]


def mark_opened(episodes: pd.DataFrame) -> pd.DataFrame:
    """Add opened: the part of each episode that opens a position, shares; the rest closes one the leader had.

    A copier answers a leader's exit by its own exit, never by a bet on the complement, so only what is opened is
    evidence. Who sells more than it bought (after a split) opens on the complement with the rest, and the other way.
    """
    ordered = episodes.sort_values(["wallet", "token_id", "started_at", "side", "episode_id"], kind="stable")
    size = ordered["size"].astype(float)
    change = size.where(ordered["side"] == Side.BUY, -size)
    held = change.groupby([ordered["wallet"], ordered["token_id"]]).cumsum() - change
    closing = np.where(np.sign(held) == -np.sign(change), np.minimum(held.abs(), change.abs()), 0.0)
    opened = size - closing
    return episodes.assign(opened=opened.where(opened > DUST * size, 0.0))


def number_episodes(fills: pd.DataFrame, gap_minutes: float) -> pd.DataFrame:
    """The fills in a fixed order with the episode_id of each: the id of the episode's first fill."""
    ordered = fills.drop_duplicates("fill_id").sort_values([*KEY, "event_at", "fill_id"], kind="stable")
    ordered = ordered[ordered["size"] > 0.0].reset_index(drop=True)
    same = pd.Series(True, index=ordered.index)
    for column in KEY:
        same &= ordered[column] == ordered[column].shift()
    near = ordered["event_at"].diff() <= span(gap_minutes * 60.0)
    number = (~(same & near)).cumsum().to_numpy()
    first = ordered["fill_id"].groupby(number).transform("first")
    return ordered.assign(episode_id=first)


def _summed(numbered: pd.DataFrame) -> pd.DataFrame:
    grouped = numbered.groupby("episode_id", sort=False)
    episodes = grouped.agg(
        wallet=("wallet", "first"),
        condition_id=("condition_id", "first"),
        token_id=("token_id", "first"),
        side=("side", "first"),
        size=("size", "sum"),
        notional=("notional", "sum"),
        maker_notional=("maker_notional", "sum"),
        taker_notional=("taker_notional", "sum"),
        maker_size=("maker_size", "sum"),
        taker_size=("taker_size", "sum"),
        fills=("fill_id", "size"),
        started_at=("event_at", "min"),
        ended_at=("event_at", "max"),
        known_at=("observed_at", "max"),
    ).reset_index()
    return episodes.assign(price=episodes["notional"] / episodes["size"], role=_roles(episodes))


def _roles(episodes: pd.DataFrame) -> np.ndarray:
    seen = episodes["maker_size"] + episodes["taker_size"]
    took = episodes["taker_size"] >= seen / 2.0
    return np.where(seen <= 0.0, str(Role.UNKNOWN), np.where(took, str(Role.TAKER), str(Role.MAKER)))
