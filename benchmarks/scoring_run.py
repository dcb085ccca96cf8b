"""One engine over one world in a process of its own, so that its peak memory is its own. Prints JSON, writes its sums.

    python -m benchmarks.scoring_run ENGINE FOLDER [WARM-UP FOLDER]

ENGINE is ours, told (ours with diagnostics and reasons), keep (ours as of a day earlier, kept on disk), refresh (from
there to now), pandas, polars, bare (DuckDB adds the same columns up and scores nothing) or read (Arrow reads them).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import scoring_pandas, scoring_polars
from benchmarks.scoring_world import START, YEAR
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.scoring.evidence import Evidence, no_evidence
from copytrade_pipelines.scoring.keeping import load, save
from copytrade_pipelines.scoring.kernels.events import SUMS
from copytrade_pipelines.scoring.parameters import SCORE_VERSION, ScoreParameters, parameters_of
from copytrade_pipelines.scoring.refresh import keep, refresh
from copytrade_pipelines.scoring.scores import Collected, beliefs, collect, judge
from copytrade_pipelines.scoring.versions import version_named

NOW = START + YEAR
# A refresh starts from what was kept a day earlier.
BEFORE = NOW - 86_400
PEOPLE = ("wallets", "markets")
THREADS = 2
_BARE = (
    """select wallet, condition_id, token_id, side, count(*) as fills, sum(size) as size, sum(price * size) as cash,
        sum(case when role = 'maker' then price * size else 0 end) as rested, min(event_at) as first_at,
        max(event_at) as last_at, max(observed_at) as known_at
    from 'FOLDER/fills.parquet' group by all""",
    """select token_id, count(*) as mids, avg(mid) as mid, min("at") as first_at, max("at") as last_at
    from 'FOLDER/prices.parquet' group by all""",
    """select event_id, category, count(*) as markets, max(end_at) as end_at, max(fee_rate) as fee_rate
    from 'FOLDER/markets.parquet' group by all""",
    """select payout, count(*) as tokens, max(known_at) as known_at from 'FOLDER/outcomes.parquet' group by all""",
)


def run(engine: str, folder: Path, parameters: ScoreParameters) -> pd.DataFrame | None:
    """Let one engine do its work. Returns: its sums by wallet, None for those that score nothing."""
    if engine == "pandas":
        return scoring_pandas.score(folder, NOW, parameters)
    if engine == "polars":
        return scoring_polars.score(folder, NOW, parameters).to_pandas().set_index("wallet")
    if engine == "bare":
        _aggregate(folder)
        return None
    if engine == "read":
        for name in ("fills", "prices", "markets", "outcomes", "wallets"):
            pq.read_table(folder / f"{name}.parquet")
        return None
    if engine == "keep":
        collected = collect(*_everything(folder), BEFORE * 1000, parameters)
        save(keep(collected, BEFORE * 1000, parameters), 0, folder / "kept")
        return None
    if engine == "refresh":
        return _refresh(folder, parameters)
    collected = collect(*_everything(folder), NOW * 1000, parameters)
    (judge if engine == "told" else beliefs)(collected, NOW * 1000, parameters, version_named(SCORE_VERSION))
    return _sums(collected)


def _everything(folder: Path) -> tuple[pa.Table, Evidence]:
    tables = {name: pq.read_table(folder / f"{name}.parquet") for name in ("wallets", "markets", "outcomes", "prices")}
    frames = {name: table.to_pandas() if name in PEOPLE else table for name, table in tables.items()}
    return pq.read_table(folder / "fills.parquet"), no_evidence(**frames)


def _sums(collected: Collected) -> pd.DataFrame:
    return pd.DataFrame(collected.sums.overall, columns=list(SUMS), index=collected.built.frame.names.wallets)


def _refresh(folder: Path, parameters: ScoreParameters) -> pd.DataFrame:
    con = duckdb.connect(config={"threads": THREADS})
    found = load(folder / "kept", parameters, NOW * 1000)
    if found is None:
        raise RuntimeError(f"nothing is kept in {folder}; run keep first")
    frames = {name: pq.read_table(folder / f"{name}.parquet").to_pandas() for name in PEOPLE}
    since = f"epoch_us(COLUMN) > {(BEFORE - 3600) * 1_000_000}"

    def rows(name: str, where: str) -> pa.Table:
        return con.sql(f"select * from '{folder}/{name}.parquet' where {where}").to_arrow_table()  # noqa: S608

    news = no_evidence(
        **frames,
        outcomes=rows("outcomes", since.replace("COLUMN", "known_at")),
        prices=rows("prices", since.replace("COLUMN", '"at"')),
    )
    fresh = rows("fills", f"epoch_us(observed_at) > {BEFORE * 1_000_000}")
    event_of = frames["markets"].set_index("condition_id")["event_id"]
    changed = np.unique(event_of.reindex(fresh["condition_id"].to_numpy()).to_numpy())

    def read(events: np.ndarray) -> tuple[pa.Table, Evidence]:
        chosen = frames["markets"][frames["markets"]["event_id"].isin(events)]
        con.register("chosen", chosen[["condition_id"]])
        tokens = "token_id // 2 in (select condition_id from chosen)"
        part = no_evidence(**frames, outcomes=rows("outcomes", tokens), prices=rows("prices", tokens))
        return rows("fills", "condition_id in (select condition_id from chosen)"), part

    collected = refresh(found[0], changed, news, read, NOW * 1000)
    if collected is None:
        raise RuntimeError("the refresh wanted everything made again")
    beliefs(collected, NOW * 1000, parameters, version_named(SCORE_VERSION))
    return _sums(collected)


def _aggregate(folder: Path) -> None:
    con = duckdb.connect(config={"threads": THREADS})
    for query in _BARE:
        con.sql(query.replace("FOLDER", str(folder))).to_arrow_table()


def main() -> None:
    """Run, and say what it took: imports and compiled code, loaded on a small world, come before the clock starts."""
    engine, folder = sys.argv[1], Path(sys.argv[2])
    if len(sys.argv) > 3:
        run(engine, Path(sys.argv[3]), parameters_of(CopytradeConfig()))
    began, busy = time.perf_counter(), time.process_time()
    sums = run(engine, folder, parameters_of(CopytradeConfig()))
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if sums is not None:
        sums.to_parquet(folder / f"{engine}.sums.parquet")
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_gib": peak}))


if __name__ == "__main__":
    main()
