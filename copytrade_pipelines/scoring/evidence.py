"""The rows a score may be made of, and the one place where they are cut to what was known at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from copytrade_live.core.market import Instant
from copytrade_pipelines.scoring.columns import Frame, kept, times
from copytrade_pipelines.scoring.parameters import ScoreParameters

TIME = "datetime64[us]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Frames as the warehouse has them; times are naive UTC.

    Shape: wallets(wallet, coverage, history_complete), markets(condition_id, event_id, category, fee_rate,
    fee_exponent, end_at, closed_at, and where known token_ids, neg_risk and event_size: how many markets of a neg-risk
    event exclude each other), outcomes(token_id, payout, resolved_at, known_at) of resolved markets, books(token_id,
    event_at, observed_at, bids, asks) with levels as {price, size} best first, prices(token_id, at, mid),
    copies(wallet, slippage, known_at): our own entries, clusters(wallet, cluster_id, known_at): who
    trades as one, null for who left.
    """

    wallets: pd.DataFrame
    markets: pd.DataFrame
    outcomes: Frame
    books: pd.DataFrame
    prices: Frame
    copies: pd.DataFrame
    clusters: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["wallet", "cluster_id", "known_at"]))


def no_evidence(**known: pd.DataFrame) -> Evidence:
    """Empty frames but for those given."""
    shapes = {
        "wallets": ["wallet", "coverage", "history_complete"],
        "markets": ["condition_id", "event_id", "category", "fee_rate", "fee_exponent", "end_at", "closed_at"],
        "outcomes": ["token_id", "payout", "resolved_at", "known_at"],
        "books": ["token_id", "event_at", "observed_at", "bids", "asks"],
        "prices": ["token_id", "at", "mid"],
        "copies": ["wallet", "slippage", "known_at"],
    }
    return Evidence(**{name: known.get(name, pd.DataFrame(columns=columns)) for name, columns in shapes.items()})


def moment(instant: Instant) -> np.datetime64:
    """An instant as a naive UTC time."""
    return np.datetime64(instant * 1000, "us")


def span(seconds: float) -> np.timedelta64:
    """A duration. Units: seconds."""
    return np.timedelta64(round(seconds * 1_000_000), "us")


def known_by(evidence: Evidence, as_of: Instant, parameters: ScoreParameters) -> Evidence:
    """Drop every row that was not known at as_of; nothing downstream looks at a clock again."""
    now, lag = as_of * 1000, round(parameters.index_lag_seconds * 1e6)
    markets, clusters = evidence.markets, evidence.clusters
    looked_at = times(clusters, "known_at")
    newest = looked_at[looked_at <= now].max(initial=-1)
    return replace(
        evidence,
        markets=markets.assign(closed_at=markets["closed_at"].where(times(markets, "closed_at") <= now)),
        outcomes=kept(evidence.outcomes, times(evidence.outcomes, "known_at") <= now),
        books=kept(evidence.books, times(evidence.books, "observed_at") <= now),
        prices=kept(evidence.prices, times(evidence.prices, "at") <= now - lag),
        copies=kept(evidence.copies, times(evidence.copies, "known_at") <= now),
        # Each look says all there is to say.
        clusters=clusters[looked_at == newest].drop_duplicates("wallet", keep="last"),
    )


def fills_known_by(fills: Frame, as_of: Instant) -> Frame:
    """The fills that could be seen at as_of."""
    return kept(fills, times(fills, "observed_at") <= as_of * 1000)
