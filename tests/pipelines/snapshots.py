"""Score rows as published_scores hands them to the publisher."""

from __future__ import annotations

import pandas as pd

from copytrade_live.core.market import Instant
from copytrade_live.published import Pointer
from copytrade_live.settings import Home
from copytrade_pipelines.publishing import publish_scores
from copytrade_pipelines.scoring.parameters import SCORE_VERSION

AS_OF: Instant = 1_760_000_000_000


def score_rows(*wallets: str, as_of: Instant = AS_OF, p_pos: float = 0.9) -> pd.DataFrame:
    numbers = {"edge_mean": 0.02, "edge_sd": 0.01, "p_pos": p_pos, "lcb10": 0.007, "rank": 50.0, "n_events": 30}
    numbers |= {"n_eff": 25.0, "coverage": 1.0, "copy_cost_mean": 0.006, "maker_share": 0.1, "imputed_share": 0.5}
    unknown = {"breakeven_latency": float("nan"), "capacity": float("nan"), "q_value": float("nan")}
    texts = {
        "category": "overall",
        "score_version": SCORE_VERSION,
        "flags": ["thin", "imputed"],
        "reasons": ["A reason."],
    }
    moment = pd.Timestamp(as_of, unit="ms")
    values = {"as_of": moment, "known_at": moment, **numbers, **unknown, **texts}
    rows = pd.DataFrame([{"wallet": name, **values} for name in wallets], columns=["wallet", *values])
    return rows.astype({"as_of": "datetime64[us]", "known_at": "datetime64[us]"})


def publish(home: Home, *wallets: str, as_of: Instant = AS_OF, keep: int = 50, p_pos: float = 0.9) -> Pointer:
    rows = score_rows(*(wallets or ("0xa", "0xb")), as_of=as_of, p_pos=p_pos)
    return publish_scores(home, rows, as_of=as_of, run_id="run-1", keep=keep)
