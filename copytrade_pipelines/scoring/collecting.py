"""The newest evidence of the warehouse: what was kept, with what changed since made again, or everything anew."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from copytrade_live.core.market import Instant
from copytrade_pipelines.scoring.evidence import Evidence, known_by, moment
from copytrade_pipelines.scoring.keeping import kept_as_of, load, save
from copytrade_pipelines.scoring.parameters import ScoreParameters
from copytrade_pipelines.scoring.refresh import Kept, keep, refresh
from copytrade_pipelines.scoring.scores import Collected, collect
from copytrade_pipelines.scoring.tables import FILL_COLUMNS, read_evidence, read_fills

# Read as they stand in raw; markets and outcomes are read from tables that models make, at their own time, so what
# changed of them is seen by comparing (_stated).
_BY_TOKEN = ("raw.prices", "raw.books")
_TOKENS = " union all ".join(
    f"select tokens.condition_id from {table} as told join tokens using (token_id) where told.loaded_seq > $seq"  # noqa: S608
    for table in _BY_TOKEN
)
_CHANGED = f"""
    with tokens as (
        select condition_id, unnest(token_ids) as token_id from marts.dim_markets
    ),
    touched as (
        {_TOKENS}
        union all select condition_id from raw.fills where loaded_seq > $seq
        union all select condition_id from raw.fills where observed_at > $since and observed_at <= $now
        union all select condition_id from raw.fills where list_contains($wallets, wallet)
    )
    select distinct coalesce(markets.event_id, touched.condition_id) as event_id
    from touched left join marts.dim_markets as markets on touched.condition_id = markets.condition_id
    order by event_id
"""  # noqa: S608 - constants of ours
_OF_EVENTS = """
    select fills.condition_id from (select distinct condition_id from marts.fct_fills) as fills
    left join marts.dim_markets as markets on fills.condition_id = markets.condition_id
    where list_contains($events, coalesce(markets.event_id, fills.condition_id))
"""


def collect_newest(
    con: duckdb.DuckDBPyConnection, folder: Path, seq: int, as_of: Instant, parameters: ScoreParameters
) -> tuple[Collected, bool]:
    """Collect as of now, and keep what the next time starts from; seq is the newest write that is read.

    Returns: what was collected, and whether only what changed was made.
    """
    found = load(folder, parameters, as_of)
    evidence = read_evidence(con, parameters)
    refreshed = _refresh(con, *found, evidence, as_of) if found else None
    collected = refreshed or collect(read_fills(con), evidence, as_of, parameters)
    if kept_as_of(folder) <= as_of:
        save(keep(collected, as_of, parameters, stated(evidence)), seq, folder)
    return collected, refreshed is not None


def _refresh(
    con: duckdb.DuckDBPyConnection, kept: Kept, seq: int, evidence: Evidence, as_of: Instant
) -> Collected | None:
    wallets = evidence.wallets
    complete = wallets.loc[wallets["history_complete"].fillna(False).astype(bool), "wallet"]
    settings = {
        "seq": seq,
        "since": moment(kept.as_of).item(),
        "now": moment(as_of).item(),
        "wallets": [*map(str, np.setxor1d(complete.to_numpy(object), kept.scored)), *_regrouped(evidence, kept, as_of)],
    }
    found = con.execute(_CHANGED, settings).df()["event_id"].to_numpy(object)
    changed = np.concatenate([found, _differing(kept.stated, stated(evidence))])

    def read(events: np.ndarray) -> tuple[pd.DataFrame, Evidence]:
        chosen = con.execute(_OF_EVENTS, {"events": [str(event) for event in events]}).df()
        con.register("chosen", chosen)
        fills = con.execute(
            f"select {FILL_COLUMNS} from marts.fct_fills where condition_id in (select condition_id from chosen) "  # noqa: S608
            "order by event_at, fill_id"
        ).df()
        con.unregister("chosen")
        return fills, evidence

    return refresh(kept, changed, evidence, read, as_of)


def _regrouped(evidence: Evidence, kept: Kept, as_of: Instant) -> list[str]:
    now = known_by(evidence, as_of, kept.parameters).clusters[["wallet", "cluster_id"]].dropna()
    before, after = (set(zip(look["wallet"], look["cluster_id"], strict=True)) for look in (kept.hands, now))
    return sorted({str(wallet) for wallet, _ in before ^ after})


def stated(evidence: Evidence) -> pd.DataFrame:
    """What is said of every market and payout. Returns: id, event, digest of the rest."""
    markets, outcomes = evidence.markets, evidence.outcomes
    event = markets["event_id"].fillna(markets["condition_id"])
    of_token = _events_by_token(evidence)
    said = [
        pd.DataFrame({"id": markets["condition_id"], "event": event, "digest": _digests(markets)}),
        pd.DataFrame(
            {"id": outcomes["token_id"], "event": outcomes["token_id"].map(of_token), "digest": _digests(outcomes)}
        ),
    ]
    return pd.concat(said, ignore_index=True).dropna(subset=["event"]).astype({"id": str, "event": str})


def _events_by_token(evidence: Evidence) -> pd.Series:
    markets = evidence.markets
    event = markets["event_id"].fillna(markets["condition_id"])
    table = pd.DataFrame({"event": event, "token": markets["token_ids"]}).explode("token").dropna()
    return table.drop_duplicates("token").set_index("token")["event"]


def _digests(rows: pd.DataFrame) -> np.ndarray:
    plain = rows.assign(token_ids=rows["token_ids"].map(list).map(str)) if "token_ids" in rows else rows
    return np.asarray(pd.util.hash_pandas_object(plain, index=False).to_numpy(np.uint64).view(np.int64))


def _differing(before: pd.DataFrame, now: pd.DataFrame) -> np.ndarray:
    both = pd.concat([before, now], ignore_index=True)
    return np.asarray(both.drop_duplicates(keep=False)["event"].drop_duplicates().to_numpy(object))
