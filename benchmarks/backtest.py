"""Backtests against their anchors on one seeded tape (goals R1 to R4): driver, sweep, nautilus, a bot, the bare loop.

R3, a cold run from DuckDB, has a warehouse and an anchor of its own (benchmarks/backtest_cold.py). Every engine runs
alone in a process of its own and is timed by the CPU it took; only the sweep's threads are timed by the clock. Equal
means equal counts of buys and exits and equal cash in and out, to the micro-unit, for every engine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import backtest_tape as shared

ROOT = Path(__file__).parents[1]
NAUTILUS = "nautilus_trader 1.221.0 (quote)"
# make bench puts it there; its own pandas is older than ours.
NAUTILUS_ENVIRONMENT = ".venv-nautilus"
DRIVER_GOAL, KERNEL_GOAL, SWEEP_GOAL, BOT_GOAL = 5.0, 0.5, 500.0, 50.0
MANY_GOAL, THREADS_GOAL = 1.5, 1.7
COLD_GOAL = 1.5
# What is flat in the length of the tape is looked at on one so many times as long: ten million observations.
LONGER = 10
# The longer tape may take this much more memory, MiB: reading it in parts of a fixed size leaves only the results.
FLAT_MIB = 64.0


def measure(signals: int = 100_000) -> dict[str, dict[str, Any]]:
    """Run all engines on the same tape, and the driver on a longer one too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {engine: _run(engine, signals, folder) for engine in ("kernel", "bot", "driver", "sweep")}
        found["nautilus"] = _run_nautilus(signals, folder)
        longer = {engine: _run(engine, LONGER * signals, folder) for engine in ("kernel", "driver")}
        cold = _answer(
            [sys.executable, "-m", "benchmarks.backtest_cold", str(signals), str(folder)],
            os.environ | {"PYTHONPATH": str(ROOT)},
        )
    known = {name: one for name, one in found.items() if one is not None}
    expected = known["kernel"]["outcome"]
    equal = {name: one["outcome"] == expected for name, one in known.items()}
    rates = {name: one["events"] / one["cpu"] for name, one in known.items()}
    rows = _driver_rows(known, rates, equal, longer)
    rows |= _sweep_rows(known, rates, equal)
    return rows | _cold_rows(cold)


