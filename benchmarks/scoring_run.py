"""One engine over one world in a process of its own, so that its peak memory is its own. Prints JSON, writes its sums.

    python -m benchmarks.scoring_run ENGINE FOLDER [WARM-UP FOLDER]

ENGINE is ours, told (ours with diagnostics and reasons), pandas, polars, bare (DuckDB adds the same columns up and
scores nothing) or read (Arrow reads them).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from benchmarks import scoring_pandas, scoring_polars
from benchmarks.scoring_world import START, YEAR
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.scoring.evidence import no_evidence
from copytrade_pipelines.scoring.kernels.events import SUMS
from copytrade_pipelines.scoring.parameters import SCORE_VERSION, ScoreParameters, parameters_of
from copytrade_pipelines.scoring.scores import beliefs, collect, judge
from copytrade_pipelines.scoring.versions import version_named

NOW = START + YEAR
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
    return _score(folder, parameters, is_told=engine == "told")


def _score(folder: Path, parameters: ScoreParameters, *, is_told: bool) -> pd.DataFrame:
    tables = {name: pq.read_table(folder / f"{name}.parquet") for name in ("wallets", "markets", "outcomes", "prices")}
    evidence = no_evidence(
        **{name: table.to_pandas() if name in ("wallets", "markets") else table for name, table in tables.items()}
    )
    collected = collect(pq.read_table(folder / "fills.parquet"), evidence, NOW * 1000, parameters)
    (judge if is_told else beliefs)(collected, NOW * 1000, parameters, version_named(SCORE_VERSION))
    return pd.DataFrame(collected.sums.overall, columns=list(SUMS), index=collected.built.frame.names.wallets)


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
