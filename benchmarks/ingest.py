"""How fast listed fills become committed rows (reference I1), against pydantic and row inserts, and the serial limit.

The limit is 1/(1/parse + 1/insert): the fastest parser we know decoding the same fields and nothing else, and
DuckDB appending the same columns from Arrow and nothing else. One core, one file, everything committed.
"""

from __future__ import annotations

import hashlib
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from pydantic import BaseModel

from copytrade_live.core.market import Role
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.listing import Page
from copytrade_live.venue.stretch import History, Stretch
from copytrade_live.venue.wire_data import parse_fill
from copytrade_pipelines.ingest import fill_columns, tables
from copytrade_pipelines.ingest.fill_columns import FIELDS, joined, read_fills
from copytrade_pipelines.ingest.history_load import parse_stretches
from copytrade_pipelines.ingest.upsert import upsert
from copytrade_pipelines.warehouse import CONNECTION_CONFIG
from copytrade_pipelines.warehouse_schema import ensure_schema

WALLET = "0x" + "ab" * 20
PAGES, PAGE_ROWS = 200, 500
ROW_INSERTS = 500
REPEATS = 3
LAG = 10_000


class Trade(BaseModel):
    """A row as most clients read it."""

    proxy_wallet: str
    timestamp: int
    condition_id: str
    size: float
    transaction_hash: str
    price: float
    token_id: str
    side: str
    outcome_index: int
    title: str
    slug: str
    event_slug: str
    outcome: str


def measure() -> dict[str, dict[str, float | bool | str]]:
    """Rows a second through every stage, and the ratios."""
    pages = _pages()
    rows = len(pages) * PAGE_ROWS
    parse = _rate(rows, lambda: [bare_decoder(page.body) for page in pages])
    plain = pa.table(dict(zip(FIELDS, joined([read_fills(page)[0] for page in pages]).columns, strict=True)))
    insert = _rate(rows, lambda: _in_file(lambda con: _append(con, plain)))
    keyed = parse_stretches(_stretches(pages), lag=LAG).fills
    insert_keyed = _rate(rows, lambda: _in_file(lambda con: _append(con, keyed)))
    limit, limit_keyed = 1 / (1 / parse + 1 / insert), 1 / (1 / parse + 1 / insert_keyed)
    ours = _rate(rows, lambda: _in_file(lambda con: _append(con, _checked(pages))))
    ours_keyed = _rate(rows, lambda: _in_file(lambda con: _upserted(con, pages)))
    peer = _rate(ROW_INSERTS, lambda: _in_file(lambda con: _row_by_row(con, pages)), repeats=1)
    is_equal = _equal(pages)
    return {
        "I1.against_row_inserts": _row(ours_keyed, f"{peer:,.0f} rows/s", ours_keyed / peer, 150.0, is_equal),
        "I1.of_serial_limit": _row(ours, f"{limit:,.0f} rows/s", ours / limit, 0.7, is_equal),
        "I1.of_serial_limit_with_keys": _row(
            ours_keyed, f"{limit_keyed:,.0f} rows/s", ours_keyed / limit_keyed, 0.5, is_equal
        ),
    }


def bare_decoder(body: str) -> object:
    """The fastest parser we know: the same fields, and nothing else."""
    return _typed().decode(body)


@cache
def _typed() -> Any:
    return msgspec.json.Decoder(fill_columns.envelope(is_v2=True))


def _row(value: float, anchor: str, ratio: float, goal: float, is_equal: bool) -> dict[str, float | bool | str]:
    return {
        "value": round(value),
        "anchor": anchor,
        "ratio": round(ratio, 3),
        "goal": f"ratio >= {goal:g}",
        "holds": ratio >= goal,
        "equal": is_equal,
    }


def _pages() -> list[Page]:
    dice = random.Random(1)  # noqa: S311 - rows to measure with
    return [Page(source="data-api", request="/v2/trades?user=x", body=_body(dice, n)) for n in range(PAGES)]


def _body(dice: random.Random, number: int) -> str:
    rows = [_listed(dice, number * PAGE_ROWS + place) for place in range(PAGE_ROWS)]
    return json.dumps({"data": rows, "pagination": {"next_cursor": "c" * 80, "has_more": True}}, separators=(",", ":"))


