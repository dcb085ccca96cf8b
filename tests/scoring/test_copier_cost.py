"""What a copier would have paid, from the best source there is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from copytrade_live.core.market import SECOND
from copytrade_live.core.pricing import taker_fee

START = 1_750_000_000_000


def priced(world: Any) -> pd.Series:
    world.watch("0xa")
    return world.seen().iloc[0]


def book(world: Any, after: int, **sides: Any) -> None:
    seen = pd.Timestamp(START + after * SECOND, unit="ms")
    row = {"token_id": "m-yes", "event_at": seen, "observed_at": seen, "bids": [], "asks": []}
    world.books.append(row | sides)


def copied(world: Any, wallet: str, slippage: float, times: int) -> None:
    world.copies += [{"wallet": wallet, "slippage": slippage, "known_at": pd.Timestamp(START, unit="ms")}] * times


def test_without_a_book_or_copies_the_cost_is_modelled_and_flagged(world: Any) -> None:
    world.fill("0xa", world.market("m"), 0.40)
    row = priced(world)
    assert row["cost"] == pytest.approx(0.406)
    assert row["cost_source"] == "model"


def test_the_fee_of_the_market_is_part_of_the_cost(world: Any) -> None:
    world.fill("0xa", world.market("m", fee=0.04), 0.40)
    assert priced(world)["cost"] == pytest.approx(0.406 + taker_fee(0.406, 0.04, 1.0))


def test_a_book_soon_after_our_latency_is_walked_for_the_reference_stake(world: Any) -> None:
    world.fill("0xa", world.market("m"), 0.40)
    book(world, 5, asks=[{"price": 0.41, "size": 1e6}])
    book(world, 15, asks=[{"price": 0.42, "size": 25.0}, {"price": 0.50, "size": 1e6}])
    shares = 25.0 + (25.0 - 10.5) / 0.50
    row = priced(world)
    assert row["cost"] == pytest.approx(25.0 / shares)
    assert row["cost_source"] == "book"


def test_a_sale_walks_the_bids_as_offers_of_the_complement(world: Any) -> None:
    world.fill("0xa", world.market("m"), 0.40, side="SELL")
    book(world, 15, bids=[{"price": 0.38, "size": 1e6}])
    assert priced(world)["cost"] == pytest.approx(0.62)


@pytest.mark.parametrize("after", [9, 71])
def test_a_book_before_our_latency_or_a_minute_after_it_is_not_used(world: Any, after: int) -> None:
    world.fill("0xa", world.market("m"), 0.40)
    book(world, after, asks=[{"price": 0.90, "size": 1e6}])
    assert priced(world)["cost_source"] == "model"


def test_an_empty_book_says_nothing(world: Any) -> None:
    world.fill("0xa", world.market("m"), 0.40)
    book(world, 15)
    assert priced(world)["cost_source"] == "model"


def test_five_copies_of_a_leader_are_believed_before_the_model(world: Any) -> None:
    world.fill("0xa", world.market("m"), 0.40)
    copied(world, "0xa", 0.02, 4)
    assert priced(world)["cost_source"] == "model"
    copied(world, "0xa", 0.02, 1)
    row = priced(world)
    assert row["cost"] == pytest.approx(0.42)
    assert row["cost_source"] == "leader_copies"


def test_twenty_copies_of_others_are_believed_for_a_leader_never_copied(world: Any) -> None:
    world.fill("0xa", world.market("m"), 0.40)
    copied(world, "0xb", 0.01, 20)
    row = priced(world)
    assert row["cost"] == pytest.approx(0.41)
    assert row["cost_source"] == "all_copies"


def test_a_copier_of_a_resting_leader_starts_at_the_mid(world: Any) -> None:
    world.fill("0xa", world.market("m"), 0.40, role="maker")
    world.mid("m", START, 0.43)
    assert priced(world)["cost"] == pytest.approx(0.436)
