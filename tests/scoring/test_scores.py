"""What a score must never get wrong, each rule with a small world of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from copytrade_live.core.market import DAY, HOUR, MINUTE
from copytrade_pipelines.scoring.scores import COLUMNS, MORE_COLUMNS

START = 1_750_000_000_000


def steady(world: Any, wallet: str, price: float, edge: float, *, bets: int = 40, **more: Any) -> None:
    """A wallet whose bets pay exactly what their true probability says, price being the mid."""
    chance = price + edge
    wins = round(bets * chance)
    world.watch(wallet)
    for number in range(bets):
        won = (number + 1) * wins // bets > number * wins // bets
        world.bet(wallet, number, price + 0.005, price + 0.6 * edge, float(won), **more)


def test_a_zero_edge_buyer_at_95_cents_is_below_a_taker_with_4_cents_of_edge(crowded: Any) -> None:
    steady(crowded, "0xfavourite", 0.95, 0.0)
    steady(crowded, "0xtaker", 0.50, 0.04)
    rows = crowded.overall()
    assert rows.loc["0xfavourite", "rank"] < rows.loc["0xtaker", "rank"]
    assert rows.loc["0xfavourite", "p_pos"] < 0.5 < rows.loc["0xtaker", "p_pos"]


def test_a_longshot_buyer_with_edge_is_above_a_break_even_favourite_buyer(crowded: Any) -> None:
    steady(crowded, "0xfavourite", 0.95, 0.0)
    steady(crowded, "0xlongshot", 0.10, 0.10)
    rows = crowded.overall()
    assert rows.loc["0xlongshot", "lcb10"] > rows.loc["0xfavourite", "lcb10"]


def test_one_lucky_event_of_a_million_moves_a_wallet_no_more_than_one_of_a_hundred(crowded: Any) -> None:
    steady(crowded, "0xlucky", 0.50, 0.0)
    before = crowded.overall().loc["0xlucky", "edge_mean"]
    crowded.bet("0xlucky", 900, 0.10, 0.10, 1.0, stake=1_000_000.0)
    rich = crowded.overall().loc["0xlucky", "edge_mean"]
    crowded.fills[-1]["size"] = 100.0 / 0.10
    modest = crowded.overall().loc["0xlucky", "edge_mean"]
    assert rich == modest
    assert 0.0 < rich - before < 0.03


def test_a_large_episode_weighs_at_most_three_medians_inside_its_event(world: Any) -> None:
    world.watch("0xa")
    market = world.market("shared")
    for number, stake in enumerate((100.0, 100.0, 100.0, 1_000_000.0)):
        price = 0.2 if stake > 100.0 else 0.4
        world.fill("0xa", market, price, stake=stake, when=START + number * HOUR)
    world.mid(market, START + 24 * HOUR, 0.5)
    world.volume(market, START + 4 * HOUR, 10_000_000.0)
    event = world.events("0xa").iloc[0]
    assert event["a"] == pytest.approx((3 * (0.5 - 0.406) + 3 * (0.5 - 0.206)) / 6)


def test_a_maker_is_worth_less_at_the_copiers_cost(crowded: Any) -> None:
    crowded.watch("0xmaker")
    for number in range(40):
        crowded.bet("0xmaker", number, 0.49, 0.50, float(number % 2), role="maker")
        crowded.mid(f"0xmaker-{number}", START + number * HOUR, 0.50)
    events = crowded.events("0xmaker")
    assert (events["a"] + events["extra"] > 0).all()
    assert (events["a"] < 0).all()
    row = crowded.overall().loc["0xmaker"]
    assert row["maker_share"] == 1.0
    assert "maker" in row["flags"]
    assert row["p_pos"] < 0.5


def test_dearer_copies_lower_every_raw_edge_by_exactly_as_much(crowded: Any) -> None:
    plain = crowded.events("0xnoise03")
    crowded.parameters = replace(crowded.parameters, modelled_slippage=crowded.parameters.modelled_slippage + 0.01)
    dearer = crowded.events("0xnoise03")
    np.testing.assert_allclose(plain["a"] - dearer["a"], 0.01, atol=1e-12)
    np.testing.assert_allclose(plain["r"], dearer["r"], atol=1e-12)


def test_splitting_one_bet_into_thirty_fills_changes_no_score(crowded: Any) -> None:
    whole = crowded.scores()
    first = crowded.fills[0]
    size = first["size"] / 30
    crowded.fills[0] = first | {"size": size}
    crowded.fills += [first | {"fill_id": f"part{part:02d}", "size": size} for part in range(29)]
    pd.testing.assert_frame_equal(crowded.scores(), whole)


def test_the_same_fills_ingested_twice_give_the_same_scores(crowded: Any) -> None:
    once = crowded.scores()
    crowded.fills += list(crowded.fills)
    pd.testing.assert_frame_equal(crowded.scores(), once)


def test_rows_in_another_order_give_the_same_scores_to_the_last_digit(crowded: Any) -> None:
    once = crowded.scores()
    for rows in (crowded.fills, crowded.prices, crowded.outcomes, crowded.markets, crowded.wallets):
        rows.reverse()
    pd.testing.assert_frame_equal(crowded.scores(), once, check_exact=True)


def test_a_void_pays_half(world: Any) -> None:
    world.watch("0xa")
    world.bet("0xa", 1, 0.40, 0.45, 0.5)
    event = world.events("0xa").iloc[0]
    assert event["r"] == pytest.approx(0.05)


def test_a_sale_is_a_purchase_of_the_complement(world: Any) -> None:
    world.watch("0xa")
    world.bet("0xa", 1, 0.60, 0.50, 0.0, side="SELL")
    event = world.events("0xa").iloc[0]
    assert event["a"] == pytest.approx((1 - 0.50) - (0.40 + 0.006))
    assert event["r"] == pytest.approx(1.0 - 0.5)


def test_an_exit_is_not_held_against_the_leader(crowded: Any) -> None:
    steady(crowded, "0xtaker", 0.50, 0.04)
    for number in range(40):
        crowded.volume(f"0xtaker-{number}", START + number * HOUR + 30 * MINUTE)
    held = crowded.overall()
    for number in range(40):
        crowded.fill(
            "0xtaker", f"0xtaker-{number}", 0.52, stake=40.0, when=START + number * HOUR + 20 * MINUTE, side="SELL"
        )
    moved = ["hold_hours", "last_event_at"]
    pd.testing.assert_frame_equal(crowded.overall().drop(columns=moved), held.drop(columns=moved))


def test_an_event_without_a_later_mid_counts_by_its_outcome_alone(world: Any) -> None:
    world.watch("0xa")
    world.fill("0xa", world.market("quick", end_at=pd.Timestamp(START + 2 * HOUR, unit="ms")), 0.40)
    world.mid("quick", START + 23 * HOUR, 0.99)
    world.resolve("quick", 1.0, START + 3 * HOUR)
    event = world.events("0xa").iloc[0]
    assert event["o"] == pytest.approx(1.0 - 0.406)
    assert np.isnan(event["a"])


def test_two_markets_of_one_event_count_once(world: Any) -> None:
    world.watch("0xa")
    for name in ("left", "right"):
        world.fill("0xa", world.market(name, event_id="both"), 0.40)
        world.mid(name, START + 23 * HOUR, 0.5)
    assert world.overall().loc["0xa", "n_events"] == 1


def test_an_event_counts_half_after_one_half_life(world: Any) -> None:
    world.watch("0xa")
    world.bet("0xa", 0, 0.40, 0.45, 1.0)
    assert world.events("0xa").iloc[0]["weight"] == pytest.approx(0.5)


def test_a_wallet_with_an_incomplete_history_has_no_score(crowded: Any) -> None:
    crowded.watch("0xhalf", complete=False)
    crowded.bet("0xhalf", 1, 0.4, 0.5, 1.0)
    assert "0xhalf" not in set(crowded.scores()["wallet"])


def test_every_watched_wallet_has_an_overall_row_even_without_fills(crowded: Any) -> None:
    crowded.watch("0xnew")
    row = crowded.overall().loc["0xnew"]
    assert row["n_events"] == 0
    assert {"probation", "thin"} <= set(row["flags"])
    assert np.isfinite([row["edge_mean"], row["edge_sd"], row["p_pos"], row["lcb10"], row["rank"]]).all()
    assert row["p_pos"] < 0.6


def test_a_category_has_a_row_from_five_events_on(world: Any) -> None:
    world.watch("0xa")
    for number in range(9):
        world.bet("0xa", number, 0.4, 0.45, 1.0)
    for number, market in enumerate(world.markets):
        market["category"] = "politics" if number < 5 else "crypto"
    assert list(world.scores()["category"]) == ["overall", "politics"]


def test_a_category_leans_on_the_wallets_other_events(crowded: Any) -> None:
    steady(crowded, "0xtaker", 0.50, 0.08)
    for number, market in enumerate(m for m in crowded.markets if m["condition_id"].startswith("0xtaker")):
        market["category"] = "politics" if number < 6 else "crypto"
    rows = crowded.scores().set_index(["wallet", "category"])
    strangers = rows.loc[("0xnoise00", "overall"), "edge_mean"]
    assert rows.loc[("0xtaker", "politics"), "edge_mean"] > strangers + 0.02
    assert rows.loc[("0xtaker", "politics"), "edge_sd"] > rows.loc[("0xtaker", "overall"), "edge_sd"]


def test_one_event_leaves_a_wallet_near_what_all_wallets_are_worth(crowded: Any) -> None:
    crowded.watch("0xnew")
    prior = crowded.overall().loc["0xnew", "edge_mean"]
    crowded.bet("0xnew", 1, 0.30, 0.60, 1.0)
    assert abs(crowded.overall().loc["0xnew", "edge_mean"] - prior) < 0.05 < 0.30


def test_an_empty_world_has_no_rows_but_all_columns(world: Any) -> None:
    assert list(world.scores().columns) == list(COLUMNS | MORE_COLUMNS)
    assert world.scores().empty


def test_events_older_than_the_history_do_not_count(world: Any) -> None:
    world.watch("0xa")
    world.bet("0xa", 0, 0.40, 0.45, 1.0)
    assert world.overall(START + 181 * DAY).loc["0xa", "n_events"] == 0


def test_planted_skill_is_found_where_a_win_rate_is_not(world: Any) -> None:
    draw = np.random.default_rng(11)
    for number in range(60):
        skilled = number % 10 == 0
        wallet = f"0x{'skill' if skilled else 'other'}{number:02d}"
        world.watch(wallet)
        for bet in range(40):
            mid = float(draw.uniform(0.3, 0.7)) if skilled else float(draw.uniform(0.85, 0.97))
            chance = min(mid + (0.06 if skilled else 0.0), 0.995)
            later = float(np.clip(mid + 0.6 * (chance - mid) + draw.normal(0, 0.02), 0.02, 0.99))
            world.bet(wallet, bet, mid + 0.006, later, float(draw.random() < chance))
    rows = world.overall()
    best = rows.sort_values("p_pos", ascending=False).index[:6]
    assert sum(wallet.startswith("0xskill") for wallet in best) >= 5
    fills = world.fill_frame().merge(world.evidence().outcomes, on="token_id")
    win_rate = fills.groupby("wallet")["payout"].mean().sort_values(ascending=False).index[:6]
    assert not any(wallet.startswith("0xskill") for wallet in win_rate)
