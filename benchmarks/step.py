"""How long one step takes against the goal for our own part of signal to order (reference L1: p50 0.3 ms, p99 1 ms)."""

from __future__ import annotations

import statistics
import time

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import Step, initial_state, step
from tests.parity.tape import BOLD, random_tape, run_tape

GOALS_MS = {"p50": 0.3, "p99": 1.0}


def measure(tapes: int = 40) -> dict[str, dict[str, float | bool | str]]:
    """Time every step over seeded tapes; equality: timing twice writes the same journal."""
    durations: list[float] = []
    for seed in range(tapes):
        durations.extend(_time_tape(seed, BOLD))
    is_equal = all(run_tape(random_tape(seed)) == run_tape(random_tape(seed)) for seed in range(3))
    values = {"p50": statistics.median(durations), "p99": statistics.quantiles(durations, n=100)[98]}
    return {
        f"L1.step.{name}": {
            "value": round(values[name], 4),
            "anchor": f"{goal} ms",
            "ratio": round(values[name] / goal, 4),
            "goal": "ratio <= 1",
            "holds": values[name] <= goal,
            "equal": is_equal,
        }
        for name, goal in GOALS_MS.items()
    }


def _time_tape(seed: int, settings: DecisionConfig) -> list[float]:
    taken = Step(state=initial_state(), events=(), intents=())
    durations = []
    for observation in random_tape(seed):
        began = time.perf_counter()
        taken = step(taken.state, observation, settings)
        durations.append((time.perf_counter() - began) * 1000)
    return durations
