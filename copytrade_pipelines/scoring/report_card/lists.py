"""Lists of wallets to copy: the best by a score, by what others rank by, or at random; and what each list earned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copytrade_pipelines.scoring.frame import Flags, Floats
from copytrade_pipelines.scoring.report_card.judged import Judged, added

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Earned:
    """What copying a list earned, an event counting once however much was staked: per share and per dollar."""

    events: Floats
    edge: Floats
    roi: Floats


def best(scores: Floats, length: int) -> Flags:
    """Membership of the wallets with the highest scores, equal ones in order of their names; NaN and -inf are out."""
    usable = np.flatnonzero(np.isfinite(scores))
    order = usable[np.argsort(-scores[usable], kind="stable")]
    chosen = np.zeros(len(scores), dtype=bool)
    chosen[order[:length]] = True
    return chosen


def random_lists(pool: int, length: int, lists: int, draw: np.random.Generator) -> Places:
    """Lists drawn without any knowledge. Shape: (lists, length) places in the pool."""
    return np.stack([draw.choice(pool, length, replace=False) for _ in range(lists)])


def totals(judged: Judged, wallets: int, weight: Floats) -> Floats:
    """Events of each wallet, and their sums of edge and return. Shape: (3, wallets); weight is how often one counts."""
    parts = (weight, weight * judged.edge, weight * judged.roi)
    return np.stack([added(judged.wallet, part, wallets) for part in parts])


def means(events: Floats, edge: Floats, roi: Floats) -> Earned:
    """From sums over lists to means; NaN for a list without an event."""
    seen = np.where(events > 0.0, events, np.nan)
    return Earned(events=events, edge=edge / seen, roi=roi / seen)


def curve(chosen: Flags, judged: Judged, grid: np.ndarray) -> Floats:
    """Profit per dollar staked in the whole period, up to each time of grid: it ends at the list's return."""
    rows = np.flatnonzero(chosen[judged.wallet])
    rows = rows[np.argsort(judged.at[rows], kind="stable")]
    total = np.concatenate([[0.0], np.cumsum(judged.roi[rows])])
    return np.asarray(total[np.searchsorted(judged.at[rows], grid, side="right")] / max(len(rows), 1))
