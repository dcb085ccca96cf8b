"""How much of a token a leader holds, from its own fills: what a proportional mirror of a sell divides by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from copytrade_live.core.market import Instant, Side
from copytrade_live.core.signal import Signal


def size_after(before: float, side: Side, size: float) -> float:
    """The holding once a fill is done; it never falls below nothing. Units: shares."""
    return before + size if side is Side.BUY else max(0.0, before - size)


def size_before(after: float, side: Side, size: float) -> float:
    """The holding a fill started from. Units: shares."""
    return max(0.0, after - size) if side is Side.BUY else after + size


def sizes_before(held: Mapping[str, float], held_at: Instant, signals: Sequence[Signal]) -> list[float]:
    """What the leader held of each signal's token before it. signals are one leader's, in order of time.

    A holding read after some of the signals already contains them: those are taken back first.
    """
    sizes = dict(held)
    for signal in reversed([signal for signal in signals if signal.event_at <= held_at]):
        sizes[signal.token_id] = size_before(sizes.get(signal.token_id, 0.0), signal.side, signal.size)
    found: list[float] = []
    for signal in signals:
        found.append(sizes.get(signal.token_id, 0.0))
        sizes[signal.token_id] = size_after(found[-1], signal.side, signal.size)
    return found
