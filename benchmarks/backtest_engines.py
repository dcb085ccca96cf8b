"""One engine over one tape, in a process of its own: python -m benchmarks.backtest_engines ENGINE SIGNALS FOLDER.

Prints seconds of CPU, peak memory and what came of it. What a tape is given as is made before the clock starts, or
timed alone and taken off: observations for the driver, arrays for the sweep, its own data for nautilus. A bot's events
are its own doing, so their making counts for it; it is told beside. Memory is the peak after the tape was made.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.backtest_tape import Columns, Outcome, assumptions, columns, config, observations

CONFIGS = 64
REPEATS = 3


def main() -> None:
    """Run one engine."""
    engine, signals, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    tape = columns(signals)
    _forget_peak()
    found = ENGINES[engine](tape, folder)
    print(json.dumps({"events": len(tape), "rss_mib": _peak_mib()} | found))


def _driver(tape: Columns, folder: Path) -> dict[str, Any]:
    from copytrade_pipelines.backtest.run import run

    making = _cpu(lambda: _exhaust(observations(tape)))
    began = time.process_time()
    result = run(observations(tape), config(), assumptions=assumptions(), journal=folder / "journal")
    seconds = time.process_time() - began - making
    return {"cpu": seconds, "making": making, "outcome": _of_trades(result.trades).as_row()}


def _bot(tape: Columns, folder: Path) -> dict[str, Any]:
    from benchmarks.backtest_bot import events, run_bot

    making = min(_cpu(lambda: _exhaust(events(tape))) for _ in range(REPEATS))
    best = min(_cpu(lambda: run_bot(events(tape))) for _ in range(REPEATS))
    return {"cpu": best, "making": making, "outcome": run_bot(events(tape)).as_row()}


def _kernel(tape: Columns, folder: Path) -> dict[str, Any]:
    from benchmarks.backtest_kernel import run_kernel

    outcome = run_kernel(tape)
    return {"cpu": min(_cpu(lambda: run_kernel(tape)) for _ in range(2 * REPEATS)), "outcome": outcome.as_row()}


def _sweep(tape: Columns, folder: Path) -> dict[str, Any]:
    from copytrade_pipelines.backtest.compiled.arrays import arrays_of
    from copytrade_pipelines.backtest.compiled.passes import pass_over
    from copytrade_pipelines.backtest.compiled.results import ledgers_of
    from copytrade_pipelines.backtest.compiled.sweeping import shards_of
    from copytrade_pipelines.backtest.compiled.tables import tables_of

    began = time.process_time()
    arrays = arrays_of(observations(tape), None, None)
    loading = time.process_time() - began
    first, last = int(tape.at[0]) - 1, int(tape.at[-1])
    one = tables_of(arrays, [config()], [assumptions()])
    passed = pass_over(arrays, one, first, last)
    (ledger,) = ledgers_of(arrays, passed, [config()])
    single = min(_cpu(lambda: pass_over(arrays, one, first, last)) for _ in range(REPEATS))
    many = tables_of(arrays, _grid(), [assumptions()] * CONFIGS)

    def pass_all(threads: int) -> None:
        parts = [many.part(shard.start, shard.stop) for shard in shards_of(CONFIGS, threads)]
        with ThreadPoolExecutor(threads) as pool:
            _exhaust(pool.map(lambda part: pass_over(arrays, part, first, last), parts))

    whole = min(_wall(lambda: pass_all(1)) for _ in range(REPEATS))
    whole_cpu = min(_cpu(lambda: pass_all(1)) for _ in range(REPEATS))
    shared = min(_wall(lambda: pass_all(2)) for _ in range(REPEATS))
    return {
        "cpu": single,
        "loading": loading,
        "many_cpu": whole_cpu,
        "one_thread": whole,
        "two_threads": shared,
        "outcome": _of_trades(ledger.trades.values()).as_row(),
    }


def _grid() -> list[Any]:
    """Other thresholds around the strategy's own."""
    base = config()
    exits = [
        base.exit.model_copy(
            update={"take_profit": base.exit.take_profit + step / 100, "stop_loss": base.exit.stop_loss + stop / 100}
        )
        for step in range(8)
        for stop in range(8)
    ]
    return [base.model_copy(update={"exit": one}) for one in exits]


def _of_trades(trades: Iterable[Any]) -> Outcome:
    kept = list(trades)
    return Outcome(
        buys=sum(1 for one in kept if one.size),
        exits=sum(1 for one in kept if one.received),
        spent=sum(one.paid for one in kept),
        received=sum(one.received for one in kept),
    )


def _exhaust(rows: Iterable[Any]) -> None:
    for _ in rows:
        pass


def _forget_peak() -> None:
    """Let the peak of memory count from here on: making a tape takes more than most engines do."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mib() -> float:
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024


def _cpu(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _wall(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


ENGINES: dict[str, Callable[[Columns, Path], dict[str, Any]]] = {
    "driver": _driver,
    "bot": _bot,
    "kernel": _kernel,
    "sweep": _sweep,
}

if __name__ == "__main__":
    main()
