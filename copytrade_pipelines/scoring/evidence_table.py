"""The evidence frame as a table with names for codes: what intermediate.int_evidence holds and people read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copytrade_live.core.market import Side
from copytrade_pipelines.scoring.columns import Frame, ids
from copytrade_pipelines.scoring.episodes import ROLE_WORDS
from copytrade_pipelines.scoring.frame import COST_SOURCES, EVIDENCE, HORIZONS, NEVER, EvidenceFrame, Times

_NOT_A_TIME = np.iinfo(np.int64).min
_SAME = (
    "price",
    "bought",
    "size",
    "opened",
    "stake",
    "held",
    "start",
    "copy_price",
    "fee",
    "cost",
    "later_mid",
    "payout",
)
_PARTS = ("a", "r", "o", "r_var", "o_var")
_TIMES = ("started_at", "ended_at", "known_at", "cost_known_at", "payout_known_at")


def evidence_table(frame: EvidenceFrame, fills: Frame) -> pd.DataFrame:
    """One row an episode that opens (EVIDENCE). Shape: fills are those the frame was made of, rows as they stood."""
    names = frame.names
    columns: dict[str, np.ndarray] = {
        "episode_id": np.asarray(ids(fills, "fill_id"))[frame.episode],
        "wallet": names.wallets[frame.wallet],
        "token_id": names.tokens[frame.token],
        "condition_id": names.markets[frame.market],
        "event_id": names.events[frame.event],
        "category": names.categories[frame.category],
        "side": np.where(frame.side > 0, str(Side.BUY), str(Side.SELL)),
        "role": ROLE_WORDS[frame.role],
        "cost_source": np.array(COST_SOURCES, dtype=object)[frame.cost_source],
        "horizon": np.array([*HORIZONS, None], dtype=object)[frame.horizon],
    }
    columns |= {name: getattr(frame, name) for name in (*_SAME, *_PARTS)}
    columns |= {name: _moments(getattr(frame, name)) for name in _TIMES}
    for place, horizon in enumerate(HORIZONS):
        columns[f"mid_{horizon}"] = frame.mid[:, place]
        columns[f"mid_known_at_{horizon}"] = _moments(frame.mid_known_at[:, place])
        columns[f"impact_{horizon}"] = frame.impact[:, place]
    return pd.DataFrame({name: columns[name] for name in EVIDENCE})


def _moments(at: Times) -> np.ndarray:
    return np.where(at == NEVER, _NOT_A_TIME, at).view("datetime64[us]")
