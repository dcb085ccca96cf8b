"""A small warehouse made of raw rows and the shipped SQL models, for backtests to run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from copytrade_live.backtest_settings import like_paper
from copytrade_live.core.config import PaperConfig
from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND
from copytrade_live.core.score import OVERALL
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.scoring.parameters import SCORE_VERSION
from copytrade_pipelines.scoring.scores import COLUMNS as SCORE_COLUMNS
from copytrade_pipelines.sql_build import build
from copytrade_pipelines.sql_models import Project, load_project
from copytrade_pipelines.warehouse import COLUMNS, ensure_schema
from tests.builders import NOW, OTHER_WALLET, WALLET

START = NOW
END = NOW + 4 * DAY
LAG = 10 * SECOND
MODELS = (
    "stg_fills",
    "stg_markets",
    "stg_resolution_statuses",
    "stg_resolutions",
    "int_outcomes",
    "fct_fills",
    "fct_resolutions",
)
# Orders fill as paper trading's do: what a test says of books and exits does not hang on luck.
AS_PAPER = like_paper(PaperConfig()).model_copy(update={"book": "fixed"})
CONFIG = CopytradeConfig.model_validate({"filter": {"min_liquidity": 500.0}, "backtest": AS_PAPER.model_dump()})


def condition(number: int) -> str:
    return f"0x{number:064x}"


def token(number: int, outcome: int = 0) -> str:
    return f"{number}{outcome}"


def levels(first: float, step: float, size: float) -> list[dict[str, float]]:
    return [{"price": round(first + step * place, 4), "size": size} for place in range(3)]


@dataclass
class Rows:
    """Rows by table; every method adds one and names only what a test cares about."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        self.tables.setdefault(table, []).append(row)

    def market(self, number: int, **changes: Any) -> None:
        row = {
            "condition_id": condition(number),
            "event_id": f"e{number}",
            "category": "politics",
            "outcomes": ["Yes", "No"],
            "token_ids": [token(number, 0), token(number, 1)],
            "tick_size": 0.01,
            "min_order_size": 5.0,
            "fee_rate": 0.04,
            "fee_exponent": 1.0,
            "neg_risk": False,
            "end_at": NOW + 30 * DAY,
            "closed": False,
            "accepting_orders": True,
            "observed_at": NOW - DAY,
        }
        self.add("raw.markets", **{**row, **changes})

    def fill(self, name: str, number: int, at: int, price: float, size: float = 1000.0, **changes: Any) -> None:
        row = {
            "fill_id": name,
            "wallet": WALLET,
            "condition_id": condition(number),
            "token_id": token(number),
            "outcome": "Yes",
            "side": "BUY",
            "role": "taker",
            "price": price,
            "size": size,
            "event_at": at - LAG,
            "observed_at": at,
            "tx_hash": "0x01",
        }
        self.add("raw.fills", **{**row, **changes})

    def book(self, number: int, at: int, bid: float, ask: float, size: float = 5000.0) -> None:
        self.add(
            "raw.books",
            book_id=f"b{number}-{at}-{bid}",
            token_id=token(number),
            condition_id=condition(number),
            event_at=at,
            observed_at=at,
            bids=levels(bid, -0.01, size),
            asks=levels(ask, 0.01, size),
            source="test",
        )

    def mid(self, number: int, at: int, mid: float) -> None:
        self.add("raw.prices", token_id=token(number), at=at, mid=mid)

    def resolution(self, number: int, known_at: int, payouts: tuple[float, float]) -> None:
        self.add(
            "raw.resolutions",
            condition_id=condition(number),
            status="resolved",
            payouts=list(payouts),
            winning_outcome="Yes" if payouts[0] == 1.0 else "No",
            resolved_at=known_at - HOUR,
            known_at=known_at,
            was_disputed=False,
            source="test",
        )

    def score(self, as_of: int, wallet: str = WALLET, **changes: Any) -> None:
        row = {
            "wallet": wallet,
            "category": OVERALL,
            "as_of": as_of,
            "score_version": SCORE_VERSION,
            "edge_mean": 0.06,
            "edge_sd": 0.02,
            "p_pos": 0.95,
            "lcb10": 0.02,
            "rank": 99.0,
            "n_events": 60,
            "n_eff": 40.0,
            "coverage": 1.0,
            "copy_cost_mean": 0.012,
            "imputed_share": 0.0,
            "maker_share": 0.1,
            "flags": [],
            "reasons": [],
            "known_at": as_of,
        }
        self.add("marts.fct_trader_scores", **{**row, **changes})

    def lay(self, con: duckdb.DuckDBPyConnection) -> None:
        """Put the rows in place and build the models above them."""
        ensure_schema(con)
        for table, columns in {**COLUMNS, "marts.fct_trader_scores": SCORE_COLUMNS}.items():
            body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            con.execute(f"create table if not exists {table} ({body}); delete from {table}")
            _insert(con, table, self.tables.get(table, []), columns)
        for name in MODELS:
            build(project().models[name], con)

    def connect(self) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect()
        con.execute("set TimeZone = 'UTC'")
        self.lay(con)
        return con


@cache
def project() -> Project:
    return load_project()


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]], columns: dict[str, str]) -> None:
    if not rows:
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    con.register("given", pa.table({name: [row.get(name) for row in rows] for name in names}))
    values = (f'epoch_ms(cast("{name}" as bigint))' if columns[name] == "TIMESTAMP" else f'"{name}"' for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    con.execute(f"insert into {table} ({listed}) select {', '.join(values)} from given")
    con.unregister("given")


def busy() -> Rows:
    """Four days in which a leader is copied on recorded and modelled books, refused, and left in several ways."""
    rows = Rows()
    for number in range(1, 7):
        rows.market(number, category="sports" if number % 2 else "politics")
    rows.score(START - HOUR)
    rows.score(START - HOUR, OTHER_WALLET, p_pos=0.4, rank=10.0)
    rows.score(START + 2 * DAY)
    at = START + HOUR
    # 1: recorded books; the price rises and profit is taken.
    rows.fill("f1", 1, at, 0.50)
    for second in range(-5, 40, 5):
        rows.book(1, at + second * SECOND, 0.49, 0.50)
    rows.book(1, at + HOUR, 0.72, 0.73)
    # 2: a modelled book; the market pays out.
    rows.mid(2, at - HOUR, 0.38)
    rows.fill("f2", 2, at + HOUR, 0.40)
    rows.resolution(2, START + 3 * DAY, (1.0, 0.0))
    # 3: the leader buys and sells half.
    rows.fill("f3", 3, at + 2 * HOUR, 0.60, size=800.0)
    rows.fill("f4", 3, at + 2 * HOUR + 20 * MINUTE, 0.62, size=400.0, side="SELL")
    # Refused: dust, a leader without skill, a price out of the band, an unknown market.
    rows.fill("f5", 4, at + 3 * HOUR, 0.50, size=10.0)
    rows.fill("f6", 4, at + 3 * HOUR, 0.50, wallet=OTHER_WALLET)
    rows.fill("f7", 4, at + 4 * HOUR, 0.99)
    rows.fill("f8", 9, at + 5 * HOUR, 0.50)
    # 5: the price falls and the loss is stopped; 6: still open at the end.
    rows.fill("f9", 5, at + 5 * HOUR, 0.50)
    rows.mid(5, at + 6 * HOUR, 0.30)
    rows.fill("f10", 6, END - 30 * MINUTE, 0.50)
    return rows
