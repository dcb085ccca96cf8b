"""Scores as they stood at a freeze: beliefs and ranks of every wallet, by version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from copytrade_live.core.market import Instant
from copytrade_live.core.score import OVERALL
from copytrade_pipelines.scoring.columns import times
from copytrade_pipelines.scoring.frame import Flags, Floats
from copytrade_pipelines.scoring.report_card.calibration import Beliefs
from copytrade_pipelines.scoring.report_card.rules import CardRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """One version's overall rows at one freeze, by wallet; NaN where it has none.

    score is what wallets are followed by (rank); scored_at is the as_of of the rows, None where nothing was known.
    is_refused: the runner would not copy it.
    """

    version: str
    scored_at: Instant | None
    score: Floats
    beliefs: Beliefs
    is_refused: Flags
    is_maker: Flags

    @property
    def is_scored(self) -> Flags:
        """Who has a row."""
        return ~np.isnan(self.score)

    @property
    def followable(self) -> Floats:
        """The score, NaN for whom the runner refuses."""
        return np.where(self.is_refused, np.nan, self.score)


def newest_known(scores: pd.DataFrame, at: Instant, version: str) -> pd.DataFrame:
    """The overall rows of the newest set of scores that was known at a time."""
    is_known = (times(scores, "known_at") <= at * 1000) & (scores["score_version"] == version).to_numpy(bool)
    known = scores[is_known & (scores["category"] == OVERALL).to_numpy(bool)]
    return known[known["as_of"] == known["as_of"].max()].drop_duplicates("wallet", keep="last")


def pool_of(scores: pd.DataFrame, at: Instant, versions: Sequence[str]) -> np.ndarray:
    """Every wallet that any version had scored, ascending."""
    found = [newest_known(scores, at, version)["wallet"].to_numpy(object) for version in versions]
    return np.unique(np.concatenate([np.empty(0, dtype=object), *found]))


def freeze(scores: pd.DataFrame, at: Instant, version: str, wallets: np.ndarray, rules: CardRules) -> Frozen:
    """One version's scores at a time, in the order of wallets."""
    found = newest_known(scores, at, version)
    scored_at = int(times(found, "as_of")[0]) // 1000 if len(found) else None
    rows = found.set_index("wallet").reindex(wallets)
    maker = rows["maker_share"].to_numpy(float, na_value=np.nan)
    coverage = rows["coverage"].to_numpy(float, na_value=np.nan)
    is_flagged = np.array([not rules.refused_flags.isdisjoint(_words(flags)) for flags in rows["flags"]], dtype=bool)
    is_maker = maker > rules.max_maker_share
    return Frozen(
        version=version,
        scored_at=scored_at,
        score=rows["rank"].to_numpy(float, na_value=np.nan),
        beliefs=Beliefs(*(rows[name].to_numpy(float, na_value=np.nan) for name in ("edge_mean", "edge_sd", "p_pos"))),
        is_refused=is_flagged | is_maker | (coverage < rules.min_coverage),
        is_maker=is_maker,
    )


def _words(flags: object) -> set[str]:
    return set(flags) if isinstance(flags, list | tuple | np.ndarray) else set()
