from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrade_live.venue.identity import identify_activity, identify_fills, number_occurrences
from copytrade_live.venue.rows import ActivityRow, FillRow
from copytrade_live.venue.wire import parse_activity, parse_fill
from tests.venue.rows_on_the_wire import TOKEN, TX, WALLET, v1_fill, v2_activity, v2_fill


def fill(**changes: object) -> FillRow:
    return parse_fill(v2_fill(**changes))


def other(kind: str, **changes: object) -> ActivityRow:
    row = parse_activity(v2_activity(kind, **changes))
    assert isinstance(row, ActivityRow)
    return row


def test_the_id_is_the_sha256_of_wallet_transaction_token_side_price_size_and_occurrence() -> None:
    text = f"{WALLET}|{TX}|{TOKEN}|BUY|520000|22840000|0"
    assert identify_fills([fill()])[0].fill_id == hashlib.sha256(text.encode()).hexdigest()[:32]


def test_both_api_versions_give_one_fill_one_id() -> None:
    assert identify_fills([parse_fill(v1_fill())])[0].fill_id == identify_fills([fill()])[0].fill_id


def test_float_noise_does_not_change_the_id() -> None:
    noisy, clean = fill(price=0.1 + 0.2, size=3.0000000000000004), fill(price=0.3, size=3)
    assert identify_fills([noisy])[0].fill_id == identify_fills([clean])[0].fill_id


def test_equal_rows_of_one_transaction_are_different_fills() -> None:
    found = identify_fills([fill(), fill(size=1), fill()])
    assert [row.occurrence for row in found] == [0, 0, 1]
    assert len({row.fill_id for row in found}) == 3


def test_a_block_that_comes_again_is_the_same_fills() -> None:
    page = [fill(), fill(), fill(timestamp=1_789_381_470, transaction_hash="0x" + "34" * 32)]
    assert len(identify_fills(page + page)) == 3


def test_another_wallet_between_ends_the_block() -> None:
    stranger = fill(proxy_wallet="0x" + "12" * 20)
    assert [number for _, number in number_occurrences([fill(), stranger, fill()])] == [0, 0, 0]


def test_rows_without_a_transaction_have_no_occurrence_but_their_second_counts() -> None:
    lost = {"transaction_hash": ""}
    found = identify_fills([fill(**lost), fill(**lost), fill(**lost, timestamp=1_789_381_478)])
    assert len(found) == 2
    assert {row.occurrence for row in found} == {0}


def test_one_transaction_redeems_several_conditions() -> None:
    rows = [other("REDEEM"), other("REDEEM", condition_id="0x" + "99" * 32), other("MERGE")]
    assert len({row.activity_id for row in identify_activity(rows)}) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"proxy_wallet": "0x" + "12" * 20},
        {"transaction_hash": "0x" + "34" * 32},
        {"token_id": "42"},
        {"side": "SELL"},
        {"price": 0.521},
        {"size": 22.85},
    ],
)
def test_every_part_of_the_key_counts(change: dict[str, object]) -> None:
    assert identify_fills([fill(**change)])[0].fill_id != identify_fills([fill()])[0].fill_id


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=30), st.integers(0, 30))
def test_ids_do_not_depend_on_where_the_listing_begins_between_seconds(cells: list[tuple[int, int]], cut: int) -> None:
    rows = [
        fill(timestamp=1_789_381_477 - age, size=size, transaction_hash=f"0x{age:064x}") for age, size in sorted(cells)
    ]
    second = rows[cut].event_at if cut < len(rows) else 0
    tail = [row for row in rows if row.event_at <= second]
    ids = {row.fill_id for row in identify_fills(rows) if row.event_at <= second}
    assert {row.fill_id for row in identify_fills(tail)} == ids
