"""A cold run from DuckDB (goal R3): rows out of the warehouse, one configuration over them, results.

    python -m benchmarks.backtest_cold FILLS FOLDER

Makes a warehouse with so many fills and ten times as many recorded books once a folder. The anchor reads the same
columns from the same tables as Arrow, in no order, and passes the compiled kernel over arrays that are made already.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.year import CONFIG
from benchmarks.year_world import Size, make
from copytrade_live.core.market import DAY
from copytrade_live.settings import Home
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.extract import Window, extract
from copytrade_pipelines.backtest.grid import Point
from copytrade_pipelines.backtest.tape import tape_of

REPEATS = 3
_TIME = "epoch_ms(cast({0} as bigint)) as {0}"
# What a warehouse holds of a tape's files, in the order in which it would have been taken in.
_TABLES = {
    "marts.fct_fills": "select * replace ({event_at}, {observed_at}), row_number() over () as loaded_seq "
    "from '{fills}'",
    "marts.fct_trader_scores": "select * replace ({as_of}, {known_at}) from '{scores}'",
    "staging.stg_markets": "select * replace ({start_at}, {end_at}, {closed_at}), true as is_closed, "
    "epoch_ms(0) as observed_at from '{markets}'",
    "marts.fct_resolutions": "select distinct condition_id, {resolved_at}, {known_at} from '{payouts}'",
    "intermediate.int_outcomes": "select condition_id, token_id, payout, 0 as position from '{payouts}'",
    "raw.books": "select *  replace ({event_at}, {observed_at}), row_number() over () as book_id, "
    "'' as condition_id, row_number() over () as loaded_seq from '{books}'",
    "raw.prices": "select token_id, {at}, mid from '{prices}'",
    "raw.resolutions": "select condition_id, status, {known_at} from '{statuses}'",
    "raw.journal": "select '' as run_id, '' as type, '' as mode, '{{}}'::json as payload, epoch_ms(0) as event_at, "
    "epoch_ms(0) as observed_at limit 0",
    "raw.fee_schedules": "select condition_id, fee_rate as rate, fee_exponent as exponent, "
    "epoch_ms(cast(known_at as bigint)) as observed_at, '' as source from '{terms}'",
}
# What the anchor reads: the columns that a tape is made of, as they stand.
_COLUMNS = {
    "marts.fct_fills": "fill_id, wallet, condition_id, token_id, side, role, price, size, event_at, observed_at",
    "raw.books": "token_id, bids, asks, event_at, observed_at",
    "marts.fct_trader_scores": "*",
    "staging.stg_markets": "*",
    "intermediate.int_outcomes": "*",
}


def main() -> None:
    """Measure in this process, which nothing else has warmed or filled."""
    fills, folder = int(sys.argv[1]), Path(sys.argv[2])
    size = Size(days=max(2, fills // 13_700), leaders=200, fills=fills, quotes=10 * fills)
    path = folder / f"cold-{fills}.duckdb"
    if not path.exists():
        make(folder / "rows", size)
        _fill(path, folder / "rows")
    print(json.dumps(measure_here(path, size, folder)))


def _fill(path: Path, rows: Path) -> None:
    names = ("event_at", "observed_at", "as_of", "known_at", "start_at", "end_at", "closed_at", "resolved_at", "at")
    words = {name: _TIME.format(f'"{name}"') for name in names}
    words |= {file.stem: str(file) for file in rows.glob("*.parquet")}
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts; create schema staging; create schema intermediate; create schema raw")
        for table, query in _TABLES.items():
            con.execute(f"create table {table} as {query.format(**words)}")


def _window(path: Path, size: Size) -> Window:
    """All of the time, and those of the leaders who traded in it."""
    with duckdb.connect(str(path), read_only=True) as con:
        rows = con.execute("select distinct wallet from marts.fct_fills order by wallet").fetchall()
    return replace(size.window, leaders=tuple(str(row[0]) for row in rows))


def measure_here(path: Path, size: Size, folder: Path) -> dict[str, Any]:
    """The cold run and its anchor, best of a few each, with what the parts of the run took. Units: seconds of CPU."""
    from copytrade_pipelines.backtest.compiled.arrays import arrays_of
    from copytrade_pipelines.backtest.compiled.feed_arrays import with_feed
    from copytrade_pipelines.backtest.compiled.loading import Asked
    from copytrade_pipelines.backtest.compiled.loading import load as load_rows
    from copytrade_pipelines.backtest.compiled.passes import pass_over
    from copytrade_pipelines.backtest.compiled.tables import tables_of
    from copytrade_pipelines.backtest.compiled.warehouse import arrays_of_loaded
    from copytrade_pipelines.backtest.sweep_window import sweep_window

    window = _window(path, size)
    span: dict[str, Any] = {"follow": Follow(leaders=frozenset(window.leaders)), "started_at": window.start}
    found: dict[str, Any] = {"events": size.fills + size.quotes}

    def swept(room: float) -> Any:
        pipelines = CONFIG.pipelines.model_copy(update={"keep_rows_gib": room})
        point = Point(number=0, changes={}, config=CONFIG.model_copy(update={"pipelines": pipelines}))
        with duckdb.connect(str(path), read_only=True) as con:
            return sweep_window(con, Home(folder), window, [point])

    def loaded() -> Any:
        with duckdb.connect(str(path), read_only=True) as con:
            return load_rows(con, Asked(window=window, version="ce2"))

    [first] = swept(2.0)
    assert first.result.refused is None, first.result.refused
    found["copies"] = first.result.summary.copies
    found["cold_wall"], found["cold"] = _best(lambda: swept(0.0))
    # With the rows that the first one kept.
    found["again_wall"], found["again"] = _best(lambda: swept(2.0))
    found["rows_wall"], found["rows"] = _best(loaded)
    rows = loaded()
    tape = tape_of(rows.small, window, CONFIG)
    found["arrays_wall"], found["arrays"] = _best(lambda: arrays_of_loaded(rows, tape, **span))
    arrays = arrays_of_loaded(rows, tape, **span)

    def passed(one: Any) -> Any:
        tables = tables_of(one, [CONFIG.decision()], [CONFIG.backtest])
        return pass_over(one, tables, window.start, window.end)

    def load() -> None:
        with duckdb.connect(str(path), read_only=True) as con:
            for table, columns in _COLUMNS.items():
                con.sql(f"select {columns} from {table}").to_arrow_table()  # noqa: S608 - our own names

    found["load_wall"], found["load"] = _best(load)
    found["kernel_wall"], found["kernel"] = _best(lambda: passed(arrays))
    found["days"] = (window.end - window.start) // DAY
    found["rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # The same as by way of an extract's observations, in every number of the account.
    with duckdb.connect(str(path), read_only=True) as con:
        taken = tape_of(extract(con, window, folder / "tape", "ce2"), window, CONFIG)
    observed = with_feed(arrays_of(taken, **span), taken.books().parts)
    found["equal"] = bool((passed(arrays).accounts == passed(observed).accounts).all())
    return found


def _best(work: Callable[[], Any]) -> tuple[float, float]:
    walls, seconds = [], []
    for _ in range(REPEATS):
        began, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - began)
        seconds.append(time.process_time() - cpu)
    return min(walls), min(seconds)


if __name__ == "__main__":
    main()