def _cold_rows(cold: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    if cold is None:
        return {}
    limit = cold["load"] + cold["kernel"]
    ratio = cold["cold"] / limit
    parts = ", ".join(f"{name} {cold[name]:.2f}" for name in ("rows", "arrays", "kernel"))
    return {
        "R3.cold": {
            "value": f"{cold['cold']:.2f} s CPU for {cold['events'] / 1e6:.1f} M rows ({parts}), "
            f"{cold['cold_wall']:.2f} s wall, {cold['rss_mib']:.0f} MiB; again, from kept rows, {cold['again']:.2f}",
            "anchor": f"Arrow load {cold['load']:.2f} s and kernel {cold['kernel']:.2f} s",
            "ratio": round(ratio, 3),
            "goal": f"ratio <= {COLD_GOAL:g}",
            "holds": ratio <= COLD_GOAL,
            "equal": cold["equal"],
        }
    }


def _driver_rows(
    known: dict[str, Any], rates: dict[str, float], equal: dict[str, bool], longer: dict[str, dict[str, Any] | None]
) -> dict[str, dict[str, Any]]:
    rows = {"R2.driver": _against(rates, equal, "driver", "nautilus", DRIVER_GOAL)}
    long, limit, driver = longer["driver"], longer["kernel"], known.get("driver")
    if long is None or limit is None or driver is None:
        return rows
    # The columns themselves grow with the tape; the driver must not.
    columns = (long["events"] - driver["events"]) * _bytes_an_event() / 2**20
    grown = long["rss_mib"] - driver["rss_mib"] - columns
    slower = long["cpu"] / driver["cpu"] / (long["events"] / driver["events"])
    is_equal = equal["driver"] and long["outcome"] == limit["outcome"]
    rows["R2.memory"] = {
        "value": f"{long['rss_mib']:.0f} MiB at {long['events'] / 1e6:.1f} M events, "
        f"{grown:+.0f} MiB beside columns more than at {driver['events'] / 1e6:.1f} M",
        "anchor": f"{FLAT_MIB:.0f} MiB; peaks at {driver['events'] / 1e6:.1f} M events: "
        + ", ".join(f"{name} {one['rss_mib']:.0f}" for name, one in known.items()),
        "ratio": round(grown / FLAT_MIB, 3),
        "goal": "flat in the length of the tape",
        "holds": grown <= FLAT_MIB,
        "equal": is_equal,
    }
    rows["R2.growth"] = {
        "value": f"{slower:.2f} of the time an event, on {LONGER} times the tape",
        "anchor": "1",
        "ratio": round(slower, 3),
        "goal": "shown",
        "holds": True,
        "equal": is_equal,
    }
    return rows


def _sweep_rows(known: dict[str, Any], rates: dict[str, float], equal: dict[str, bool]) -> dict[str, dict[str, Any]]:
    if "sweep" not in known:
        return {}
    one = known["sweep"]
    rows = {
        "R1.kernel": _against(rates, equal, "sweep", "kernel", KERNEL_GOAL),
        "R1.nautilus": _against(rates, equal, "sweep", "nautilus", SWEEP_GOAL),
        "R1.bot": _against(rates, equal, "sweep", "bot", BOT_GOAL),
    }
    bot = known["bot"]
    alone = bot["events"] / (bot["cpu"] - bot["making"])
    rows["R1.bot"]["anchor"] += f", {alone / 1e3:,.1f} k without making them"
    configs = 64
    many = configs * one["cpu"] / one["many_cpu"]
    threads = one["one_thread"] / one["two_threads"]
    for name, ratio, goal, anchor in (
        ("R4.many", many, MANY_GOAL, f"{configs} times one configuration, one thread"),
        ("R4.threads", threads, THREADS_GOAL, "the same on one thread"),
    ):
        rows[name] = {
            "value": f"{configs * one['events'] / one['two_threads'] / 1e6:.1f} M configurations x events/s",
            "anchor": anchor,
            "ratio": round(ratio, 3),
            "goal": f"ratio >= {goal:g}",
            "holds": ratio >= goal,
            "equal": equal["sweep"],
        }
    return rows


def _against(rates: dict[str, float], equal: dict[str, bool], ours: str, anchor: str, goal: float) -> dict[str, Any]:
    if anchor not in rates or ours not in rates:
        return {
            "value": "not measured",
            "anchor": f"{anchor} did not run; make bench installs it",
            "ratio": None,
            "goal": f"ratio >= {goal:g}",
            "holds": False,
            "equal": False,
        }
    ratio = rates[ours] / rates[anchor]
    return {
        "value": f"{rates[ours] / 1e3:,.1f} k events/s",
        "anchor": f"{NAUTILUS if anchor == 'nautilus' else anchor} {rates[anchor] / 1e3:,.1f} k events/s",
        "ratio": round(ratio, 3),
        "goal": f"ratio >= {goal:g}",
        "holds": ratio >= goal,
        "equal": equal[ours] and equal[anchor],
    }


def _run(engine: str, signals: int, folder: Path) -> dict[str, Any] | None:
    command = [sys.executable, "-m", "benchmarks.backtest_engines", engine, str(signals), str(folder)]
    return _answer(command, os.environ | {"PYTHONPATH": str(ROOT)})


def _run_nautilus(signals: int, folder: Path) -> dict[str, Any] | None:
    python = Path(os.environ.get("NAUTILUS_PYTHON", ROOT / NAUTILUS_ENVIRONMENT / "bin" / "python"))
    if not python.exists():
        return None
    tape = shared.columns(signals)
    path = folder / "tape.npz"
    names = ("TOKENS", "STAKE", "MIN_PRICE", "MAX_PRICE", "MAX_SPREAD", "MIN_DEPTH", "TAKE_PROFIT", "STOP_LOSS")
    rules = json.dumps({name.lower(): getattr(shared, name) for name in names})
    np.savez(path, rules=rules, **{name: getattr(tape, name) for name in tape.__slots__})
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    found = _answer([str(python), str(ROOT / "benchmarks" / "backtest_nautilus.py"), str(path)], environment)
    return None if found is None else {"events": len(tape)} | found


def _answer(command: list[str], environment: dict[str, str]) -> dict[str, Any] | None:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        print(done.stderr[-2000:], file=sys.stderr)
        return None
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _bytes_an_event() -> int:
    tape = shared.columns(1)
    return sum(getattr(tape, name).itemsize for name in tape.__slots__)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000), indent=1))
