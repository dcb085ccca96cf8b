"""The bare loop: the shared strategy as one compiled function over the tape's columns, the limit of all engines."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from benchmarks.backtest_tape import (
    MAX_PRICE,
    MAX_SPREAD,
    MIN_DEPTH,
    MIN_PRICE,
    SELL,
    STAKE,
    STOP_LOSS,
    TAKE_PROFIT,
    TOKENS,
    Columns,
    Outcome,
)


@numba.njit(nogil=True)
def _loop(
    is_signal: Any, token: Any, bid: Any, ask: Any, depth: Any, leader: Any, side: Any, price: Any
) -> tuple[int, int, int, int]:
    # Sizes in hundredths of a share; one of them at one cent is a hundred micro-units.
    held = np.zeros(TOKENS, np.int64)
    paid = np.zeros(TOKENS, np.int64)
    owner = np.full(TOKENS, -1, np.int64)
    buys = exits = spent = received = 0
    for row in range(len(token)):
        one = token[row]
        if is_signal[row]:
            if side[row] == SELL:
                if held[one] and owner[one] == leader[row]:
                    received += held[one] * bid[row] * 100
                    exits += 1
                    held[one] = 0
                continue
            cents = price[row]
            if held[one] or cents <= MIN_PRICE or cents >= MAX_PRICE or ask[row] > cents:
                continue
            low, high = bid[row] / 100, ask[row] / 100
            if (high - low) / ((low + high) / 2.0) > MAX_SPREAD or high * depth[row] < MIN_DEPTH:
                continue
            held[one] = STAKE * 10_000 // cents
            paid[one] = held[one] * ask[row] * 100
            owner[one] = leader[row]
            spent += paid[one]
            buys += 1
        elif held[one]:
            gain = bid[row] / 100 / (paid[one] / (held[one] * 10_000)) - 1.0
            if gain >= TAKE_PROFIT or gain <= -STOP_LOSS:
                received += held[one] * bid[row] * 100
                exits += 1
                held[one] = 0
    return buys, exits, spent, received


def run_kernel(tape: Columns) -> Outcome:
    """One pass over the tape."""
    return Outcome(
        *_loop(tape.is_signal, tape.token, tape.bid, tape.ask, tape.depth, tape.leader, tape.side, tape.price)
    )
