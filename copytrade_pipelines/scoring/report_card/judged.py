"""What happened after a freeze, to a copier: one row a wallet and event, and what of it has been settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from copytrade_live.core.market import Instant
from copytrade_pipelines.scoring.frame import Codes, EvidenceFrame, Flags, Floats, Times

LEAST_STAKE = 1e-6
# A share for less than a cent would make a return of any size.
LEAST_COST = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Copier's results by wallet and event, in that order; wallet codes are places in the list of judged wallets.

    Units: edge in dollars per share, roi per dollar, both at the copier's cost and held to the payout, or to the later
    mid where there is no payout yet; at in microseconds. is_settled: every part of it was paid out.
    """

    wallet: Codes
    event: Codes
    at: Times
    edge: Floats
    roi: Floats
    is_settled: Flags
    # Of everything the judged wallets opened after the freeze: how many events, with or without a result.
    opened: int

    def __len__(self) -> int:
        return len(self.wallet)

    @property
    def events(self) -> int:
        """How many different events; what happens in one happens to all who are in it."""
        return len(np.unique(self.event))

    @property
    def settled_share(self) -> float:
        """Share of what was opened that was paid out by now."""
        return float(self.is_settled.sum()) / self.opened if self.opened else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bets:
    """Settled bets on one outcome of one market, one row a wallet, market and direction.

    is_first: the bet is on the outcome that other rows of this market call first. Units: dollars per share.
    """

    wallet: Codes
    market: Codes
    is_first: Flags
    cost: Floats
    payout: Floats

    def __len__(self) -> int:
        return len(self.wallet)


def after(frame: EvidenceFrame, frozen_at: Instant, wallets: np.ndarray) -> tuple[EvidenceFrame, Codes]:
    """The rows of some wallets that began after the freeze. Returns: the rows, and for each its place in wallets."""
    place = pd.Index(wallets).get_indexer(pd.Index(frame.names.wallets)).astype(np.int32)
    rows = np.flatnonzero((frame.started_at > frozen_at * 1000) & (place[frame.wallet] >= 0))
    kept = frame.take(rows)
    return kept, place[kept.wallet]


def judged_events(frame: EvidenceFrame, place: Codes, cap_multiple: float) -> Judged:
    """Average the rows of each wallet's event, stakes capped as in scores, so that an event counts once."""
    is_settled = ~np.isnan(frame.payout)
    worth = np.where(is_settled, frame.payout, frame.later_mid)
    edge = worth - frame.cost
    has_result = ~np.isnan(edge)
    stake = pd.Series(frame.stake)
    cap = cap_multiple * stake.groupby(place).transform("median").to_numpy(float)
    weight = np.where(has_result, np.maximum(np.minimum(frame.stake, cap), LEAST_STAKE), 0.0)
    edge = np.where(has_result, edge, 0.0)
    starts = _starts(place, frame.event)
    if not len(starts):
        nothing = np.empty(0)
        return Judged(
            wallet=place, event=frame.event, at=frame.started_at, edge=nothing, roi=nothing,
            is_settled=nothing.astype(bool), opened=0,
        )  # fmt: skip
    total = np.add.reduceat(weight, starts)
    kept = total > 0.0
    mean_edge = np.add.reduceat(weight * edge, starts)[kept] / total[kept]
    mean_roi = np.add.reduceat(weight * edge / np.maximum(frame.cost, LEAST_COST), starts)[kept] / total[kept]
    return Judged(
        wallet=place[starts][kept],
        event=frame.event[starts][kept],
        at=frame.started_at[starts][kept],
        edge=mean_edge,
        roi=mean_roi,
        is_settled=np.logical_and.reduceat(is_settled, starts)[kept],
        opened=len(starts),
    )


def settled_bets(frame: EvidenceFrame, place: Codes) -> Bets:
    """What was settled, by wallet, market and direction; costs are averaged by what was opened."""
    rows = np.flatnonzero(~np.isnan(frame.payout))
    market, token = frame.market[rows].astype(np.int64), frame.token[rows]
    lowest = np.full(len(frame.names.markets), np.iinfo(np.int32).max, dtype=np.int64)
    np.minimum.at(lowest, market, token)
    is_first = (token == lowest[market]) == (frame.side[rows] > 0)
    key = (place[rows].astype(np.int64) * len(frame.names.markets) + market) * 2 + is_first
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    opened = np.maximum(frame.opened[rows], LEAST_STAKE)
    cost = added(group, opened * frame.cost[rows], len(first)) / added(group, opened, len(first))
    return Bets(
        wallet=place[rows][first],
        market=market[first].astype(np.int32),
        is_first=is_first[first],
        cost=cost,
        payout=frame.payout[rows][first],
    )


def added(group: NDArray[np.integer[Any]], values: Floats, groups: int) -> Floats:
    """Sums by group."""
    return np.asarray(np.bincount(group, weights=values, minlength=groups), dtype=float)


def _starts(place: Codes, event: Codes) -> Times:
    # Rows come in order of wallet and event.
    if not len(place):
        return np.empty(0, dtype=np.int64)
    is_new = (np.diff(place) != 0) | (np.diff(event) != 0)
    return np.concatenate([[0], np.flatnonzero(is_new) + 1]).astype(np.int64)
