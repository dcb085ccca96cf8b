"""Fills of one decision become one episode."""

from __future__ import annotations

from typing import Any

import pytest

from copytrade_live.core.market import MINUTE
from copytrade_pipelines.scoring.episodes import COLUMNS

START = 1_750_000_000_000


def test_fills_within_the_gap_are_one_episode_at_their_mean_price(world: Any) -> None:
    world.fill("0xa", "m", 0.40, stake=40.0)
    world.fill("0xa", "m", 0.50, stake=150.0, when=START + 10 * MINUTE)
    world.fill("0xa", "m", 0.60, stake=60.0, when=START + 21 * MINUTE)
    episodes = world.episodes()
    assert list(episodes["fills"]) == [2, 1]
    assert episodes["price"].iloc[0] == pytest.approx(190.0 / 400.0)
    assert episodes["notional"].iloc[0] == pytest.approx(190.0)
    assert list(episodes.columns) == list(COLUMNS)


@pytest.mark.parametrize("different", [{"side": "SELL"}, {"token_id": "m-no"}, {"wallet": "0xb"}])
def test_another_wallet_token_or_side_is_another_episode(world: Any, different: dict[str, str]) -> None:
    world.fill("0xa", "m", 0.40)
    world.fill("0xa", "m", 0.40, when=START + MINUTE)
    world.fills[-1] |= different
    assert len(world.episodes()) == 2


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (("taker", "maker"), "taker"),
        (("maker", "maker"), "maker"),
        (("unknown", "maker"), "maker"),
        (("unknown", "unknown"), "unknown"),
    ],
)
def test_half_of_the_size_taken_makes_a_taker(world: Any, roles: tuple[str, str], role: str) -> None:
    for number, name in enumerate(roles):
        world.fill("0xa", "m", 0.40, when=START + number * MINUTE, role=name)
    assert list(world.episodes()["role"]) == [role]


@pytest.mark.parametrize(
    ("trades", "opened"),
    [
        (["BUY 100", "SELL 40", "SELL 60"], [100, 0, 0]),
        (["BUY 100", "SELL 150"], [100, 50]),
        (["SELL 100", "BUY 30", "BUY 100"], [100, 0, 30]),
        (["BUY 10", "BUY 20", "SELL 5", "BUY 5"], [10, 20, 0, 5]),
    ],
)
def test_only_what_opens_a_position_counts(world: Any, trades: list[str], opened: list[float]) -> None:
    for number, trade in enumerate(trades):
        side, size = trade.split()
        world.fill("0xa", "m", 0.5, stake=float(size) / 2, when=START + number * 11 * MINUTE, side=side)
    episodes = world.episodes()
    assert list(episodes["opened"]) == pytest.approx(opened)


def test_an_episode_is_known_when_its_last_fill_is(world: Any) -> None:
    world.fill("0xa", "m", 0.40)
    world.fill("0xa", "m", 0.40, when=START + MINUTE)
    episode = world.episodes().iloc[0]
    assert episode["known_at"] == world.fill_frame()["observed_at"].max()
    assert episode["episode_id"] == "f000000"
