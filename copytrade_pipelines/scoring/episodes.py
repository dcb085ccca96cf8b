"""Fills become episodes: one decision of a leader, however many fills it took."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copytrade_live.core.market import Role, Side
from copytrade_pipelines.scoring.columns import ids
from copytrade_pipelines.scoring.engine import Merged, by_wallet, merge, role_codes
from copytrade_pipelines.scoring.evidence import no_evidence
from copytrade_pipelines.scoring.inputs import Inputs, read_inputs
from copytrade_pipelines.scoring.parameters import ScoreParameters

COLUMNS = {
    "episode_id": "VARCHAR",
    "wallet": "VARCHAR",
    "condition_id": "VARCHAR",
    "token_id": "VARCHAR",
    "side": "VARCHAR",
    "role": "VARCHAR",
    "price": "DOUBLE",
    "size": "DOUBLE",
    "opened": "DOUBLE",
    "closed": "DOUBLE",
    "notional": "DOUBLE",
    "maker_notional": "DOUBLE",
    "taker_notional": "DOUBLE",
    "fills": "BIGINT",
    "started_at": "TIMESTAMP",
    "ended_at": "TIMESTAMP",
    "known_at": "TIMESTAMP",
}
# By code: UNKNOWN, TAKER, MAKER.
ROLE_WORDS = np.array([str(Role.UNKNOWN), str(Role.TAKER), str(Role.MAKER)], dtype=object)


def merge_fills(fills: pd.DataFrame, markets: pd.DataFrame, parameters: ScoreParameters) -> pd.DataFrame:
    """Episodes of all wallets (COLUMNS). Shape: fills and markets as in scores.score_wallets and evidence.Evidence."""
    inputs = read_inputs(fills, no_evidence(markets=markets))
    return episode_table(inputs, merge(inputs, *by_wallet(inputs), parameters), fills)


def episode_table(inputs: Inputs, merged: Merged, fills: pd.DataFrame) -> pd.DataFrame:
    """One row an episode (COLUMNS): price is the size-weighted mean, episode_id the id of its first fill, opened the
    part that opens a position (closed: of it, what was left again), known_at when its last fill was seen.
    """
    rows, names = merged.rows(), inputs.names
    episodes = merged.episodes[rows]
    token = episodes["token"]
    return pd.DataFrame(
        {
            "episode_id": np.asarray(ids(fills, "fill_id"))[inputs.fills["row"][episodes["first"]]],
            "wallet": names.wallets[episodes["wallet"]],
            "condition_id": names.markets[inputs.tokens.market[token]],
            "token_id": names.tokens[token],
            "side": np.where(episodes["side"] > 0, str(Side.BUY), str(Side.SELL)),
            "role": ROLE_WORDS[role_codes(episodes)],
            "price": episodes["notional"] / episodes["size"],
            "size": episodes["size"],
            "opened": merged.opened[rows],
            "closed": merged.closed[rows],
            "notional": episodes["notional"],
            "maker_notional": episodes["maker_notional"],
            "taker_notional": episodes["taker_notional"],
            "fills": episodes["fills"].astype(np.int64),
            "started_at": np.ascontiguousarray(episodes["started"]).view("datetime64[us]"),
            "ended_at": np.ascontiguousarray(episodes["ended"]).view("datetime64[us]"),
            "known_at": np.ascontiguousarray(episodes["known"]).view("datetime64[us]"),
        }
    )[list(COLUMNS)]
