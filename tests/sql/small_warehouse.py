"""A small warehouse for tests: rows of raw tables, and a refresh of everything above them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import duckdb

from copytrade_pipelines import fill_values
from copytrade_pipelines.ingest.tables import arrow
from copytrade_pipelines.ingest.upsert import upsert
from copytrade_pipelines.scoring.scores import COLUMNS as SCORE_COLUMNS
from copytrade_pipelines.sql_build import Built, build
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.sql_rules import run_tests
from copytrade_pipelines.warehouse_schema import COLUMNS

START = datetime(2026, 1, 1)
Row = dict[str, Any]
MARKETS = 6


def lay_scores(con: duckdb.DuckDBPyConnection) -> None:
    """Scores that Python would have written: none yet."""
    con.execute(
        f"create table marts.fct_trader_scores ({', '.join(f'{name} {kind}' for name, kind in SCORE_COLUMNS.items())})"
    )


def row(table: str, **values: Any) -> Row:
    return dict.fromkeys(COLUMNS[table]) | values


def put(con: duckdb.DuckDBPyConnection, table: str, *rows: Row) -> None:
    upsert(con, table, arrow(table, rows))


def fill(number: int, rng: random.Random) -> Row:
    at = START + timedelta(minutes=rng.randrange(10_000))
    market = rng.randrange(MARKETS)
    return row(
        "raw.fills",
        fill_id=f"f{number}",
        wallet=f"0x{rng.randrange(5)}",
        condition_id=f"c{market}",
        token_id=f"c{market}-{rng.randrange(2)}",
        side=rng.choice(["BUY", "SELL"]),
        role="unknown",
        price=rng.randrange(1, 100) / 100,
        size=rng.randrange(1, 10**6) / 1000,
        event_at=at,
        observed_at=at + timedelta(minutes=2),
        occurrence=0,
        source="test",
    )


def market(number: int, **values: Any) -> Row:
    tokens = [f"c{number}-0", f"c{number}-1"]
    known = {"outcomes": ["Yes", "No"], "token_ids": tokens, "closed": False, "observed_at": START}
    return row("raw.markets", condition_id=f"c{number}", **(known | values))


def resolution(number: int, payouts: list[float], status: str = "resolved") -> Row:
    return row(
        "raw.resolutions", condition_id=f"c{number}", status=status, payouts=payouts, known_at=START, was_disputed=False
    )


def refresh(con: duckdb.DuckDBPyConnection, *, full_refresh: bool = False) -> dict[str, Built]:
    project, made = load_project(), {}
    for model in project.models.values():
        if fill_values.TABLE in map(str, model.inputs):
            fill_values.write_fill_values(con, full_refresh=full_refresh)
        made[model.name] = build(model, con, full_refresh=full_refresh)
        broken = [
            each.rule.name for each in run_tests(model, project.tests.get(model.name, ()), con) if not each.passed
        ]
        assert broken == [], f"{model.name} breaks {broken}"
    return made
