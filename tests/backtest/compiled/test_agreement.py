"""The compiled sweep and the driver agree in every fill, count and digit, whatever the tape and the configuration."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from numba import njit

from copytrade_live.backtest_settings import BacktestConfig, like_paper
from copytrade_live.core.events import OrderUnknown
from copytrade_live.core.market import SECOND
from copytrade_live.errors import InputFileError
from copytrade_pipelines.backtest import run, sweep
from copytrade_pipelines.backtest.compiled.agenda import as_text
from copytrade_pipelines.backtest.compiled.arrays import arrays_of
from copytrade_pipelines.backtest.compiled.positions import share_of
from copytrade_pipelines.backtest.compiled.sweeping import shards_of
from copytrade_pipelines.backtest.compiled.tables import tables_of
from copytrade_pipelines.backtest.driver import Follow
from tests.backtest.compiled.judge import difference, driven, swept, swept_as
from tests.backtest.compiled.tapes import WALLETS, random_assumptions, random_config, random_tape
from tests.builders import NOW, at, book_seen, config, leader_fill, opening

TOGETHER = 3


def disagreements(seeds: range, length: int) -> list[str]:
    found = []
    for seed in seeds:
        tape, numbers = random_tape(seed, length), [1000 * seed + place for place in range(TOGETHER)]
        settings = [random_config(number) for number in numbers]
        own = [random_assumptions(number, each) for number, each in zip(numbers, settings, strict=True)]
        accounts = swept(arrays_of(tape), settings, own)
        for place, account in enumerate(accounts):
            told = difference(driven(tape, settings[place], own[place]), account)
            found += [f"seed {seed}, configuration {place}: {told}"] if told else []
    return found


def test_random_tapes_come_to_the_same() -> None:
    assert disagreements(range(12), 160) == []


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_a_thousand_random_tapes_come_to_the_same(first: int) -> None:
    assert disagreements(range(first, first + 100), 300) == []


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("min_liquidity", 400.0), ("ttl", 4000), ("failure_rate", 0.5), ("max_per_trade", 0.0799), ("held_pace", 299_000)],
)
def test_a_rule_that_differs_a_little_is_noticed(parameter: str, value: float) -> None:
    noticed = 0
    for seed in range(5):
        tape, settings, own = random_tape(seed, 160), random_config(0), BacktestConfig(seed=seed)
        arrays = arrays_of(tape)
        tables = tables_of(arrays, [settings], [own])
        tables.parameters[parameter] = value
        [account] = swept_as(arrays, [settings], tables)
        noticed += difference(driven(tape, settings, own), account) != ""
    assert noticed


def test_only_followed_leaders_count_and_those_whose_copies_are_held() -> None:
    for seed in range(4):
        tape, settings, own = random_tape(seed, 160), random_config(4), BacktestConfig(seed=seed)
        follow = Follow(leaders=frozenset(WALLETS[:1]), top=1)
        [account] = swept(arrays_of(tape, follow), [settings], [own])
        assert difference(driven(tape, settings, own, follow), account) == ""


def test_sixty_four_configurations_pass_together_as_each_alone() -> None:
    tape = random_tape(5, 200)
    settings = [random_config(number) for number in range(64)]
    own = [random_assumptions(number, each) for number, each in enumerate(settings)]
    arrays = arrays_of(tape)
    together = swept(arrays, settings, own)
    for place in (0, 7, 31, 63):
        [alone] = swept(arrays, [settings[place]], [own[place]])
        assert difference(alone, together[place]) == ""


def test_sweep_gives_what_run_gives_and_names_its_engine() -> None:
    tape, settings = random_tape(3), [random_config(number) for number in (0, 8)]
    results = sweep(tape, settings, threads=2, draws=20, until=NOW + 10**9)
    for one, each in zip(results, settings, strict=True):
        alone = run(tape, each, until=NOW + 10**9)
        assert (one.engine, one.refused) == ("compiled", None)
        assert (one.trades, one.equity) == (alone.trades, alone.equity)
        assert replace(one.summary, pnl_low=None, pnl_high=None) == replace(alone.summary, pnl_low=None, pnl_high=None)


def test_what_is_not_compiled_goes_to_the_driver_and_is_named() -> None:
    tape = [*opening(), leader_fill(NOW), OrderUnknown(**at(NOW + 5), order_id="entry-f1-1", cause="timeout")]
    [result] = sweep(tape, [config()])
    assert result.engine == "driver"
    assert "OrderUnknown" in (result.refused or "")


def test_one_refused_configuration_does_not_slow_the_others() -> None:
    own = BacktestConfig(order_look_seconds=700.0)
    slow, fast = config(execution={"order_ttl_seconds": 900.0}), config()
    results = sweep([*opening(), leader_fill(NOW)], [slow, fast])
    assert [one.engine for one in results] == ["driver", "compiled"]
    [refused] = sweep([*opening(), leader_fill(NOW)], [fast], assumptions=own)
    assert "order_look_seconds" in (refused.refused or "")


def test_a_tape_that_goes_back_in_time_is_refused() -> None:
    with pytest.raises(InputFileError, match="goes back in time"):
        sweep([*opening(), book_seen(NOW + SECOND, 0.4, 0.5), book_seen(NOW, 0.4, 0.5)], [config()])


def test_an_empty_tape_needs_a_beginning() -> None:
    with pytest.raises(InputFileError, match="no observations"):
        sweep([], [config()])
    [result] = sweep([], [config()], started_at=NOW, until=NOW + 10**8)
    assert result.summary.final_equity == 1000.0


def test_paper_fills_are_the_papers() -> None:
    tape, settings = random_tape(2, 160), random_config(0)
    own = like_paper(settings.paper)
    [account] = swept(arrays_of(tape), [settings], [own])
    assert all(fill[-1] for fill in account.fills)
    assert difference(driven(tape, settings, own), account) == ""


# Only compiled functions may call what the kernel is made of.
@njit
def part_of(whole: int, part: int, total: int) -> int:
    return share_of(whole, part, total)


@njit
def text_of(number: int) -> int:
    return as_text(number)


def test_parts_of_costs_are_exact_beyond_64_bits() -> None:
    rng = Random(1)
    for _ in range(2000):
        total = rng.randrange(1, 2 ** rng.randrange(2, 62))
        part, whole = rng.randrange(0, total + 1), rng.randrange(0, 2 ** rng.randrange(1, 62))
        assert part_of(whole, part, total) == whole * part // total


def test_numbers_sort_as_their_text_does() -> None:
    numbers = sorted(range(1, 12000), key=str)
    assert all(text_of(one) < text_of(other) for one, other in pairwise(numbers))


def test_shards_cover_every_configuration_once() -> None:
    for configs in (1, 2, 63, 64, 65, 300):
        for threads in (1, 2, 4):
            assert [place for shard in shards_of(configs, threads) for place in shard] == list(range(configs))
            assert len(shards_of(configs, threads)) >= min(threads, configs)


def test_the_random_tapes_reach_most_of_the_rules() -> None:
    reasons: set[str] = set()
    for seed in range(6):
        for number in range(2):
            account = driven(random_tape(seed, 160), random_config(1000 * seed + number), BacktestConfig())
            reasons |= {*account.ledger.rejections, *account.ledger.exits}
    assert len(reasons) > 20
