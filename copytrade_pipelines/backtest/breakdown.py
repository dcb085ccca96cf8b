"""Where profit and refusals came from: sums of copies by what they have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from copytrade_pipelines.backtest.ledger import CopyTrade

# Below this many closed copies a calibration says nothing.
CALIBRATION_COPIES = 20
_BINS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Copies of like p_pos: their average, the share that paid, and a 90 % interval of it."""

    p_pos: float
    paid: float
    low: float
    high: float
    copies: int


def pnl_by(trades: Iterable[CopyTrade], name_of: Callable[[CopyTrade], str], most: int = 12) -> dict[str, float]:
    """Profit by name, best first; what lies between the best and the worst is summed as others when there are many."""
    sums: dict[str, float] = defaultdict(float)
    for trade in trades:
        if trade.is_filled:
            sums[name_of(trade)] += trade.pnl
    ordered = dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))
    if len(ordered) <= most:
        return ordered
    names = list(ordered)
    half = (most - 1) // 2
    middle = names[half : len(names) - half]
    kept = {name: ordered[name] for name in (*names[:half], *names[-half:])}
    return {**kept, f"{len(middle)} others": sum(ordered[name] for name in middle)}


def by_count(counts: Mapping[str, int]) -> dict[str, float]:
    """Counts, most frequent first."""
    return {name: float(count) for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}


def calibrate(closed: Sequence[CopyTrade]) -> list[Calibration]:
    """Closed copies in equal groups by p_pos; nothing while there are too few."""
    judged = sorted(
        (trade.p_pos, trade.pnl > 0.0) for trade in closed if trade.p_pos is not None and not trade.is_probation
    )
    if len(judged) < CALIBRATION_COPIES:
        return []
    edges = [round(number * len(judged) / _BINS) for number in range(_BINS + 1)]
    return [_group(judged[first:last]) for first, last in pairwise(edges)]


def _group(judged: Sequence[tuple[float, bool]]) -> Calibration:
    count = len(judged)
    paid = sum(won for _, won in judged) / count
    # Wilson's interval, which stays inside 0 and 1 however small the group. z = 1.645 for 90 %.
    z = 1.645
    centre = (paid + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * sqrt(paid * (1 - paid) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return Calibration(
        p_pos=sum(p_pos for p_pos, _ in judged) / count,
        paid=paid,
        low=centre - reach,
        high=centre + reach,
        copies=count,
    )
