"""On a warehouse's tape the sweep finds the same books, mids, fills and prints at the same moments as the driver."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest import run, sweep
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.extract import Window, extract
from copytrade_pipelines.backtest.tape import WarehouseTape, tape_of
from tests.backtest.world import CONFIG, END, START, Rows, busy
from tests.builders import OTHER_WALLET, WALLET

WINDOW = Window(start=START, end=END, leaders=(WALLET, OTHER_WALLET))


def tape_from(rows: Rows, folder: Path, config: CopytradeConfig = CONFIG) -> WarehouseTape:
    with rows.connect() as con:
        return tape_of(extract(con, WINDOW, folder), WINDOW, config)


def scattered(seed: int) -> Rows:
    """Leaders' fills between recorded books, mids and long silences, in markets that open, close and pay out."""
    rng, rows = Random(seed), Rows()
    for number in range(1, 7):
        rows.market(number, category=rng.choice(["politics", "sports"]), end_at=START + (number + 1) * DAY)
        rows.score(START - number * HOUR, rng.choice([WALLET, OTHER_WALLET]), edge_mean=0.2)
    at = START
    while (at := at + rng.randrange(MINUTE, 3 * HOUR)) < END:
        number, price = rng.randrange(1, 7), round(rng.uniform(0.2, 0.8), 2)
        for _ in range(rng.randrange(3)):
            later = at + rng.randrange(-20, 200) * SECOND
            rows.book(number, later, round(price - 0.01, 2), price, size=rng.choice([20.0, 900.0, 5000.0]))
        if rng.random() < 0.5:
            rows.mid(number, at - rng.randrange(0, 3 * HOUR) // SECOND * SECOND, price)
        for turn in range(rng.randrange(3)):
            side = rng.choice(["BUY", "BUY", "SELL"])
            wallet = rng.choice([WALLET, OTHER_WALLET])
            rows.fill(f"f{at}-{number}{turn}", number, at + turn * SECOND, price, side=side, wallet=wallet)
    for number in (1, 2):
        rows.resolution(number, START + number * DAY, (1.0, 0.0))
    return rows


def agree(tape: WarehouseTape, configs: list[CopytradeConfig]) -> int:
    span = {"follow": Follow(leaders=frozenset({WALLET}), top=1), "started_at": START, "until": END}
    fills = 0
    for config, one in zip(configs, sweep(tape, configs, draws=10, **span), strict=True):
        alone = run(tape, config, books=tape.books(), **span)
        assert (one.engine, one.refused) == ("compiled", None)
        assert one.trades == alone.trades
        assert one.equity == alone.equity
        fills += sum(trade.is_filled for trade in one.trades)
    return fills


def configs_of(**backtest: object) -> list[CopytradeConfig]:
    wide = {"filter": {"min_liquidity": 50.0, "max_spread": 0.3}, "backtest": backtest}
    return [
        CopytradeConfig.model_validate({**wide, "exit": {"take_profit": gain, "stop_loss": loss}})
        for gain, loss in ((0.1, 0.1), (0.5, 1.0))
    ]


def test_a_busy_window_comes_to_the_same(tmp_path: Path) -> None:
    assert agree(tape_from(busy(), tmp_path), [CONFIG, *configs_of()]) > 0


@pytest.mark.parametrize("seed", range(3))
def test_scattered_books_come_to_the_same(seed: int, tmp_path: Path) -> None:
    backtest = {"book": "fixed", "book_half_spread": 0.012} if seed else {}
    configs = configs_of(**backtest)
    assert agree(tape_from(scattered(seed), tmp_path, configs[0]), configs) > 0
