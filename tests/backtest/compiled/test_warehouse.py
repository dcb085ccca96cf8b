"""A warehouse's tape read as columns is the tape that its observations give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.chance import key_of
from copytrade_pipelines.backtest.compiled.arrays import arrays_of
from copytrade_pipelines.backtest.compiled.feed_arrays import with_feed
from copytrade_pipelines.backtest.compiled.id_order import order_of_ids
from copytrade_pipelines.backtest.compiled.keys import keys_of
from copytrade_pipelines.backtest.compiled.layout import KIND_BITS, MARKET, SCORE, SIGNAL
from copytrade_pipelines.backtest.compiled.loading import Asked, Loaded, load
from copytrade_pipelines.backtest.compiled.parameters import NotCompiledError
from copytrade_pipelines.backtest.compiled.tape import TapeArrays
from copytrade_pipelines.backtest.compiled.warehouse import arrays_of_loaded, arrays_of_warehouse
from copytrade_pipelines.backtest.detection import redraw_detection
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.extract import extract
from copytrade_pipelines.backtest.tape import tape_of
from copytrade_pipelines.scoring.parameters import SCORE_VERSION
from tests.backtest.compiled.test_recorded import WINDOW, configs_of, scattered, tape_from
from tests.backtest.world import CONFIG, START, Rows, busy, levels, token
from tests.builders import OTHER_WALLET, WALLET

FOLLOW = Follow(leaders=frozenset({WALLET}), top=1)
# What stands for something else, which is compared instead.
_CODES = {"token", "condition", "wallet", "market", "score", "book", "key"}


def loaded(rows: Rows, config: CopytradeConfig = CONFIG) -> TapeArrays:
    with rows.connect() as con:
        return arrays_from(load(con, Asked(window=WINDOW, version=SCORE_VERSION)), config)


def arrays_from(found: Loaded, config: CopytradeConfig) -> TapeArrays:
    return arrays_of_loaded(found, tape_of(found.small, WINDOW, config), FOLLOW, START)


def told(arrays: TapeArrays) -> list[dict[str, Any]]:
    """Every fill with whatever it points to in place of a code."""
    tape, rows = arrays.tape, []
    for place, signal in enumerate(tape.signals):
        row: dict[str, Any] = {name: signal[name].item() for name in SIGNAL.names or () if name not in _CODES}
        row |= {"id": arrays.signal_ids[place], "source": str(arrays.sources[place])}
        row |= {"token": arrays.tokens[signal["token"]], "wallet": arrays.wallets[signal["wallet"]]}
        row["condition"] = arrays.conditions[signal["condition"]]
        row["key"] = signal["key"].item() if signal["is_buy"] else 0
        row["market"] = _row(tape.markets, signal["market"], MARKET, "condition", "event")
        row["score"] = _row(tape.scores, signal["score"], SCORE)
        row["book"] = levels_of(arrays, signal["book"]) if signal["book"] >= 0 else None
        rows.append(row)
    return rows


def levels_of(arrays: TapeArrays, book: int) -> list[Any]:
    """The levels of a book of the tape, or of one that was made, whose numbers follow."""
    tape, made = arrays.tape, arrays.made
    if book < len(tape.books):
        row = tape.books[book]
        return tape.levels[row["bids"] : row["end"]].tolist()
    row, before = made["made_books"][book - len(tape.books)], len(tape.levels)
    return made["made_levels"][row["bids"] - before : row["end"] - before].tolist()


def _row(rows: Any, place: int, dtype: Any, *without: str) -> list[Any] | None:
    return None if place < 0 else [rows[place][name].item() for name in dtype.names if name not in without]


def fed(arrays: TapeArrays) -> dict[str, Any]:
    """Of every token what was recorded and printed of it, and when."""
    tape, found = arrays.tape, {}
    for name, own, listed in zip(arrays.tokens, tape.tokens, tape.listed, strict=False):
        known = tape.recorded[listed["first_book"] : listed["end_of_books"]]
        books = [tape.books[one] for one in known["book"]]
        found[name] = (
            [(one["known_at"].item(), one["event_at"].item()) for one in known],
            [tape.levels[one["bids"] : one["asks"]].tolist() for one in books],
            [tape.levels[one["asks"] : one["end"]].tolist() for one in books],
            tape.prints[own["first_print"] : own["end_of_prints"]].tolist(),
            tape.mids[listed["first_mid"] : listed["end_of_mids"]].tolist(),
            [listed[one].item() for one in ("is_known", "opens_at", "closes_at", "end_at", "tick")],
        )
    return found


def assert_alike(rows: Rows, folder: Path, config: CopytradeConfig = CONFIG) -> int:
    """By way of observations, of an extract's columns, and straight from the warehouse: the same tape."""
    tape = tape_from(rows, folder, config)
    observed = with_feed(arrays_of(tape, FOLLOW, START), tape.books().parts)
    columns = arrays_of_warehouse(tape, FOLLOW, START)
    assert columns is not None
    straight = loaded(rows, config)
    assert fed(straight) == fed(observed)
    assert same_as(straight, observed) == same_as(columns, observed)
    return len(observed.tape.signals)


def same_as(columns: TapeArrays, observed: TapeArrays) -> int:
    for one, other in zip(told(columns), told(observed), strict=True):
        np.testing.assert_equal(one, other)
    kinds = (1 << KIND_BITS) - 1
    for name in ("at", "ref"):
        np.testing.assert_array_equal(columns.tape.events[name], observed.tape.events[name])
    np.testing.assert_array_equal(columns.tape.events["what"] & kinds, observed.tape.events["what"] & kinds)
    assert (columns.first, columns.last) == (observed.first, observed.last)
    assert sorted(columns.tokens) == sorted(observed.tokens)
    assert sorted(columns.conditions) == sorted(observed.conditions)
    return len(columns.tape.signals)


