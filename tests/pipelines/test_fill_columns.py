from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from copytrade_live.core.market import Role
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.listing import Page
from copytrade_live.venue.stretch import History, Stretch
from copytrade_live.venue.wire import parse_fill, parse_rows
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.history_load import parse_stretches
from tests.venue.rows_on_the_wire import CONDITION, TOKEN, TX, WALLET, v1_fill, v2_fill

SECOND = 1_789_381_477
# Everything a row can have that makes it a good row, a bad one, or one that only the slow way reads.
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"size": 3},
    {"price": 0},
    {"price": 1},
    {"price": "0.52"},
    {"price": "NaN"},
    {"price": True},
    {"price": 1.5},
    {"price": float("nan")},
    {"size": float("inf")},
    {"size": 0},
    {"side": "HOLD"},
    {"side": "SELL"},
    {"timestamp": 12},
    {"timestamp": str(SECOND)},
    {"timestamp": SECOND * 1000},
    {"transaction_hash": ""},
    {"transaction_hash": TX.upper().replace("X", "x")},
    {"transaction_hash": "0x" + "é" * 64},
    {"transaction_hash": None},
    {"token_id": 12345},
    {"token_id": "12345"},
    {"token_id": "12x45"},
    {"condition_id": CONDITION[:-2]},
    {"condition_id": CONDITION[:-1]},
    {"proxy_wallet": WALLET.upper().replace("X", "x")},
    {"outcome_index": 999},
    {"outcome_index": None},
    {"outcome_index": -1},
    {"outcome_index": 1.5},
    {"title": None},
    {"title": 7},
    {"event_slug": "e"},
)
V1 = {
    "proxy_wallet": "proxyWallet",
    "condition_id": "conditionId",
    "token_id": "asset",
    "transaction_hash": "transactionHash",
    "outcome_index": "outcomeIndex",
    "event_slug": "eventSlug",
}


def page(rows: list[Any], *, is_v2: bool) -> Page:
    if is_v2:
        return Page(source="data-api", request="/v2/trades?user=x", body=json.dumps({"data": rows}))
    return Page(source="data-api", request="/trades?user=x", body=json.dumps(rows))


def stretch(rows: list[Any], *, is_v2: bool) -> Stretch:
    return Stretch(wallet=WALLET, history=History.FILLS, window=1, start=1, end=None, pages=(page(rows, is_v2=is_v2),))


@settings(max_examples=60, deadline=None)
@given(cells=st.lists(st.sampled_from(CHANGES), max_size=12), is_v2=st.booleans())
def test_columns_give_the_rows_the_ids_and_the_quarantine_of_parsing_row_by_row(
    cells: list[dict[str, Any]], is_v2: bool
) -> None:
    rows = [
        v2_fill(**cell) if is_v2 else v1_fill(**{V1.get(name, name): value for name, value in cell.items()})
        for cell in cells
    ]
    source = "data-api/v2/trades" if is_v2 else "data-api/trades"
    good, bad = parse_rows(json.loads(json.dumps(rows)), parse_fill, source)
    in_seconds = sorted(good, key=lambda row: row.event_at // 1000)
    slow = tables.fills([(fill, Role.UNKNOWN) for fill in identify_fills(in_seconds)], source="data-api", lag=10)
    batch = parse_stretches([stretch(rows, is_v2=is_v2)], lag=10)
    # Which of two fills without a transaction, or of two equal ones, stands for both is all the same.
    key = ["fill_id"]
    assert batch.fills.select(key).sort_by("fill_id").equals(slow.select(key).sort_by("fill_id"))
    names = [
        name
        for name in slow.column_names
        if name not in ("outcome_index", "title", "event_slug", "event_at", "observed_at")
    ]
    assert batch.fills.select(names).sort_by("fill_id").equals(slow.select(names).sort_by("fill_id"))
    assert sorted(map(repr, map(asdict, batch.bad))) == sorted(map(repr, map(asdict, bad)))


def test_rows_outside_the_stretch_are_left_for_the_next_one() -> None:
    rows = [v2_fill(timestamp=SECOND - age, size=1 + age) for age in range(10)]
    cut = Stretch(
        wallet=WALLET,
        history=History.FILLS,
        window=1,
        start=SECOND - 4,
        end=SECOND - 2,
        pages=(page(rows, is_v2=True),),
    )
    assert sorted(parse_stretches([cut], lag=0).fills["size"].to_pylist()) == [3.0, 4.0, 5.0]


def test_a_body_that_is_no_page_is_set_aside_and_leaves_the_stretch_incomplete() -> None:
    broken = Stretch(
        wallet=WALLET,
        history=History.FILLS,
        window=1,
        start=1,
        end=None,
        pages=(Page(source="data-api", request="/v2/trades", body='{"data": "later"}'),),
    )
    batch = parse_stretches([broken], lag=0)
    assert (batch.fills.num_rows, [row.source for row in batch.bad]) == (0, ["data-api/v2/trades#page"])
    assert [one.is_complete for one in batch.stretches] == [False]


def test_equal_fills_of_a_stretch_are_numbered_and_takers_counted_among_them() -> None:
    twins = [v2_fill(token_id=TOKEN) for _ in range(3)]
    found = Stretch(
        wallet=WALLET,
        history=History.FILLS,
        window=1,
        start=1,
        end=None,
        pages=(page(twins, is_v2=True),),
        taker_pages=(page(twins[:2], is_v2=True),),
    )
    table = parse_stretches([found], lag=0).fills
    assert sorted(zip(table["occurrence"].to_pylist(), table["role"].to_pylist(), strict=True)) == [
        (0, "taker"),
        (1, "taker"),
        (2, "maker"),
    ]
