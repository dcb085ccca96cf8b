"""What a refresh costs beside a rebuild, in CPU time, at a million fills of which one in a hundred is new."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
import pytest

from copytrade_pipelines.warehouse_schema import ensure_schema
from tests.sql.small_warehouse import lay_scores, refresh

FILLS = 1_000_000
_MARKETS = """
    insert into raw.markets by name
    select '0x' || sha256('c' || i) as condition_id, ['Yes', 'No'] as outcomes, closed,
        ['1' || i || repeat('7', 70), '2' || i || repeat('7', 70)] as token_ids, timestamp '2026-01-01' as observed_at
    from (select i, i % 2 = 0 as closed from range(5000) as r(i))
"""
_RESOLUTIONS = """
    insert into raw.resolutions by name
    select condition_id, 'resolved' as status, [1.0, 0.0] as payouts, timestamp '2026-01-02' as known_at
    from raw.markets where closed
"""
_FILLS = """
    insert into raw.fills by name
    with placed as (
        select i, hash(i + $first) % 20000 as wallet, (hash(i + $first + 7) >> 20) % 12 as choice
        from range($fills) as r(i)
    ),
    chosen as (select *, cast(hash(wallet, choice) % 10000 as bigint) as token from placed)
    select sha256('f' || (i + $first))[1:32] as fill_id, '0x' || sha256('w' || wallet)[1:40] as wallet, 0 as occurrence,
        '0x' || sha256('c' || (token // 2)) as condition_id,
        (1 + token % 2) || '' || (token // 2) || repeat('7', 70) as token_id,
        if(i % 3 = 0, 'SELL', 'BUY') as side, 'taker' as role, 0.01 + i % 98 / 100.0 as price,
        1.0 + i % 1000 as size, timestamp '2026-01-01' + to_seconds($second + i * $seconds // $fills) as event_at,
        event_at + to_seconds(10) as observed_at, '0x' || sha256('t' || i) as tx_hash, 'test' as source,
        $seq as loaded_seq
    from chosen
    order by wallet, i
"""


def add(con: duckdb.DuckDBPyConnection, fills: int, first: int, day: int, days: int) -> None:
    ((seq,),) = con.execute("select nextval('raw.load_seq')").fetchall()
    con.execute(
        _FILLS,
        {"fills": fills, "first": first, "second": day * 86_400, "seconds": days * 86_400, "seq": seq},
    )


def cpu_of_refresh(con: duckdb.DuckDBPyConnection, *, full_refresh: bool = False) -> float:
    began = time.process_time()
    con.execute("begin")
    refresh(con, full_refresh=full_refresh)
    con.execute("commit; checkpoint")
    return time.process_time() - began


@pytest.mark.slow
def test_a_refresh_after_one_in_a_hundred_costs_a_fraction_of_a_rebuild(tmp_path: Path) -> None:
    con = duckdb.connect(tmp_path / "warehouse.duckdb", config={"storage_compatibility_version": "v1.5.0"})
    ensure_schema(con)
    lay_scores(con)
    con.execute(_MARKETS)
    con.execute(_RESOLUTIONS)
    add(con, FILLS, 0, 0, 100)
    cpu_of_refresh(con)
    steps = []
    for day in range(3):
        add(con, FILLS // 100, FILLS * (day + 2), 100 + day, 1)
        steps.append(cpu_of_refresh(con))
    nothing_new = cpu_of_refresh(con)
    rebuild = cpu_of_refresh(con, full_refresh=True)
    print(f"rebuild {rebuild:.2f} s, steps {[round(each, 2) for each in steps]}, nothing new {nothing_new:.2f}")
    assert min(steps) < rebuild / 5
    assert nothing_new < rebuild / 10