def odd() -> Rows:
    """Fills of markets that nobody lists, before the window, twice, and after a payout of what was held."""
    rows = scattered(7)
    rows.fill("x1", 1, START - HOUR, 0.4, wallet=WALLET, size=80.0)
    rows.fill("x2", 1, START + MINUTE, 0.5, side="SELL", wallet=WALLET, size=20.0)
    rows.fill("x3", 9, START + HOUR, 0.5, wallet=OTHER_WALLET)
    rows.fill("x4", 2, START + 2 * DAY + HOUR, 0.5, side="SELL", wallet=WALLET)
    rows.fill("y4", 3, START + 2 * DAY + HOUR, 0.5, side="SELL", wallet=WALLET)
    return rows


def messy(*, in_order: bool = False) -> Rows:
    """Books that make no sense, are turned round, one-sided, of one moment or late; trades that both sides tell."""
    rows, at = scattered(8), START + HOUR
    rows.market(20, start_at=at + MINUTE)
    rows.fill("m1", 20, at + 2 * MINUTE, 0.5)
    sides = {"bids": levels(0.4, -0.01, 900.0), "asks": levels(0.5, 0.01, 900.0)}
    for name, later, changes in (
        ("early", 0, {}),
        ("turned", 70, {"bids": sides["bids"][::-1], "asks": sides["asks"][::-1]}),
        ("twice", 80, {"bids": levels(0.3, 0.0, 900.0)}),
        ("crossed", 81, {"bids": levels(0.6, -0.01, 900.0)}),
        ("outside", 82, {"asks": levels(0.99, 0.01, 900.0)}),
        ("empty size", 83, {"asks": levels(0.5, 0.01, 0.0)}),
        ("no number", 84, {"asks": levels(0.5, 0.01, float("nan"))}),
        ("no bids", 85, {"bids": []}),
        ("no asks", 86, {"asks": []}),
        ("nothing", 87, {"bids": None, "asks": []}),
        ("b", 90, {"bids": levels(0.41, -0.01, 900.0)}),
        ("a", 90, {"bids": levels(0.42, -0.01, 900.0)}),
        ("late", 99 if in_order else 71, {}),
    ):
        when = at + later * SECOND
        row = {"token_id": token(20), "condition_id": "", "event_at": when, "observed_at": when, "source": "test"}
        rows.add("raw.books", book_id=name, **{**row, **sides, **changes})
    for turn, (role, tx) in enumerate((("taker", "0x9"), ("maker", "0x9"), ("maker", "0x8"), ("maker", None))):
        rows.fill(f"p{9 - turn}", 20, at + 3 * MINUTE, 0.5, role=role, tx_hash=tx, wallet=f"0xother{turn}")
    return rows


@pytest.mark.parametrize("in_order", [False, True])
def test_a_messy_warehouse_is_read_alike(in_order: bool, tmp_path: Path) -> None:
    rows = messy(in_order=in_order)
    # What is written late stands last: without it only books of one moment have to be told apart.
    rows.tables["raw.books"].sort(key=lambda row: row["observed_at"] if in_order else 0)
    assert assert_alike(rows, tmp_path) > 20
    books = fed(loaded(rows))[token(20)]
    assert len(books[0]) == 8


def test_lags_are_drawn_for_what_is_loaded_as_for_what_is_extracted(tmp_path: Path) -> None:
    curve, rows = (1_000, 5_000, 90_000), scattered(3)
    with rows.connect() as con:
        taken = redraw_detection(extract(con, WINDOW, tmp_path), curve, 5)
        found = load(con, Asked(window=WINDOW, version=SCORE_VERSION, curve=curve, seed=5))
    observed = arrays_of_warehouse(tape_of(taken, WINDOW, CONFIG), FOLLOW, START)
    assert observed is not None
    assert same_as(arrays_from(found, CONFIG), observed) > 20


def test_keys_of_a_column_are_the_keys_of_its_ids() -> None:
    names = [f"{number:032x}" for number in range(200)] + ["", "é", *("a" * size for size in (1, 127, 128))]
    for ids in (names, [*names, "b" * 129], [""], []):
        assert keys_of(pa.array(ids, pa.string())).tolist() == [key_of(name) for name in ids]


def test_ids_are_ranked_as_text() -> None:
    for ids in (
        ["b2", "a1", "b1", "a1"],
        ["bb", "b", "b+", "aaa"],
        [f"{n * 7919 % 100:040d}" for n in range(100)],
        ["x"],
    ):
        order = order_of_ids(pa.array(ids))
        assert order.ranks.tolist() == [sorted(set(ids)).index(name) for name in ids]
        assert order.order_ranks.tolist() == [sorted({f"{one}-" for one in ids}).index(f"{name}-") for name in ids]
        assert order.are_unique == (len(set(ids)) == len(ids))
    with pytest.raises(NotCompiledError, match="named like an order"):
        order_of_ids(pa.array(["a", "a-1"]))


@pytest.mark.parametrize("seed", range(6))
def test_scattered_fills_are_read_alike(seed: int, tmp_path: Path) -> None:
    assert assert_alike(scattered(seed), tmp_path, configs_of()[0]) > 20


def test_a_busy_window_is_read_alike(tmp_path: Path) -> None:
    assert assert_alike(busy(), tmp_path) > 0


def test_odd_fills_are_read_alike(tmp_path: Path) -> None:
    assert assert_alike(odd(), tmp_path, configs_of(book="fixed", book_half_spread=0.012)[0]) > 20
