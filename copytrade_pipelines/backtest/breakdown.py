"""Where profit and refusals came from: sums of copies by what they have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from copytrade_live.core.market import DAY, HOUR
from copytrade_pipelines.backtest.ledger import CopyTrade, EquityPoint

# Below this many closed copies a calibration says nothing.
CALIBRATION_COPIES = 20
_BINS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Copies of like belief: what was believed on average, the share that came true, and a 90 % interval of it."""

    belief: float
    share: float
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


def pnl_by_hour(trades: Iterable[CopyTrade]) -> list[float]:
    """Profit by the UTC hour of the decision."""
    sums = [0.0] * 24
    for trade in trades:
        if trade.is_filled:
            sums[trade.decided_at % DAY // HOUR] += trade.pnl
    return sums


def sure_scores(closed: Iterable[CopyTrade]) -> list[tuple[float, float]]:
    """How sure the score was that copying pays, and whether it did; leaders on probation are left out."""
    return [
        (trade.p_pos, float(trade.pnl > 0.0)) for trade in closed if trade.p_pos is not None and not trade.is_probation
    ]


def believed_prices(filled: Iterable[CopyTrade], payouts: Mapping[str, float]) -> list[tuple[float, float]]:
    """What a share was believed to be worth, and what it paid, of copies whose market has resolved."""
    return [
        (trade.belief, payouts[trade.token_id])
        for trade in filled
        if trade.token_id in payouts and 0.0 < trade.belief < 1.0
    ]


def calibrate(judged: Iterable[tuple[float, float]]) -> list[Calibration]:
    """Beliefs and what came of them in equal groups by belief; nothing while there are too few."""
    ordered = sorted(judged)
    if len(ordered) < CALIBRATION_COPIES:
        return []
    edges = [round(number * len(ordered) / _BINS) for number in range(_BINS + 1)]
    return [_group(ordered[first:last]) for first, last in pairwise(edges)]


def _group(judged: Sequence[tuple[float, float]]) -> Calibration:
    count = len(judged)
    share = sum(came for _, came in judged) / count
    # Wilson's interval, which stays inside 0 and 1 however small the group. z = 1.645 for 90 %.
    z = 1.645
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return Calibration(
        belief=sum(belief for belief, _ in judged) / count,
        share=share,
        low=centre - reach,
        high=centre + reach,
        copies=count,
    )


def thinned(points: Sequence[EquityPoint], most: int = 600) -> list[EquityPoint]:
    """Few enough points to draw: of each stretch its first, lowest, highest and last one, so that no fall is lost."""
    if len(points) <= most:
        return list(points)
    stretch = -(-len(points) * 4 // most)
    kept: list[EquityPoint] = []
    for first in range(0, len(points), stretch):
        part = range(first, min(first + stretch, len(points)))
        places = {
            part[0],
            part[-1],
            min(part, key=lambda place: points[place].equity),
            max(part, key=lambda place: points[place].equity),
        }
        kept += [points[place] for place in sorted(places)]
    return kept
