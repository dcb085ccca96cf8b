"""A score is a function of what was known at its as_of and of nothing later."""

from __future__ import annotations

import copy
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND
from tests.scoring.random_world import add_fills, add_prices, random_world
from tests.scoring.test_refresh import assert_equal
from tests.scoring.world import World

START = 1_750_000_000_000
AS_OF = START + 20 * DAY
later = st.integers(min_value=1, max_value=40 * DAY)
happened = st.integers(min_value=0, max_value=60 * DAY)


def at(instant: int) -> pd.Timestamp:
    return pd.Timestamp(instant, unit="ms")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_that_became_known_later_leave_every_score_identical(world: Any, data: st.DataObject) -> None:
    truth = copy.deepcopy(world)
    for wallet in ("0xa", "0xb", "0xc"):
        truth.watch(wallet)
        for number in range(8):
            truth.bet(wallet, number, 0.4 + 0.02 * number, 0.5, float(number % 2))
    for number in range(8):  # known before as_of, so that residuals count too
        truth.resolve(f"0xa-{number}", 1.0, START + 10 * DAY)
    before = truth.scores(AS_OF)
    markets = [row["condition_id"] for row in truth.markets]
    for _ in range(data.draw(st.integers(1, 12))):
        append_later(truth, data.draw(st.sampled_from(markets)), data)
    pd.testing.assert_frame_equal(truth.scores(AS_OF), before, check_exact=True)


def append_later(world: Any, market: str, data: st.DataObject) -> None:
    known = AS_OF + data.draw(later)
    kind = data.draw(st.sampled_from(["fill", "price", "outcome", "book", "copy", "closed"]))
    wallet = data.draw(st.sampled_from(["0xa", "0xb"]))
    if kind == "fill":
        world.fill(wallet, market, 0.9, when=START + data.draw(happened), observed_at=at(known))
    elif kind == "price":
        world.mid(market, known - 10 * SECOND, 0.97)
    elif kind == "outcome":
        row = {"token_id": f"{market}-yes", "payout": 1.0, "resolved_at": at(AS_OF - DAY), "known_at": at(known)}
        if not market.startswith("0xa"):  # those were paid out before as_of, and a payout is final
            world.outcomes = [old for old in world.outcomes if old["token_id"] != row["token_id"]] + [row]
    elif kind == "book":
        book = {"token_id": f"{market}-yes", "event_at": at(START + 20 * SECOND), "observed_at": at(known)}
        world.books.append(book | {"bids": [], "asks": [{"price": 0.99, "size": 1e4}]})
    elif kind == "copy":
        world.copies += [{"wallet": wallet, "slippage": 0.2, "known_at": at(known)}] * 30
    else:
        row = next(row for row in world.markets if row["condition_id"] == market)
        row["closed_at"] = at(known)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kinds=st.lists(
        st.sampled_from(["fills", "late fills", "prices", "outcome", "book", "copies", "closed", "cluster", "market"]),
        min_size=1,
        max_size=6,
    ),
)
def test_no_kind_of_evidence_that_became_known_later_moves_a_number(seed: int, kinds: list[str]) -> None:
    world, draw = random_world(seed)
    as_of = START + 12 * DAY
    before = world.collected(as_of)
    for kind in kinds:
        learn_later(world, draw, kind, as_of)
    assert_equal(world.collected(as_of), before)


def learn_later(world: World, draw: Any, kind: str, as_of: int) -> None:
    known, number, old = at(as_of + int(draw.integers(1, 10 * DAY))), int(draw.integers(8)), len(world.fills)
    if kind == "fills":
        add_fills(world, draw, 20, since=12 * DAY)
    elif kind == "late fills":
        add_fills(world, draw, 20, until=12 * DAY)
        for fill in world.fills[old:]:
            fill["observed_at"] = known
    elif kind == "prices":
        add_prices(world, draw, 20, since=12 * DAY)
    elif kind == "outcome" and not any(row["token_id"] == f"m{number}-yes" for row in world.outcomes):
        for token in ("yes", "no"):
            row = {"token_id": f"m{number}-{token}", "payout": 0.5, "resolved_at": at(as_of - DAY)}
            world.outcomes.append(row | {"known_at": known})
    elif kind == "book":
        fill = world.fills[int(draw.integers(old))]
        book = {"token_id": fill["token_id"], "event_at": fill["event_at"] + pd.Timedelta(seconds=10)}
        world.books.append(book | {"observed_at": known, "bids": [], "asks": [{"price": 0.99, "size": 1e4}]})
    elif kind == "copies":
        world.copies += [{"wallet": "0xa", "slippage": 0.2, "known_at": known}] * 30
    elif kind == "closed" and pd.isna(world.markets[number]["closed_at"]):
        world.markets[number]["closed_at"] = known
    elif kind == "cluster":
        world.clusters += [{"wallet": name, "cluster_id": "c", "known_at": known} for name in ("0xa", "0xb")]
    elif kind == "market":
        world.market(f"new{len(world.markets)}", event_id="group", category="aaa")


def test_a_later_mid_counts_only_once_it_can_be_known(world: Any) -> None:
    world.watch("0xa")
    world.fill("0xa", world.market("m"), 0.4)
    world.mid("m", START + 23 * HOUR, 0.5)
    read = START + 24 * HOUR
    assert world.overall(read + 9 * SECOND).loc["0xa", "n_events"] == 0
    assert world.overall(read + 10 * SECOND).loc["0xa", "n_events"] == 1


def test_a_payout_counts_only_once_it_is_known(world: Any) -> None:
    world.watch("0xa")
    world.fill("0xa", world.market("m"), 0.4)
    world.resolve("m", 1.0, START + HOUR)
    assert world.overall(START + 2 * HOUR - MINUTE).loc["0xa", "n_events"] == 0
    assert world.overall(START + 2 * HOUR).loc["0xa", "n_events"] == 1
