"""Runs the kernel over a tape for some configurations, and says what came of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from copytrade_live.core.market import Instant
from copytrade_live.errors import InputFileError
from copytrade_pipelines.backtest.compiled.kernel import OVER, run_kernel
from copytrade_pipelines.backtest.compiled.layout import Array
from copytrade_pipelines.backtest.compiled.state import new_state
from copytrade_pipelines.backtest.compiled.tables import Tables
from copytrade_pipelines.backtest.compiled.tape import TapeArrays

# Observations between two looks at whether anybody wants to know or to stop.
STRIDE = 1 << 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What a pass over a tape left: one row an account, and what happened and the curves where they were asked for.

    Shape: log and points hold all configurations, each in order of time.
    """

    accounts: Array
    rejected: Array
    left: Array
    log: Array
    points: Array
    slots: Array


def pass_over(
    arrays: TapeArrays,
    tables: Tables,
    started_at: Instant,
    until: Instant,
    *,
    keeps_log: bool = True,
    told: Callable[[int], None] | None = None,
) -> Passed:
    """Run some configurations, at most TOGETHER of them, over a tape at once.

    told hears after every stride how many observations are behind. Raises: InputFileError for a payout that is missing.
    """
    total = len(arrays.tape.events)
    state = new_state(arrays, tables, keeps_log=keeps_log)
    world = state.world
    while world["phase"][0] != OVER:
        run_kernel(world, started_at, min(total, int(world["next"][0]) + STRIDE), until)
        if world["trouble"][0]:
            token = arrays.tokens[int(world["trouble_at"][0])]
            raise InputFileError(f"a market resolves without a payout for token {token}, which is held; correct it")
        if world["is_full"][0]:
            state.widen()
        if told is not None:
            told(int(world["next"][0]))
    return Passed(
        accounts=state.kept["accounts"],
        rejected=state.kept["rejected"],
        left=state.kept["left"],
        log=state.kept["log"][: int(world["logged"][0])],
        points=state.kept["points"][: int(world["pointed"][0])],
        slots=state.kept["slots"],
    )
