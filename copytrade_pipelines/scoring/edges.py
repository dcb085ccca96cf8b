"""What every estimator says of a wallet, and what each is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Edges:
    """Beliefs about the copier's edge, dollars per share: mean, sd, chance to be above 0, tenth percentile."""

    mean: np.ndarray
    sd: np.ndarray
    p_pos: np.ndarray
    low: np.ndarray


# Takes sums of events (kernels.events.SUMS) by wallet, by wallet and category, and the row of the wallet that each of
# the latter belongs to. Returns: beliefs about the wallets, and about the wallets in their categories.
Estimator = Callable[[pd.DataFrame, pd.DataFrame, np.ndarray], tuple[Edges, Edges]]


def other_events(overall: pd.DataFrame, by_category: pd.DataFrame, owner: np.ndarray) -> pd.DataFrame:
    """Sums of each wallet's events outside a category, so that no event counts twice."""
    rest = overall[by_category.columns].to_numpy(float)[owner] - by_category.to_numpy(float)
    return pd.DataFrame(np.where(np.abs(rest) > 1e-12, rest, 0.0), columns=by_category.columns, index=by_category.index)
