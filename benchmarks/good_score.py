"""The score of a leader that every filter lets through: what benches and tests follow."""

from __future__ import annotations

from copytrade_live.core.market import Instant
from copytrade_live.core.score import OVERALL, TraderScore


def good_score(wallet: str, as_of: Instant, *, score_version: str = "ce2") -> TraderScore:
    """A wallet that is worth copying."""
    return TraderScore(
        wallet=wallet,
        category=OVERALL,
        as_of=as_of,
        score_version=score_version,
        edge_mean=0.06,
        edge_sd=0.02,
        p_pos=0.97,
        lcb10=0.03,
        n_events=80,
        n_eff=60.0,
        coverage=1.0,
        copy_cost_mean=0.01,
        maker_share=0.1,
        rank=99.0,
    )
