"""Copying a recorded wallet at the recorded best ask gives the figures that an independent query gave, to the cent."""

from __future__ import annotations

import json

import pytest

from tests.backtest.eval2 import FEE_RATE, Recording, by_query, copy_wallet, figures
from tests.sandbox.running import shared

WINDOWS = 2
DELAYS = (0, 1, 2, 5, 10, 30)


@pytest.mark.parametrize("delay", [0, 30])
def test_two_windows_come_out_as_one_query_says(delay: int) -> None:
    folder = shared("data", "eval2").parent
    assert figures(copy_wallet(Recording(folder, WINDOWS), delay)) == by_query(folder, delay, WINDOWS)


def test_with_fees_and_depth_the_copy_loses_more() -> None:
    recording = Recording(shared("data", "eval2").parent, WINDOWS)
    free = figures(copy_wallet(recording, 5))
    honest = copy_wallet(recording, 5, fills="walk_at_once", fee_rate=FEE_RATE, scale=100.0)
    fees = sum(trade.entry_fees for trade in honest) / 1e6 / 100.0
    slipped = [trade for trade in honest if trade.slippage is not None and trade.slippage > 0.05]
    assert fees > 0.005 * free["copy_cost"]
    assert figures(honest, 100.0)["copy_pnl"] < free["copy_pnl"] - 0.5 * fees
    assert slipped


@pytest.mark.slow
@pytest.mark.parametrize("delay", DELAYS)
def test_the_whole_recording_comes_out_as_the_oracle_says(delay: int) -> None:
    oracle = json.loads(shared("data", "ORACLES.json").read_text())["eval2"]["copy_at_ask"][f"{delay}s"]
    assert figures(copy_wallet(Recording(shared("data", "eval2").parent), delay)) == oracle
