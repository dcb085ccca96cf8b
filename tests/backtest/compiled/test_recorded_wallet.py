"""On quotes and fills that were really recorded, the sweep and the driver agree; skipped where they are absent."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.events import (
    BookObserved,
    GateObserved,
    LeaderFillObserved,
    MarketResolved,
    Observation,
    ScoresPublished,
)
from copytrade_live.core.market import DAY, Book, Level, Side
from copytrade_live.core.score import OVERALL
from copytrade_pipelines.backtest.tape import order_of
from tests.backtest.compiled.judge import arrays_of, difference, driven, swept
from tests.builders import WALLET, config, gate, market, score, signal, snapshot
from tests.sandbox.running import shared

OPEN = config(
    filter={
        "max_spread": 0.5,
        "min_liquidity": 1.0,
        "max_price_move": 0.5,
        "min_leader_notional": 0.0,
        "min_hours_to_resolution": 0.0,
        "max_price": 0.99,
        "min_price": 0.01,
    },
    sizing={"min_notional": 1.0, "decay_hours": 0.0},
    risk={
        "weekly_drawdown_halt": 1.0,
        "daily_soft_stop": 1.0,
        "leader_drawdown_cutoff": 1.0,
        "leader_loss_streak": 999,
    },
    execution={"max_slippage": 0.1},
    exit={"time_exit_hours": 0.0, "take_profit": 0.2, "stop_loss": 0.2},
)


def recorded(windows: int) -> list[Observation]:
    """The first windows: a book of either outcome each second, the wallet's fills, and how each ended."""
    folder = shared("data", "eval2").parent
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute(
        f"""create view chosen as select market_key, winner, epoch_ms(end_utc) as ends
        from '{folder}/eval1/markets.parquet' where basis = 'last 1Hz quote >=0.98'
        order by market_key limit {windows}"""
    )
    found = [*_books(con, str(folder)), *_fills(con, str(folder))]
    for name, winner, ends in con.execute("select market_key, winner, ends from chosen").fetchall():
        up = 1.0 if winner == "Up" else 0.0
        at = max(ends, *(one.observed_at for one in found)) + 1000
        payouts = ((f"{name}/Up", up), (f"{name}/Down", 1.0 - up))
        found.append(MarketResolved(event_at=at, observed_at=at, condition_id=name, payouts=payouts))
    first = min(one.observed_at for one in found)
    scores = snapshot(score(category=OVERALL, edge_mean=0.2, as_of=first), as_of=first)
    opening: list[Observation] = [
        ScoresPublished(event_at=first, observed_at=first, snapshot=scores),
        GateObserved(event_at=first, observed_at=first, gate=gate(valid_until=first + 9 * DAY)),
    ]
    return [*opening, *sorted(found, key=order_of)]


def _books(con: duckdb.DuckDBPyConnection, folder: str) -> Iterator[BookObserved]:
    rows = con.execute(
        f"""select market_key, epoch_ms(ts_utc), UpBid, UpAsk, UpAskTop5Size, DownBid, DownAsk, DownAskTop5Size
        from read_parquet('{folder}/eval2/quotes_1hz.parquet', file_row_number = true)
        semi join chosen using (market_key) order by file_row_number"""
    ).fetchall()
    for name, at, *sides in rows:
        for outcome, (bid, ask, size) in (("Up", sides[:3]), ("Down", sides[3:])):
            bids = (Level(bid, max(size, 1.0)),) if 0.0 < bid < 1.0 else ()
            asks = (Level(ask, max(size, 1.0)),) if 0.0 < ask < 1.0 else ()
            shown = Book(token_id=f"{name}/{outcome}", bids=bids, asks=asks, event_at=at, observed_at=at)
            yield BookObserved(event_at=at, observed_at=at, book=shown)


def _fills(con: duckdb.DuckDBPyConnection, folder: str) -> Iterator[LeaderFillObserved]:
    rows = con.execute(
        f"""select row_number() over (order by ts_utc, file_row_number), market_key, outcome, price, size,
            epoch_ms(ts_utc)
        from read_parquet('{folder}/eval2/fills_in_quoted_windows.parquet', file_row_number = true)
        semi join chosen using (market_key) order by 1"""
    ).fetchall()
    for number, name, outcome, price, size, at in rows:
        seen = signal(
            signal_id=f"f{number}",
            wallet=WALLET,
            condition_id=name,
            token_id=f"{name}/{outcome}",
            price=price,
            size=size,
            side=Side.BUY,
            event_at=at,
            observed_at=at + 2000,
        )
        listed = market(
            condition_id=name, token_ids=(f"{name}/Up", f"{name}/Down"), outcomes=("Up", "Down"), end_at=None
        )
        around = (Level(round(price - 0.01, 2), 500.0),), (Level(round(price + 0.01, 2), 500.0),)
        shown = Book(token_id=seen.token_id, bids=around[0], asks=around[1], event_at=at, observed_at=at + 2000)
        yield LeaderFillObserved(event_at=at, observed_at=at + 2000, signal=seen, book=shown, market=listed)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_recorded_wallet_comes_to_the_same(seed: int) -> None:
    tape, own = recorded(2), BacktestConfig(seed=seed, settlement_failure_rate=0.1)
    [account] = swept(arrays_of(tape), [OPEN], [own])
    assert len(account.fills) > 20
    assert difference(driven(tape, OPEN, own), account) == ""
