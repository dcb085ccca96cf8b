"""Scoring at size (goals S1 and S2): raw Parquet to scores, against a bare aggregation, pandas and polars."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from benchmarks.scoring_world import Size, write_world
from copytrade_live.settings import home_from_environment

Row = dict[str, float | bool | str]
ENGINES = ("bare", "ours", "polars", "pandas")
ROUNDS = 2
# A world this small is scored before the clock starts, so that loading compiled code is not timed.
WARM = 10_000
MOST_GIB = 8.0
# Sums of two engines agree when no wallet's differ by more than this part of itself.
CLOSE = 1e-6


def measure(fills: int = 10_000_000) -> dict[str, Row]:
    """Run every engine over a tenth of the fills and over all of them, taking turns."""
    _run("ours", _world(WARM))  # compiles what is not compiled yet
    small, large = _measure(fills // 10), _measure(fills)
    rows = {f"S1.{_size(fills // 10)}": small["S1"], f"S1.{_size(fills)}": large["S1"]}
    rows |= {f"S1.{name}": large[name] for name in ("polars", "pandas")}
    rows[f"S2.{_size(fills)}"] = _refreshed(_world(fills), float(large["S1"]["value"]))
    told = _run("told", _world(fills))
    grown = float(large["S1"]["value"]) / float(small["S1"]["value"])
    rows["S1.growth"] = _row(
        grown, f"10x the fills, from {small['S1']['value']} s", grown / 10.0, "ratio <= 1.2", 1.2, True
    )
    rows["S1.with reasons"] = _row(
        told["seconds"],
        f"without: {large['S1']['value']} s",
        told["seconds"] / float(large["S1"]["value"]),
        "shown",
        1e9,
        True,
    )
    return rows


def _measure(fills: int) -> dict[str, Row]:
    folder = _world(fills)
    runs: dict[str, list[dict[str, float]]] = {engine: [] for engine in ENGINES}
    for _ in range(ROUNDS):
        for engine in ENGINES:
            runs[engine].append(_run(engine, folder))
    seconds = {engine: median(run["seconds"] for run in taken) for engine, taken in runs.items()}
    peak = max(run["peak_gib"] for run in runs["ours"])
    cpu = {engine: median(run["cpu"] for run in taken) for engine, taken in runs.items()}
    equal = {engine: _agree(folder, engine) for engine in ("polars", "pandas")}
    ours, bare = seconds["ours"], seconds["bare"]
    said = f"bare DuckDB {bare:.2f} s (cpu {cpu['bare']:.1f}); ours cpu {cpu['ours']:.1f}, peak {peak:.2f} GiB"
    found = {"S1": _row(ours, said, ours / bare, f"ratio <= 2, peak <= {MOST_GIB:g} GiB", 2.0, all(equal.values()))}
    found["S1"]["holds"] = bool(found["S1"]["holds"]) and peak <= MOST_GIB
    found["S1"]["peak_gib"] = round(peak, 2)
    for engine, is_equal in equal.items():
        other = seconds[engine]
        memory = max(run["peak_gib"] for run in runs[engine])
        found[engine] = _row(
            ours, f"{engine} {other:.2f} s, peak {memory:.2f} GiB", ours / other, "ratio <= 1", 1.0, is_equal
        )
    return found


def _refreshed(folder: Path, full: float) -> Row:
    _run("keep", _world(WARM))
    _run("keep", folder)
    runs = [_run("refresh", folder) for _ in range(ROUNDS)]
    seconds, peak = median(run["seconds"] for run in runs), max(run["peak_gib"] for run in runs)
    anchor = f"full {full:.2f} s; one day's fills, peak {peak:.2f} GiB"
    return _row(seconds, anchor, seconds / full, "ratio <= 1/8", 1 / 8, _agree(folder, "refresh"))


def _row(value: float, anchor: str, ratio: float, goal: str, limit: float, is_equal: bool) -> Row:
    return {
        "value": round(value, 3), "anchor": anchor, "ratio": round(ratio, 3), "goal": goal, "holds": ratio <= limit,
        "equal": is_equal,
    }  # fmt: skip


def _size(fills: int) -> str:
    return f"{fills // 1_000_000}M" if fills >= 1_000_000 else f"{fills // 1000}k"


def _world(fills: int) -> Path:
    folder = home_from_environment().root / "bench" / f"scoring-{fills}"
    if not (folder / "done").exists():
        write_world(Size.of(fills), folder)
    return folder


def _run(engine: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.scoring_run", engine, str(folder), str(_world(WARM))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _agree(folder: Path, engine: str) -> bool:
    ours, theirs = (pd.read_parquet(folder / f"{name}.sums.parquet") for name in ("ours", engine))
    shared = ours.reindex(theirs.index)
    for name in theirs.columns:
        # A sum of gains and losses is nearly 0 by chance: it is held to its weight, as a mean in dollars per share.
        weight = shared[f"{name.rpartition('_')[0]}_w"] if name.endswith(("_wx", "_wxx")) else 0.0
        scale = np.maximum(theirs[name].abs(), weight).clip(lower=1e-9)
        if not ((shared[name] - theirs[name]).abs() <= CLOSE * scale).all():
            return False
    rest = ours.drop(index=theirs.index)
    return bool((rest[["a_n", "o_n"]] == 0.0).all(axis=None))
