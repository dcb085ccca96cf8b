"""A warehouse's tape read as columns is the tape that its observations give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from copytrade_live.core.market import DAY, HOUR, MINUTE
from copytrade_pipelines.backtest.compiled.arrays import arrays_of
from copytrade_pipelines.backtest.compiled.feed_arrays import with_feed
from copytrade_pipelines.backtest.compiled.layout import KIND_BITS, MARKET, SCORE, SIGNAL
from copytrade_pipelines.backtest.compiled.tape import TapeArrays
from copytrade_pipelines.backtest.compiled.warehouse import arrays_of_warehouse
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.tape import WarehouseTape
from tests.backtest.compiled.test_recorded import configs_of, scattered, tape_from
from tests.backtest.world import START, Rows, busy
from tests.builders import OTHER_WALLET, WALLET

FOLLOW = Follow(leaders=frozenset({WALLET}), top=1)
# What stands for something else, which is compared instead.
_CODES = {"token", "condition", "wallet", "market", "score", "book", "key"}


def both(tape: WarehouseTape) -> tuple[TapeArrays, TapeArrays]:
    columns = arrays_of_warehouse(tape, FOLLOW, START)
    assert columns is not None
    return columns, with_feed(arrays_of(tape, FOLLOW, START), tape.books().parts)


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
        book = tape.books[signal["book"]] if signal["book"] >= 0 else None
        row["book"] = None if book is None else tape.levels[book["bids"] : book["end"]].tolist()
        rows.append(row)
    return rows


def _row(rows: Any, place: int, dtype: Any, *without: str) -> list[Any] | None:
    return None if place < 0 else [rows[place][name].item() for name in dtype.names if name not in without]


def assert_alike(tape: WarehouseTape) -> int:
    columns, observed = both(tape)
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


@pytest.mark.parametrize("seed", range(6))
def test_scattered_fills_are_read_alike(seed: int, tmp_path: Path) -> None:
    assert assert_alike(tape_from(scattered(seed), tmp_path, configs_of()[0])) > 20


def test_a_busy_window_is_read_alike(tmp_path: Path) -> None:
    assert assert_alike(tape_from(busy(), tmp_path)) > 0


def test_odd_fills_are_read_alike(tmp_path: Path) -> None:
    assert assert_alike(tape_from(odd(), tmp_path, configs_of(book="fixed", book_half_spread=0.012)[0])) > 20
