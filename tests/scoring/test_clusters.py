"""One hand behind two wallets is found, two honest wallets are not, and the order of rows means nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrade_pipelines.scoring.clusters import connected, find_clusters, pairs_in_step, washing_pairs

START = pd.Timestamp("2026-01-01")
NOTHING = pd.DataFrame(columns=["wallet", "condition_id", "token_id", "side", "size", "event_at", "tx_hash"])


def episode(wallet: str, seconds: float, market: str, size: float) -> dict[str, Any]:
    row = {"wallet": wallet, "condition_id": market, "token_id": f"{market}-yes", "side": "BUY", "size": size}
    return row | {"started_at": START + pd.Timedelta(seconds=seconds)}


def moments(rows: list[dict[str, Any]]) -> tuple[pd.DataFrame, pd.Series]:
    table = pd.DataFrame(rows)
    return table, table.groupby("wallet").size()


def clusters(rows: list[dict[str, Any]], meetings: list[dict[str, Any]] | None = None) -> dict[str, str]:
    found = find_clusters(*moments(rows), pd.DataFrame(meetings) if meetings else NOTHING)
    return dict(zip(found["wallet"], found["cluster_id"], strict=True))


def in_step(first: str, second: str, times: int) -> list[dict[str, Any]]:
    rows = []
    for number in range(times):
        for wallet in (first, second):
            rows.append(episode(wallet, 600.0 * number + 0.3, f"m{number}", 17.0 + number))
    return rows


def alone(wallet: str, times: int, seed: int) -> list[dict[str, Any]]:
    draw = np.random.default_rng(seed)
    return [
        episode(wallet, float(draw.uniform(0, 9e4)), f"m{draw.integers(9)}", float(draw.uniform(5, 500)))
        for _ in range(times)
    ]


def met(buyer: str, seller: str, minute: float, size: float = 100.0) -> list[dict[str, Any]]:
    """Two sides of one match."""
    at = pd.Timestamp("2026-01-01") + pd.Timedelta(minutes=minute)
    row = {"condition_id": "c", "token_id": "yes", "size": size, "event_at": at, "tx_hash": f"{buyer}{seller}{minute}"}
    return [row | {"wallet": buyer, "side": "BUY"}, row | {"wallet": seller, "side": "SELL"}]


def washed(first: str, second: str, times: int, *, apart: float = 5.0, **more: Any) -> list[dict[str, Any]]:
    rows = []
    for number in range(times):
        rows += met(first, second, 60.0 * number, **more) + met(second, first, 60.0 * number + apart, **more)
    return rows


def test_wallets_in_step_are_one_cluster_named_by_the_first_of_them() -> None:
    found = clusters(in_step("0xb", "0xc", 6) + alone("0xa", 30, 1) + alone("0xd", 30, 2))
    assert found == {"0xb": "0xb", "0xc": "0xb"}


def test_a_few_coincidences_a_small_part_of_a_record_and_a_crowd_are_no_cluster() -> None:
    few = in_step("0xa", "0xb", 4)
    assert pairs_in_step(*moments(few)).empty
    busy = in_step("0xa", "0xb", 6) + alone("0xa", 60, 1) + alone("0xb", 60, 2)
    assert pairs_in_step(*moments(busy)).empty
    crowd = [row | {"wallet": f"0x{number:02d}"} for number in range(12) for row in in_step("0xa", "0xa", 6)[::2]]
    assert pairs_in_step(*moments(crowd)).empty


def test_buying_one_outcome_and_selling_the_other_is_the_same_step() -> None:
    rows = in_step("0xa", "0xb", 6)
    for row in rows[1::2]:
        row |= {"token_id": row["condition_id"] + "-no", "side": "SELL"}
    assert len(pairs_in_step(*moments(rows))) == 1


def test_a_planted_wash_pair_is_found_and_an_honest_pair_is_not() -> None:
    found = washing_pairs(pd.DataFrame(washed("0xb", "0xa", 4) + met("0xc", "0xa", 7.0)))
    assert found.to_dict("records") == [{"first": "0xa", "second": "0xb", "round_trips": 4}]
    one_way = [row for minute in range(20) for row in met("0xa", "0xb", float(minute))]
    assert washing_pairs(pd.DataFrame(one_way)).empty
    slow = washed("0xa", "0xb", 4, apart=0.0)
    for place, row in enumerate(slow):
        row["event_at"] += pd.Timedelta(hours=5 * (place // 2))
    assert washing_pairs(pd.DataFrame(slow)).empty


def test_without_a_transaction_the_second_says_who_met() -> None:
    rows = washed("0xa", "0xb", 3)
    for row in rows:
        row["tx_hash"] = None
    assert len(washing_pairs(pd.DataFrame(rows))) == 1


def test_a_run_of_returns_counts_each_way_once() -> None:
    there_and_back = [
        row
        for minute in range(6)
        for row in (met("0xa", "0xb", float(minute)) if minute % 2 else met("0xb", "0xa", float(minute)))
    ]
    assert washing_pairs(pd.DataFrame(there_and_back))["round_trips"].tolist() == [3]


def test_wash_pairs_and_pairs_in_step_join_into_one_cluster() -> None:
    found = clusters(in_step("0xb", "0xc", 6), washed("0xc", "0xa", 4) + washed("0xd", "0xe", 1))
    assert found == {"0xa": "0xa", "0xb": "0xa", "0xc": "0xa"}


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(42)), st.permutations(range(40)))
def test_clusters_do_not_depend_on_the_order_of_rows(rows: list[int], meetings: list[int]) -> None:
    made = in_step("0xb", "0xc", 6) + alone("0xa", 15, 1) + alone("0xd", 15, 2)
    matches = washed("0xa", "0xd", 5)
    expected = clusters(made, matches)
    shuffled = [matches[place % len(matches)] for place in meetings]
    assert clusters([made[place] for place in rows], shuffled) == expected
    assert len(expected) == 4


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), min_size=1, max_size=40))
def test_components_are_named_by_their_lowest_member(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    of = connected(20, first, second)
    assert (of[first] == of[second]).all()
    assert (of <= np.arange(20)).all()
    members = np.flatnonzero(of >= 0)
    assert set(members) == set(first) | set(second)
    assert (of[of[members]] == of[members]).all()
    np.testing.assert_array_equal(connected(20, second[::-1], first[::-1]), of)