def _listed(dice: random.Random, number: int) -> dict[str, object]:
    market = (number // 25 + dice.randrange(4)) % 2_000  # a wallet's fills come in runs
    condition = hashlib.sha256(f"c{market}".encode()).hexdigest()
    slug = f"will-film-{market}-open-above-3-3-million"
    return {
        "proxy_wallet": WALLET,
        "timestamp": 1_789_381_477 - number // 3,
        "condition_id": f"0x{condition}",
        "size": round(dice.uniform(1, 500), 2),
        "transaction_hash": f"0x{hashlib.sha256(str(number).encode()).hexdigest()}",
        "price": round(dice.uniform(0.01, 0.99), 3),
        "token_id": str(int(condition, 16))[:77],
        "side": "BUY" if number % 3 else "SELL",
        "outcome_index": number % 2,
        "title": f"Will film {market} open above 3.3 million?",
        "slug": slug,
        "icon": f"https://example.org/upload/{slug}.png",
        "event_slug": slug,
        "outcome": "Yes",
        "name": "someone",
        "pseudonym": "Silent-Fox",
        "bio": "",
        "profile_image": "",
        "profile_image_optimized": "",
    }


def _stretches(pages: Sequence[Page]) -> list[Stretch]:
    history = {"wallet": WALLET, "history": History.FILLS, "window": 1, "start": 1, "end": 2_000_000_000}
    return [Stretch(**history, pages=tuple(pages[at : at + 10])) for at in range(0, len(pages), 10)]


def _checked(pages: Sequence[Page]) -> pa.Table:
    parts = [dict(zip(FIELDS, read_fills(page)[0].columns, strict=True)) for page in pages]
    return pa.concat_tables([pa.table(part) for part in parts])


def _append(con: duckdb.DuckDBPyConnection, table: pa.Table) -> None:
    con.register("given", table)
    con.execute("CREATE TABLE kept AS SELECT * FROM given LIMIT 0")
    con.execute("INSERT INTO kept SELECT * FROM given")


def _upserted(con: duckdb.DuckDBPyConnection, pages: Sequence[Page]) -> None:
    ensure_schema(con)
    upsert(con, "raw.fills", parse_stretches(_stretches(pages), lag=LAG).fills)


def _row_by_row(con: duckdb.DuckDBPyConnection, pages: Sequence[Page]) -> None:
    con.execute(
        "CREATE TABLE kept (a VARCHAR, b BIGINT, c VARCHAR, d DOUBLE, e VARCHAR, f DOUBLE, g VARCHAR, h VARCHAR, "
        "i INTEGER, j VARCHAR, k VARCHAR, l VARCHAR, m VARCHAR)"
    )
    done = 0
    for page in pages:
        for row in json.loads(page.body)["data"]:
            values = list(Trade.model_validate(row).model_dump().values())
            con.execute("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            con.execute("COMMIT")
            con.execute("BEGIN TRANSACTION")
            done += 1
            if done == ROW_INSERTS:
                return


def _equal(pages: Sequence[Page]) -> bool:
    """Whether the fast way gives the very rows that the row-by-row parser and its identities give."""
    rows = [parse_fill(row) for page in pages for row in json.loads(page.body)["data"]]
    slow = tables.fills([(fill, Role.UNKNOWN) for fill in identify_fills(rows)], source="data-api", lag=LAG)
    fast = parse_stretches(_stretches(pages), lag=LAG).fills
    return bool(fast.sort_by("fill_id").equals(slow.sort_by("fill_id")))


def _in_file(work: Callable[[duckdb.DuckDBPyConnection], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        con = duckdb.connect(str(Path(folder) / "bench.duckdb"), config=CONNECTION_CONFIG)
        con.execute("SET threads = 1")
        con.execute("BEGIN TRANSACTION")
        work(con)
        con.execute("COMMIT")
        con.close()


def _rate(rows: int, work: Callable[[], object], repeats: int = REPEATS) -> float:
    durations = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        durations.append(time.perf_counter() - began)
    return rows / statistics.median(durations)
