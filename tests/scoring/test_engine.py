"""The engine against the plain reference, and what each of its rules does on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND
from copytrade_pipelines.scoring.kernels.events import SUMS
from tests.scoring.random_world import random_world
from tests.scoring.reference import Reference
from tests.scoring.world import START, World, at


def assert_agree(world: World, as_of: int) -> None:
    found = world.collected(as_of)
    reference = Reference(world.fill_frame(), world.evidence(), as_of, world.parameters)
    expected = reference.sums()
    ours = pd.DataFrame(found.sums.overall, columns=list(SUMS), index=found.built.frame.names.wallets)
    ours = ours[ours["a_n"] + ours["o_n"] > 0.0]
    assert list(ours.index) == list(expected.index)
    scale = ours["a_w"] + ours["o_w"]
    for name in expected.columns:
        unit = scale**2 if name.endswith("wwv") else scale
        np.testing.assert_allclose(ours[name] / unit, expected[name].fillna(0.0) / unit, atol=1e-9, err_msg=name)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), days=st.sampled_from([6, 14, 30]))
def test_the_engine_agrees_with_the_plain_reference_and_sql_to_the_ninth_digit(seed: int, days: int) -> None:
    world, _ = random_world(seed)
    assert_agree(world, START + days * DAY)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_the_engine_agrees_with_the_plain_reference_in_larger_worlds(seed: int) -> None:
    world, _ = random_world(seed, fills=500)
    assert_agree(world, START + 25 * DAY)


@pytest.mark.parametrize(
    ("trades", "opened"),
    [
        (["yes BUY 100", "no BUY 60"], [100, 0]),
        (["yes BUY 100", "no BUY 160"], [100, 60]),
        (["no BUY 50", "yes SELL 30", "yes BUY 100"], [50, 30, 20]),
        (["yes SELL 50", "no SELL 20"], [50, 0]),
    ],
)
def test_the_other_outcome_closes_what_the_first_opened(world: Any, trades: list[str], opened: list[float]) -> None:
    world.market("m")
    for number, trade in enumerate(trades):
        outcome, side, size = trade.split()
        when = START + number * 11 * MINUTE
        world.fill("0xa", "m", 0.5, stake=float(size) / 2, when=when, side=side, token_id=f"m-{outcome}")
    assert list(world.episodes()["opened"]) == pytest.approx(opened)


@pytest.mark.parametrize(
    ("trades", "opened"),
    [
        # NO of both others is the YES they convert to: one bet, not two, and selling that YES leaves it.
        (["m1 no BUY", "m2 no BUY", "m0 yes SELL"], [100, 0, 0]),
        # YES of all three is cash.
        (["m0 yes BUY", "m1 yes BUY", "m2 yes BUY"], [100, 0, 0]),
        # YES of one and NO of another is a larger bet on the one.
        (["m0 yes BUY", "m1 no BUY"], [100, 100]),
    ],
)
def test_markets_that_exclude_each_other_are_netted(world: Any, trades: list[str], opened: list[float]) -> None:
    for number in range(3):
        world.market(f"m{number}", event_id="group", neg_risk=True, event_size=3)
    for number, trade in enumerate(trades):
        market, outcome, side = trade.split()
        when = START + number * 11 * MINUTE
        world.fill("0xa", market, 0.5, stake=50.0, when=when, side=side, token_id=f"{market}-{outcome}")
    assert list(world.episodes()["opened"]) == pytest.approx(opened)


def test_others_who_took_right_after_say_what_a_copy_cost(world: Any) -> None:
    world.watch("0xa")
    world.fill("0xa", world.market("m"), 0.40)
    for wallet, second, price, more in (
        ("0xb", 9, 0.90, {}),
        ("0xb", 11, 0.42, {}),
        ("0xc", 40, 0.44, {}),
        ("0xc", 41, 0.90, {}),
        ("0xa", 20, 0.90, {}),
        ("0xb", 20, 0.90, {"role": "maker"}),
        ("0xb", 20, 0.10, {"side": "SELL"}),
    ):
        world.fill(wallet, "m", price, stake=price * 100.0, when=START + second * SECOND, **more)
    row = world.seen().iloc[0]
    assert row["cost_source"] == "others"
    assert row["cost"] == pytest.approx(0.43)


def test_fills_of_the_same_cluster_neither_price_nor_mark_a_copy(world: Any) -> None:
    world.watch("0xa")
    world.fill("0xa", world.market("m"), 0.40)
    world.fill("0xtwin", "m", 0.42, when=START + 20 * SECOND)
    assert world.seen().iloc[0]["cost_source"] == "others"
    world.clusters = [{"wallet": name, "cluster_id": "c", "known_at": at(START)} for name in ("0xa", "0xtwin")]
    assert world.seen().iloc[0]["cost_source"] == "model"


@pytest.mark.parametrize(("twin", "share"), [("0xother", 0.0), ("0xa", 0.5), ("0xtwin", 0.5)])
def test_a_mid_that_the_leader_or_its_cluster_made_does_not_count(world: Any, twin: str, share: float) -> None:
    world.watch("0xa")
    world.clusters = [{"wallet": name, "cluster_id": "c", "known_at": at(START)} for name in ("0xa", "0xtwin")]
    world.fill("0xa", world.market("m"), 0.40)
    world.fill(twin, "m", 0.50, stake=50.0, when=START + HOUR)
    world.volume("m", START + 2 * HOUR, 50.0)
    world.mid("m", START + 23 * HOUR, 0.6)
    row = world.seen().iloc[0]
    assert row["impact_6h"] == pytest.approx(share)
    assert pd.isna(row["a"]) == (share > 0.25)


def test_mids_come_from_two_sided_trades_of_others_where_none_was_recorded(world: Any) -> None:
    world.watch("0xa")
    world.fill("0xa", world.market("m"), 0.40)
    read = START + 24 * HOUR
    for minutes, price, side in ((40, 0.90, "BUY"), (20, 0.56, "BUY"), (10, 0.52, "SELL")):
        world.fill("0xb", "m", price, when=read - minutes * MINUTE, side=side)
    assert world.seen().iloc[0]["mid_24h"] == pytest.approx(0.54)
    world.fills[-1]["wallet"] = "0xa"
    assert pd.isna(world.seen().iloc[0]["mid_24h"])


def test_an_hours_mid_stands_in_where_the_market_ended_before_the_horizon(world: Any) -> None:
    world.watch("0xa")
    world.fill("0xa", world.market("m", end_at=at(START + 3 * HOUR)), 0.40)
    world.mid("m", START + HOUR - MINUTE, 0.45)
    row = world.seen().iloc[0]
    assert (row["horizon"], row["later_mid"]) == ("1h", 0.45)


def test_what_is_sold_again_was_held_first_in_first_out(world: Any) -> None:
    world.watch("0xa")
    world.market("m")
    for hours, side, size in ((0, "BUY", 100), (2, "BUY", 100), (5, "SELL", 150)):
        world.fill("0xa", "m", 0.5, stake=size / 2, when=START + hours * HOUR, side=side)
    assert list(world.seen()["held"]) == [5 * 3600.0, 3 * 3600.0]


def test_who_buys_both_outcomes_alike_has_both_sides(world: Any) -> None:
    world.watch("0xa")
    world.market("m")
    for number, token in enumerate(("m-yes", "m-no")):
        world.fill("0xa", "m", 0.5, when=START + number * HOUR, token_id=token)
    assert world.collected().built.facts.both_sides[0] == 1.0


def test_what_a_category_usually_costs_is_the_median_of_an_earlier_week(world: Any) -> None:
    world.watch("0xa")
    for number in range(21):
        market = world.market(f"m{number}")
        world.fill("0xa", market, 0.40, when=START + number * MINUTE)
        world.fill("0xb", market, 0.42, when=START + number * MINUTE + 15 * SECOND)
    world.fill("0xa", world.market("later"), 0.40, when=START + 8 * DAY)
    world.fill("0xa", world.market("elsewhere", category="other"), 0.40, when=START + 8 * DAY)
    rows = world.seen().set_index("condition_id")
    assert rows.loc["later", ["cost_source", "cost"]].tolist() == ["category", pytest.approx(0.42)]
    assert rows.loc["elsewhere", ["cost_source", "cost"]].tolist() == ["model", pytest.approx(0.406)]
