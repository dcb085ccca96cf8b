"""Copying late: the recorded answers, the rule in the small, and the break-even of a curve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from copytrade_live.errors import InputFileError
from copytrade_pipelines.cli_score import app
from copytrade_pipelines.scoring.latency import Offers, Purchases, Repriced, break_even, judge, reprice
from copytrade_pipelines.scoring.latency_files import read_recording
from tests.venue.samples import SHARED, needs_shared

DELAYS = [0.0, 1.0, 2.0, 5.0, 10.0, 30.0]
prices = st.floats(0.02, 0.98)


def bought(*fills: tuple[int, float, float], payout: float = 1.0) -> Purchases:
    """(second, price, size) each, on line 0."""
    at, price, size = (np.array(column) for column in zip(*fills, strict=True))
    return Purchases(np.zeros(len(at), np.int64), at * 1000, price, size, np.full(len(at), payout))


def offers(*quotes: tuple[int, float], until: int = 900) -> Offers:
    """(second, ask) each, on line 0."""
    at, ask = (np.array(column) for column in zip(*quotes, strict=True))
    return Offers(np.zeros(len(at), np.int64), at * 1000, np.full(len(at), until * 1000), ask).ordered()


def curve(*gains: float) -> list[Repriced]:
    return [
        Repriced(delay=delay, n=5, leader_cost=1.0, copy_cost=1.0, leader_pnl=3.0, copy_pnl=gain)
        for delay, gain in zip(DELAYS, gains, strict=False)
    ]


def test_a_fill_is_bought_again_at_the_first_quote_at_or_after_its_time_plus_the_delay() -> None:
    found = reprice(bought((10, 0.50, 100.0)), offers((9, 0.1), (11, 0.52), (12, 0.55)), 1.0)
    assert (found.n, found.leader_cost, found.copy_cost) == (1, 50.0, pytest.approx(52.0))
    assert found.leader_pnl == pytest.approx(50.0)
    assert found.copy_pnl == pytest.approx(48.0)


def test_of_two_quotes_at_one_time_the_first_in_the_file_speaks() -> None:
    assert reprice(bought((10, 0.5, 1.0)), offers((10, 0.6), (10, 0.4)), 0.0).copy_cost == pytest.approx(0.6)


@pytest.mark.parametrize(("quote", "until"), [((16, 0.5), 900), ((10, 0.0), 900), ((12, 0.5), 12), ((9, 0.5), 900)])
def test_a_late_an_empty_and_a_closed_quote_do_not_count(quote: tuple[int, float], until: int) -> None:
    assert reprice(bought((10, 0.5, 1.0)), offers(quote, until=until), 0.0).n == 0


def test_the_copier_alone_pays_the_fee() -> None:
    free = reprice(bought((10, 0.5, 100.0)), offers((10, 0.5)), 0.0)
    charged = reprice(bought((10, 0.5, 100.0)), offers((10, 0.5)), 0.0, fee_rate=0.04)
    assert charged.copy_cost - free.copy_cost == pytest.approx(1.0)
    assert charged.leader_pnl == free.leader_pnl


def test_break_even_is_interpolated_between_the_last_delay_that_pays_and_the_next() -> None:
    assert break_even(DELAYS, np.array([[4.0, 3.0, 2.0, 1.0, -1.0, 5.0]]))[0] == pytest.approx(7.5)


def test_a_curve_that_never_pays_has_no_break_even_and_one_that_always_does_has_the_last_delay() -> None:
    found = break_even(DELAYS, np.array([[-1.0, 1, 1, 1, 1, 1], [1.0, 1, 1, 1, 1, 1], [0.0] * 6]))
    np.testing.assert_equal(found, [np.nan, 30.0, np.nan])


def test_a_missing_gain_does_not_pay() -> None:
    assert break_even(DELAYS, np.array([[2.0, 1.0, np.nan, 9, 9, 9]]))[0] == 1.0


@given(st.lists(st.floats(-5, 5), min_size=6, max_size=6), st.lists(st.floats(0, 3), min_size=6, max_size=6))
def test_worse_gains_never_lengthen_the_break_even(gains: list[float], losses: list[float]) -> None:
    worse = np.array(gains) - np.array(losses)
    before, after = np.nan_to_num(break_even(DELAYS, np.array([gains, worse])), nan=-1.0)
    assert after <= before + 1e-9


@given(st.lists(st.tuples(prices, prices), min_size=4, max_size=20), st.floats(0.0, 0.3))
def test_worse_quotes_never_lengthen_the_break_even(pairs: list[tuple[float, float]], dearer: float) -> None:
    fills = bought(*((10 * number, price, 10.0) for number, (price, _) in enumerate(pairs)), payout=0.7)
    asks = [(10 * number, ask) for number, (_, ask) in enumerate(pairs)]
    reaches = []
    for extra in (0.0, dearer):
        quotes = offers(*((at, ask + extra) for at, ask in asks))
        gains = np.array([[reprice(fills, quotes, delay, max_wait=10.0).copy_pnl for delay in DELAYS[:5]]])
        reaches.append(np.nan_to_num(break_even(DELAYS[:5], gains), nan=-1.0)[0])
    assert reaches[1] <= reaches[0] + 1e-6


def test_the_verdict_compares_the_break_even_with_our_latency() -> None:
    assert judge(curve(5.0, 4.0, 3.0, 2.0, 1.0, -1.0), 10.0).copyable
    late = judge(curve(5.0, 1.0, -1.0), 10.0)
    assert (late.copyable, late.break_even) == (False, pytest.approx(1.5))
    assert "our latency is 10 s" in late.reason
    never = judge(curve(-1.0, 2.0), 0.0)
    assert (never.copyable, never.break_even) == (False, None)
    assert "the leader made $3.00" in never.reason
    assert judge([], 1.0).copyable is False


def write(folder: Path, name: str, **columns: Any) -> Path:
    path = folder / f"{name}.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return path


def recording(folder: Path, **changes: dict[str, Any]) -> tuple[Path, Path, Path]:
    at, end = pd.Timestamp("2026-01-01 10:00:00"), pd.Timestamp("2026-01-01 10:15:00")
    fills = {"market_key": ["m"], "outcome": ["Up"], "side_assumed": ["BUY"], "price": [0.5], "size": [10.0]}
    quotes = {"market_key": ["m"], "ts_utc": [at], "Expiration": [end], "UpBid": [0.4], "UpAsk": [0.6]}
    markets = {"market_key": ["m"], "winner": ["Up"], "basis": ["last 1Hz quote >=0.98"]}
    return (
        write(folder, "trades", **(fills | {"ts_utc": [at]} | changes.get("trades", {}))),
        write(folder, "quotes", **(quotes | {"DownBid": [0.4], "DownAsk": [0.6]} | changes.get("quotes", {}))),
        write(folder, "markets", **(markets | changes.get("markets", {}))),
    )


def test_a_sale_is_copied_at_the_bid_as_a_purchase_of_the_complement(tmp_path: Path) -> None:
    found = read_recording(*recording(tmp_path, trades={"side_assumed": ["SELL"]}))
    repriced = reprice(found.bought, found.offers, 0.0)
    assert (repriced.leader_cost, repriced.copy_cost) == (pytest.approx(5.0), pytest.approx(6.0))
    assert repriced.copy_pnl == pytest.approx(-6.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trades": {"price": [1.5]}}, "price must be between 0 and 1, was 1.5 in row 0"),
        ({"trades": {"price": ["x"]}}, "price must be a number"),
        ({"trades": {"size": [None]}}, "size"),
        ({"trades": {"side_assumed": ["HOLD"]}}, "side_assumed must be BUY or SELL, was 'HOLD'"),
        ({"quotes": {"ts_utc": ["noon"]}}, "ts_utc must be a time"),
        ({"markets": {"basis": ["guess"]}}, "no winner has basis 'last 1Hz quote >=0.98', found 'guess'"),
        ({"markets": {"market_key": ["m", "m"], "winner": ["Up", "Up"], "basis": ["b", "b"]}}, "stands in two rows"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        read_recording(*recording(tmp_path, **changes))


def test_a_missing_file_a_wrong_format_and_a_missing_column_are_named(tmp_path: Path) -> None:
    trades, quotes, markets = recording(tmp_path)
    with pytest.raises(InputFileError, match=r"gone\.parquet cannot be read as Parquet"):
        read_recording(tmp_path / "gone.parquet", quotes, markets)
    (tmp_path / "text.parquet").write_text("price,size")
    with pytest.raises(InputFileError, match="cannot be read as Parquet"):
        read_recording(tmp_path / "text.parquet", quotes, markets)
    with pytest.raises(InputFileError, match=r"lacks .*Expiration"):
        read_recording(trades, trades, markets)


@needs_shared
def test_the_recorded_wallet_is_repriced_to_the_cent_and_not_copyable_though_it_earns() -> None:
    folder = SHARED / "data"
    known = json.loads((folder / "ORACLES.json").read_text())["eval2"]["copy_at_ask"]
    quoted = folder / "eval2"
    found = read_recording(
        quoted / "fills_in_quoted_windows.parquet", quoted / "quotes_1hz.parquet", folder / "eval1/markets.parquet"
    )
    curve = [reprice(found.bought, found.offers, delay) for delay in DELAYS]
    for point in curve:
        answer = known[f"{point.delay:g}s"]
        assert point.n == answer["n"]
        assert round(point.leader_cost, 2) == answer["wallet_cost"]
        assert round(point.copy_cost, 2) == answer["copy_cost"]
        assert round(point.leader_pnl, 2) == answer["wallet_pnl"]
        assert round(point.copy_pnl, 2) == answer["copy_pnl"]
    verdict = judge(curve, 0.0)
    assert (verdict.copyable, verdict.break_even) == (False, None)
    assert curve[0].leader_pnl > 0.0


def test_the_verb_prints_the_curve_the_break_even_and_the_verdict(tmp_path: Path) -> None:
    trades, quotes, markets = recording(tmp_path)
    files = ["--trades", str(trades), "--quotes", str(quotes), "--markets", str(markets)]
    plot = tmp_path / "curve.png"
    result = CliRunner().invoke(app, ["latency", *files, "--delays", "0,1", "--plot", str(plot), "--json"])
    said = json.loads(result.stdout)
    assert said["delays"][0] == {
        "delay": 0.0, "n": 1, "leader_cost": 5.0, "copy_cost": 6.0, "leader_pnl": 5.0, "copy_pnl": 4.0
    }  # fmt: skip
    assert (said["break_even"], said["copyable"]) == (0.0, False)
    assert plot.read_bytes().startswith(b"\x89PNG")
    told = CliRunner().invoke(app, ["latency", *files, "--our-latency", "0"]).stdout
    assert "break-even latency: 0 s" in told
    assert "copyable: yes" in told
    assert CliRunner().invoke(app, ["latency", *files, "--delays", "-1"]).exit_code == 2
