"""What the record says about a leader, as of a time, and whether it may be acted on."""

from __future__ import annotations

from dataclasses import dataclass, field

from copytrade_live.core.market import Instant

OVERALL = "overall"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderScore:
    """One row of a score snapshot: our belief about what copying this wallet earns.

    Units: edges in probability points per share, net of the copier's cost with fees; latency in seconds;
    capacity in collateral. copy_cost_mean is what a copier paid above the leader's price on average, fee
    included: the expected cost the edge was measured at.
    Source: docs/reference of the score is copytrade_pipelines/scoring.
    """

    wallet: str
    category: str
    as_of: Instant
    score_version: str
    edge_mean: float
    edge_sd: float
    p_pos: float
    lcb10: float
    n_events: int
    n_eff: float
    coverage: float
    copy_cost_mean: float
    maker_share: float
    rank: float
    breakeven_latency: float | None = None
    capacity: float | None = None
    q_value: float | None = None
    flags: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSnapshot:
    """An immutable published set of scores, by wallet and then category."""

    snapshot_id: str
    as_of: Instant
    rows: dict[str, dict[str, TraderScore]] = field(default_factory=dict)

    def score_of(self, wallet: str, category: str) -> TraderScore | None:
        """The wallet's row in the category, else its overall row, else None."""
        by_category = self.rows.get(wallet)
        if by_category is None:
            return None
        return by_category.get(category) or by_category.get(OVERALL)


def best_wallets(snapshot: ScoreSnapshot | None, count: int) -> list[str]:
    """The wallets with the highest rank, equal ones in order of their names."""
    if snapshot is None:
        return []
    ranks = {wallet: _rank(snapshot.rows[wallet]) for wallet in snapshot.rows}
    return sorted(ranks, key=lambda wallet: (-ranks[wallet], wallet))[:count]


def _rank(rows: dict[str, TraderScore]) -> float:
    return rows[OVERALL].rank if OVERALL in rows else max(row.rank for row in rows.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The dead man's switch of the pipelines: entries are allowed only while it is open and valid."""

    is_open: bool
    reasons: tuple[str, ...]
    snapshot_id: str | None
    written_at: Instant
    valid_until: Instant

    def is_open_at(self, now: Instant) -> bool:
        """Whether its word is that entries may be made, and still holds."""
        return self.is_open and now <= self.valid_until
