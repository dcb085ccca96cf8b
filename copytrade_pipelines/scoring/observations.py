"""Events and sums: what each event says of a leader, and what all of them add up to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from copytrade_live.core.market import DAY, Instant
from copytrade_pipelines.scoring.frame import Codes, EvidenceFrame, Floats, Times
from copytrade_pipelines.scoring.kernels.events import AVERAGES, SUMS, average_events, sum_wallets
from copytrade_pipelines.scoring.parameters import ScoreParameters
from copytrade_pipelines.scoring.threads import ranges_of, spread

# Weights are kept relative to this instant (2020-01-01), so that an event's never changes; a score scales them to its
# own as_of.
EPOCH: Instant = 1_577_836_800_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """One row a wallet and event that says something, in that order; category is that of its first episode.

    Shape: averages is (events, AVERAGES), stake-capped means over its episodes; last_at is when its last one began.
    """

    wallet: Codes
    event: Codes
    category: Codes
    last_at: Times
    averages: Floats

    def column(self, name: str) -> Floats:
        """One of AVERAGES."""
        return np.asarray(self.averages[:, AVERAGES.index(name)])

    def frame(self, built: EvidenceFrame) -> pd.DataFrame:
        """As a table with names for codes; the variances are the squares of r_sd, o_sd and price_sd."""
        table = pd.DataFrame({name: self.column(name) for name in AVERAGES})
        table = table.assign(**{f"{name}_var": table.pop(f"{name}_sd") ** 2 for name in ("r", "o", "price")})
        table.insert(0, "wallet", built.names.wallets[self.wallet])
        table.insert(1, "category", built.names.categories[self.category])
        table.insert(2, "event_id", built.names.events[self.event])
        return table.assign(last_at=self.last_at.view("datetime64[us]"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums of events by wallet code (wallets, SUMS), and of each wallet's categories with their codes (groups, 2)."""

    overall: Floats
    groups: Codes
    by_category: Floats


def average(frame: EvidenceFrame, parameters: ScoreParameters) -> Events:
    """Average the episodes of each wallet's event, stakes capped, so that an event counts once however often traded."""
    columns = (
        frame.a, frame.r, frame.o, frame.r_var, frame.o_var, frame.imputed, frame.cost - frame.bought, frame.bought,
        frame.payout, frame.fee,
    )  # fmt: skip
    starts = frame.wallet_starts()

    def work(first: int, last: int) -> tuple[Floats, Times]:
        begin, end = int(starts[first]), int(starts[last])
        out, ids = np.empty((end - begin, len(AVERAGES))), np.empty((end - begin, 4), dtype=np.int64)
        count = average_events(
            frame.wallet, frame.event, frame.category, frame.started_at, frame.stake, columns, frame.mid, frame.cost,
            parameters.stake_cap_multiple, begin, end, out, ids,
        )  # fmt: skip
        return out[:count], ids[:count]

    found = spread(work, ranges_of(starts))
    averages, ids = (np.concatenate(column) for column in zip(*found, strict=True))
    wallet, event, category = (ids[:, place].astype(np.int32) for place in range(3))
    return Events(
        wallet=wallet, event=event, category=category, last_at=np.ascontiguousarray(ids[:, 3]), averages=averages
    )


def weights(events: Events, half_life_days: float, reference: Instant = EPOCH) -> Floats:
    """How much each event counts: half for each half life that lies between it and the reference."""
    return np.asarray(2.0 ** ((events.last_at - reference * 1000) / (DAY * 1000.0 * half_life_days)))


def add_up(events: Events, weight: Floats, wallets: int, categories: int) -> Sums:
    """Sums over events by wallet, and by wallet and category."""
    ids = np.stack((events.wallet, events.event, events.category), axis=1).astype(np.int64)
    starts = np.searchsorted(events.wallet, np.arange(wallets + 1)).astype(np.int64)
    overall = np.zeros((wallets, len(SUMS)))

    def work(first: int, last: int) -> tuple[Codes, Floats]:
        begin, end = int(starts[first]), int(starts[last])
        groups, sums = np.empty((end - begin, 2), dtype=np.int32), np.empty((end - begin, len(SUMS)))
        scratch = np.zeros((categories, len(SUMS)))
        count = sum_wallets(ids, events.averages, weight, begin, end, overall, scratch, groups, sums)
        return groups[:count], sums[:count]

    found = spread(work, ranges_of(starts))
    groups, by_category = (np.concatenate(column) for column in zip(*found, strict=True))
    return Sums(overall=overall, groups=groups, by_category=by_category)


def scaled(sums: Floats, factor: float) -> Floats:
    """Sums with every weight multiplied by the factor."""
    power = np.array([_power(name) for name in SUMS])
    return sums * factor**power


def _power(name: str) -> int:
    kind = name.rpartition("_")[2]
    return {"n": 0, "ww": 2, "wwv": 2}.get(kind, 1)
