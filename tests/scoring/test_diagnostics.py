"""Crowding, capacity, the cost of delay and decay, each in a world small enough to check by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrade_live.core.market import Level
from copytrade_live.core.pricing import walk_asks
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.scoring.capacity import measure_capacity
from copytrade_pipelines.scoring.crowding import measure_crowding
from copytrade_pipelines.scoring.groups import episode_weights, members_of
from copytrade_pipelines.scoring.ladders import Ladders, ladders_of, line_of
from copytrade_pipelines.scoring.latency import break_even
from copytrade_pipelines.scoring.latency_curve import edges_by_delay, price_drift
from copytrade_pipelines.scoring.parameters import parameters_of
from copytrade_pipelines.scoring.regime import find_decay
from tests.scoring.frames import START_MS, episode, frame_of

DELAYS = (0.0, 5.0, 10.0, 30.0)
levels = st.lists(st.tuples(st.integers(1, 98), st.floats(1.0, 5000.0)), min_size=1, max_size=6)
NO_PRICES = pd.DataFrame({"token_id": [], "at": pd.to_datetime([]), "mid": []})


def book(seconds: float, asks: list[tuple[float, float]]) -> dict[str, Any]:
    return {
        "token_id": "m-yes",
        "event_at": pd.Timestamp(START_MS, unit="ms") + pd.Timedelta(seconds=seconds),
        "asks": [{"price": price, "size": size} for price, size in asks],
        "bids": [{"price": 1.0 - price, "size": size} for price, size in asks],
    }


def ladders(*books: dict[str, Any]) -> Ladders:
    return ladders_of(pd.DataFrame(books), np.array(["m-yes"], dtype=object))


@settings(max_examples=40, deadline=None)
@given(st.lists(levels, min_size=1, max_size=5), st.floats(1.0, 3000.0))
def test_all_ladders_are_walked_as_the_core_walks_one(many: list[Any], notional: float) -> None:
    books = [sorted((cents / 100, size) for cents, size in offered) for offered in many]
    made = ladders(*(book(float(place), asks) for place, asks in enumerate(books)))
    for found, asks in zip(made.spent(notional), books, strict=False):
        price, _ = walk_asks([Level(*level) for level in asks], notional)
        assert found == pytest.approx(price, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(levels, st.floats(0.0, 0.3), st.floats(1.0, 10.0), st.floats(0.0, 0.1))
def test_capacity_grows_with_depth_and_with_edge(offered: Any, edge: float, deeper: float, more: float) -> None:
    asks = sorted((cents / 100, size) for cents, size in offered)
    plain = ladders(book(0.0, asks)).take(np.array([0]))
    deep = ladders(book(0.0, [(price, size * deeper) for price, size in asks])).take(np.array([0]))
    limit = np.array([asks[0][0] + edge])
    fits = plain.stake_until(limit)[0]
    assert plain.stake_until(limit + more)[0] >= fits - 1e-6
    assert deep.stake_until(limit)[0] == pytest.approx(fits * deeper, rel=1e-9)
    if fits < sum(price * size for price, size in asks) - 1e-6:
        assert plain.spent(fits)[0] == pytest.approx(limit[0], abs=1e-6)


def test_capacity_is_where_the_average_price_has_risen_by_the_edge() -> None:
    frame = frame_of([episode("0xa", 0.0), episode("0xb", 0.0, market="n")])
    rows = pd.DataFrame({"wallet_code": [0, 1, 0], "category": ["overall"] * 3})
    made = ladders(book(10.0, [(0.50, 100.0), (0.60, 100.0)]))
    found = measure_capacity(
        members_of(rows, frame), np.array([0.05, 0.02, -0.01]), frame.copy_price, made, np.array([0, -1]), 25.0
    )
    # 100 shares at 50 cents and as many at 60 cost 55 cents on average: all that is there.
    assert found.usd[0] == pytest.approx(110.0)
    # Without a book 1000 at each cent: 51 to 55 cents, two cents of rise are all five.
    assert found.usd[1] == pytest.approx(5000.0, rel=0.01)
    assert found.usd[2] == 0.0
    assert found.is_modelled.tolist() == [False, True, False]


def curve(prices: list[float], edge: float, **more: Any) -> float:
    """Break-even of one episode whose book asks these prices at 0, 5, 10 and 30 s; our latency is 10 s."""
    frame = frame_of([episode("0xa", 0.0, copy_price=prices[2], **more)])
    books = [book(at, [(price, 1e4)]) for at, price in zip(DELAYS, prices, strict=True)]
    members = members_of(pd.DataFrame({"wallet_code": [0], "category": ["sports"]}), frame)
    fees = (np.array([0.0]), np.array([1.0]))
    drift = price_drift(frame, ladders(*books), NO_PRICES, fees, DELAYS, latency=10.0, stake=25.0)
    return float(break_even(DELAYS, edges_by_delay(np.array([edge]), drift, members, np.ones(1)))[0])


def test_the_break_even_is_where_the_drift_has_eaten_the_edge() -> None:
    assert curve([0.50, 0.51, 0.52, 0.56], 0.02) == pytest.approx(20.0)
    assert curve([0.50, 0.51, 0.52, 0.53], 0.02) == 30.0
    assert np.isnan(curve([0.50, 0.51, 0.52, 0.53], -0.03))
    assert curve([0.50, 0.51, 0.52, 0.53], -0.01) == pytest.approx(5.0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.1, 0.8), min_size=4, max_size=4), st.floats(0.0, 0.1), st.floats(0.0, 0.1))
def test_dearer_late_books_never_lengthen_the_break_even(prices: list[float], edge: float, dearer: float) -> None:
    late = [*prices[:3], prices[3] + dearer]
    before, after = (float(np.nan_to_num(curve(asked, edge), nan=-1.0)) for asked in (prices, late))
    assert after <= before + 1e-6


def test_where_no_book_was_recorded_the_mids_say_how_the_price_moved() -> None:
    mids = pd.DataFrame(
        {
            "token_id": ["m-yes"] * 3,
            "at": pd.to_datetime([START_MS, START_MS + 8000, START_MS + 25_000], unit="ms"),
            "mid": [0.50, 0.52, 0.55],
        }
    )
    frame = frame_of([episode("0xa", 0.0), episode("0xb", 0.0, side=-1)])
    fees = (np.zeros(2), np.ones(2))
    empty = ladders_of(pd.DataFrame(columns=["token_id", "event_at", "asks", "bids"]), frame.names.tokens)
    drift = price_drift(frame, empty, mids, fees, DELAYS, latency=10.0, stake=25.0)
    np.testing.assert_allclose(drift, [[-0.02, -0.02, 0.0, 0.03], [0.02, 0.02, 0.0, -0.03]])


def test_an_event_counts_once_however_often_it_was_traded_and_less_with_age() -> None:
    parameters = parameters_of(CopytradeConfig())
    rows = [episode("0xa", 0.0), episode("0xa", 60.0), episode("0xa", 0.0, market="n")]
    weights = episode_weights(frame_of(rows), START_MS + 60_000, parameters)
    np.testing.assert_allclose(weights, [0.5, 0.5, 1.0], rtol=1e-4)
    old = episode_weights(frame_of(rows), START_MS + 60 * 86_400_000, parameters)
    np.testing.assert_allclose(old, weights / 2, rtol=1e-4)


def test_a_sale_is_copied_on_the_complements_line() -> None:
    made = ladders_of(
        pd.DataFrame([book(0.0, [(0.6, 50.0)]) | {"bids": [{"price": 0.3, "size": 9.0}]}]),
        np.array(["m-yes"], dtype=object),
    )
    assert line_of(np.array([0]), np.array([True])).tolist() == [1]
    assert made.spent(1.0).tolist() == pytest.approx([0.6, 0.7])


def followed(copiers: int, strangers: int) -> list[dict[str, Any]]:
    """A leader with 20 entries; copiers buy within the minute, strangers all the time."""
    draw = np.random.default_rng(3)
    rows = []
    for number in range(20):
        at = 3600.0 * number
        rows.append(episode("0xleader", at))
        rows += [episode(f"0xcopier{one}", at + 10.0 + one) for one in range(copiers)]
        rows += [episode(f"0xother{one}", float(at + draw.uniform(-900, 900))) for one in range(strangers)]
    return rows


def crowding(rows: list[dict[str, Any]], wallet: str = "0xleader", cluster: tuple[str, ...] = ()) -> float:
    frame = frame_of(rows)
    names = frame.names.wallets.tolist()
    of = np.array([names.index(cluster[0]) if name in cluster else -1 for name in names])
    return float(measure_crowding(frame, of, np.full(len(names), True))[names.index(wallet)])


def test_copiers_after_a_leader_are_a_crowd_and_steady_trading_is_none() -> None:
    assert crowding(followed(0, 8)) < 0.15
    assert crowding(followed(3, 0)) > 0.8
    assert crowding(followed(1, 8)) < crowding(followed(3, 8))
    assert crowding(followed(3, 8), "0xcopier0") < crowding(followed(3, 8))
    assert crowding([episode("0xleader", 0.0)]) == 0.0


def test_a_leaders_own_cluster_is_no_crowd() -> None:
    cluster = ("0xcopier0", "0xcopier1", "0xleader")
    assert crowding(followed(2, 0), cluster=cluster) == 0.0


def decayed(before: float, after: float, events: int = 80, seed: int = 1) -> Any:
    draw = np.random.default_rng(seed)
    edge = np.where(np.arange(events) < events // 2, before, after) + draw.normal(0, 0.05, events)
    return find_decay(np.zeros(events, np.int64), edge, np.full(events, 0.0025), 1)


def test_a_planted_decaying_leader_raises_the_alarm_with_the_edge_before_and_after() -> None:
    found = decayed(0.06, -0.02)
    assert found.alarm[0]
    assert found.before[0] == pytest.approx(0.06, abs=0.02)
    assert found.after[0] == pytest.approx(-0.02, abs=0.02)


def test_a_steady_an_improving_and_a_young_leader_raise_none() -> None:
    assert not decayed(0.03, 0.03).alarm[0]
    assert not decayed(-0.02, 0.06).alarm[0]
    assert not decayed(0.5, -0.5, events=18).alarm[0]


def test_groups_do_not_see_each_other() -> None:
    draw = np.random.default_rng(5)
    fall = np.concatenate([np.full(40, 0.08), np.full(40, -0.04)]) + draw.normal(0, 0.05, 80)
    rise = fall[::-1]
    group = np.repeat([0, 2, 3], 80)
    together = find_decay(group, np.concatenate([rise, fall, rise]), np.full(240, 0.0025), 5)
    assert together.alarm.tolist() == [False, False, True, False, False]
    alone = find_decay(np.zeros(80, np.int64), fall, np.full(80, 0.0025), 1)
    assert together.height[2] == pytest.approx(alone.height[0])


@pytest.mark.slow
@pytest.mark.parametrize("events", [20, 60, 200])
def test_steady_leaders_alarm_as_rarely_as_stated(events: int) -> None:
    draw, leaders = np.random.default_rng(11), 20_000
    price = np.clip(draw.beta(2, 2, (leaders, events)), 0.05, 0.95)
    later = np.clip(price + 0.03 + draw.normal(0, 0.05, price.shape), 0.02, 0.98)
    paid = draw.random(price.shape) < np.clip(price + 0.05, 0.005, 0.995)
    group, variance = np.repeat(np.arange(leaders), events), 0.0025 + later * (1 - later)
    for edge, noise in ((paid - price, variance), (later - price, np.full(price.shape, 0.0025))):
        rate = find_decay(group, edge.ravel(), noise.ravel(), leaders).alarm.mean()
        assert rate < 0.0135  # stated is 0.01; three standard errors of 20,000 leaders are 0.002


@pytest.mark.slow
def test_a_steady_leader_looked_at_daily_for_half_a_year_rarely_alarms_ever() -> None:
    draw, leaders, events = np.random.default_rng(12), 2_000, 180
    edge = draw.normal(0.02, 0.05, (leaders, events))
    rang = np.zeros(leaders, bool)
    for day in range(20, events + 1):
        seen = edge[:, :day].ravel()
        rang |= find_decay(np.repeat(np.arange(leaders), day), seen, np.full(len(seen), 0.0025), leaders).alarm
    assert rang.mean() < 0.06
