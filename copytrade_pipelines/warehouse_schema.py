"""The tables of schema raw, as docs/contracts.md states them; Python writes them, SQL models read them."""

from __future__ import annotations

import duckdb

SCHEMAS = ("raw", "staging", "intermediate", "marts")

# No PRIMARY KEY constraints: an upsert replaces rows inside one transaction, where DuckDB's index still sees the
# deleted key. The keys are kept by the one upsert of ingest/upsert.py instead, and checked by tests and suites.
KEYS: dict[str, tuple[str, ...]] = {
    "raw.wallets": ("wallet",),
    "raw.wallet_sightings": ("wallet", "source", "category", "time_window", "sort_by", "observed_at"),
    "raw.fills": ("fill_id",),
    "raw.activity": ("activity_id",),
    "raw.positions": ("wallet", "token_id"),
    "raw.coverage": ("wallet", "observed_at"),
    "raw.histories": ("wallet", "history"),
    "raw.chain_fills": ("chain_fill_id",),
    "raw.chain_ranges": ("wallet",),
    "raw.markets": ("condition_id",),
    "raw.events": ("event_id",),
    "raw.fee_schedules": ("condition_id", "observed_at"),
    "raw.tick_sizes": ("condition_id", "observed_at"),
    "raw.resolutions": ("condition_id", "status"),
    "raw.books": ("book_id",),
    "raw.prices": ("token_id", "at"),
    "raw.price_hours": ("token_id", "hour"),
    "raw.price_marks": ("token_id",),
    "raw.quarantine": ("quarantine_id",),
    "raw.journal": ("run_id", "seq"),
    "raw.holdings": ("wallet", "token_id"),
}

# Every raw table has this column too, last: the number of the write that made the row what it is. Numbers only grow,
# so rows above a mark are what a consumer has not seen yet (changes.py). A plain INSERT takes one by default.
LOADED_SEQ = "loaded_seq"
LOAD_SEQUENCE = "raw.load_seq"
MARKS = "raw.marks"
# What SQL models are built (sql_state.py).
BUILDS = "raw.builds"
_BOOKKEEPING = (
    "CREATE SCHEMA IF NOT EXISTS raw",
    f"CREATE SEQUENCE IF NOT EXISTS {LOAD_SEQUENCE}",
    f"CREATE TABLE IF NOT EXISTS {MARKS} (consumer VARCHAR, table_name VARCHAR, seq BIGINT)",
    f"CREATE TABLE IF NOT EXISTS {BUILDS} (relation VARCHAR, materialized VARCHAR, version VARCHAR, "
    "changed_seq BIGINT, full_seq BIGINT, reads VARCHAR[], inputs VARCHAR, rules_version VARCHAR, checked_seq BIGINT)",
)

# How whole warehouses looked that this process has opened.
_SEEN_WHOLE: set[str] = set()

LADDER = "STRUCT(price DOUBLE, size DOUBLE)[]"

COLUMNS: dict[str, dict[str, str]] = {
    "raw.wallets": {
        "wallet": "VARCHAR",
        "source": "VARCHAR",
        "first_seen_at": "TIMESTAMP",
        "coverage": "DOUBLE",
        "history_complete": "BOOLEAN",
        "fills": "BIGINT",
        "fetched_through": "TIMESTAMP",
        "readable": "DOUBLE",
        "bucket": "INTEGER",
        "excluded": "BOOLEAN",
    },
    "raw.wallet_sightings": {
        "wallet": "VARCHAR",
        "source": "VARCHAR",
        "category": "VARCHAR",
        "time_window": "VARCHAR",
        "sort_by": "VARCHAR",
        "rank": "BIGINT",
        "pnl": "DOUBLE",
        "volume": "DOUBLE",
        "observed_at": "TIMESTAMP",
    },
    "raw.fills": {
        "fill_id": "VARCHAR",
        "wallet": "VARCHAR",
        "condition_id": "VARCHAR",
        "token_id": "VARCHAR",
        "outcome": "VARCHAR",
        "outcome_index": "INTEGER",
        "side": "VARCHAR",
        "role": "VARCHAR",
        "price": "DOUBLE",
        "size": "DOUBLE",
        "event_at": "TIMESTAMP",
        "observed_at": "TIMESTAMP",
        "tx_hash": "VARCHAR",
        "occurrence": "INTEGER",
        "source": "VARCHAR",
        "title": "VARCHAR",
        "slug": "VARCHAR",
        "event_slug": "VARCHAR",
    },
    "raw.activity": {
        "activity_id": "VARCHAR",
        "wallet": "VARCHAR",
        "type": "VARCHAR",
        "condition_id": "VARCHAR",
        "token_id": "VARCHAR",
        "size": "DOUBLE",
        "usdc_size": "DOUBLE",
        "event_at": "TIMESTAMP",
        "observed_at": "TIMESTAMP",
        "tx_hash": "VARCHAR",
        "source": "VARCHAR",
    },
    "raw.positions": {
        "wallet": "VARCHAR",
        "token_id": "VARCHAR",
        "condition_id": "VARCHAR",
        "status": "VARCHAR",
        "outcome": "VARCHAR",
        "size": "DOUBLE",
        "total_size": "DOUBLE",
        "average_price": "DOUBLE",
        "realised_pnl": "DOUBLE",
        "total_pnl": "DOUBLE",
        "event_at": "TIMESTAMP",
        "observed_at": "TIMESTAMP",
        "source": "VARCHAR",
    },
    "raw.coverage": {
        "wallet": "VARCHAR",
        "observed_at": "TIMESTAMP",
        "fetched_through": "TIMESTAMP",
        "fills": "BIGINT",
        "tokens": "BIGINT",
        "matched": "BIGINT",
        "pending": "BIGINT",
        "unplaced": "BIGINT",
        "notional": "DOUBLE",
        "share": "DOUBLE",
        "token_share": "DOUBLE",
        "mismatch": "VARCHAR",
        "reread": "BOOLEAN",
    },
    "raw.histories": {
        "wallet": "VARCHAR",
        "history": "VARCHAR",
        "known_from": "TIMESTAMP",
        "known_through": "TIMESTAMP",
        "is_complete": "BOOLEAN",
        "audited_at": "TIMESTAMP",
        "open_start": "TIMESTAMP",
        "open_next": "TIMESTAMP",
        "open_through": "TIMESTAMP",
        "open_complete": "BOOLEAN",
    },
    "raw.chain_fills": {
        "chain_fill_id": "VARCHAR",
        "wallet": "VARCHAR",
        "token_id": "VARCHAR",
        "side": "VARCHAR",
        "role": "VARCHAR",
        "price": "DOUBLE",
        "size": "DOUBLE",
        "fee": "DOUBLE",
        "block_number": "BIGINT",
        "event_at": "TIMESTAMP",
        "observed_at": "TIMESTAMP",
        "tx_hash": "VARCHAR",
        "log_index": "BIGINT",
        "exchange": "VARCHAR",
        "shares_micro": "BIGINT",
        "cash_micro": "BIGINT",
    },
    "raw.chain_ranges": {
        "wallet": "VARCHAR",
        "first_block": "BIGINT",
        "last_block": "BIGINT",
        "first_at": "TIMESTAMP",
        "last_at": "TIMESTAMP",
        "mismatch": "VARCHAR",
    },
    "raw.markets": {
        "condition_id": "VARCHAR",
        "market_id": "VARCHAR",
        "question": "VARCHAR",
        "slug": "VARCHAR",
        "event_id": "VARCHAR",
        "event_slug": "VARCHAR",
        "category": "VARCHAR",
        "outcomes": "VARCHAR[]",
        "token_ids": "VARCHAR[]",
        "tick_size": "DOUBLE",
        "min_order_size": "DOUBLE",
        "fee_rate": "DOUBLE",
        "fee_exponent": "DOUBLE",
        "neg_risk": "BOOLEAN",
        "start_at": "TIMESTAMP",
        "end_at": "TIMESTAMP",
        "closed": "BOOLEAN",
        "closed_at": "TIMESTAMP",
        "accepting_orders": "BOOLEAN",
        "observed_at": "TIMESTAMP",
        "uma_statuses": "VARCHAR[]",
        "uma_end_at": "TIMESTAMP",
        "outcome_prices": "DOUBLE[]",
    },
    "raw.events": {
        "event_id": "VARCHAR",
        "slug": "VARCHAR",
        "title": "VARCHAR",
        "category": "VARCHAR",
        "tags": "VARCHAR[]",
        "neg_risk": "BOOLEAN",
        "neg_risk_id": "VARCHAR",
        "condition_ids": "VARCHAR[]",
        "yes_tokens": "VARCHAR[]",
        "no_tokens": "VARCHAR[]",
        "start_at": "TIMESTAMP",
        "end_at": "TIMESTAMP",
        "closed": "BOOLEAN",
        "observed_at": "TIMESTAMP",
    },
    "raw.fee_schedules": {
        "condition_id": "VARCHAR",
        "observed_at": "TIMESTAMP",
        "rate": "DOUBLE",
        "exponent": "DOUBLE",
        "taker_only": "BOOLEAN",
        "rebate": "DOUBLE",
        "source": "VARCHAR",
    },
    "raw.tick_sizes": {
        "condition_id": "VARCHAR",
        "observed_at": "TIMESTAMP",
        "tick_size": "DOUBLE",
        "min_order_size": "DOUBLE",
        "source": "VARCHAR",
    },
    "raw.resolutions": {
        "condition_id": "VARCHAR",
        "status": "VARCHAR",
        "payouts": "DOUBLE[]",
        "winning_outcome": "VARCHAR",
        "resolved_at": "TIMESTAMP",
        "known_at": "TIMESTAMP",
        "was_disputed": "BOOLEAN",
        "source": "VARCHAR",
    },
    "raw.books": {
        "book_id": "VARCHAR",
        "token_id": "VARCHAR",
        "condition_id": "VARCHAR",
        "event_at": "TIMESTAMP",
        "observed_at": "TIMESTAMP",
        "bids": LADDER,
        "asks": LADDER,
        "source": "VARCHAR",
    },
    "raw.prices": {"token_id": "VARCHAR", "at": "TIMESTAMP", "mid": "DOUBLE"},
    "raw.price_hours": {"token_id": "VARCHAR", "hour": "TIMESTAMP"},
    "raw.price_marks": {"token_id": "VARCHAR", "hourly_through": "TIMESTAMP"},
    "raw.quarantine": {
        "quarantine_id": "VARCHAR",
        "source": "VARCHAR",
        "reason": "VARCHAR",
        "field": "VARCHAR",
        "value": "VARCHAR",
        "payload": "VARCHAR",
        "first_seen_at": "TIMESTAMP",
    },
    "raw.journal": {
        "run_id": "VARCHAR",
        "seq": "BIGINT",
        "mode": "VARCHAR",
        "type": "VARCHAR",
        "caused_by": "BIGINT",
        "event_at": "TIMESTAMP",
        "observed_at": "TIMESTAMP",
        "payload": "VARCHAR",
    },
    "raw.holdings": {
        "wallet": "VARCHAR",
        "token_id": "VARCHAR",
        "condition_id": "VARCHAR",
        "size": "DOUBLE",
        "bought": "DOUBLE",
        "cost": "DOUBLE",
        "notional": "DOUBLE",
        "realised_pnl": "DOUBLE",
        "missing": "DOUBLE",
        "last_event_at": "TIMESTAMP",
    },
}


def ensure_schema(con: duckdb.DuckDBPyConnection) -> None:
    """Create the four schemas and every raw table that is not there yet; add the columns an older file lacks."""
    if _everything(con) in _SEEN_WHOLE:
        return
    for schema in SCHEMAS:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    ensure_bookkeeping(con)
    _ensure_tables(con)
    _SEEN_WHOLE.add(_everything(con))


def _everything(con: duckdb.DuckDBPyConnection) -> str:
    # What is there, written as DuckDB writes it: a file that was whole before needs no look at each column.
    rows = con.execute(
        "SELECT schema_name FROM duckdb_schemas() UNION ALL SELECT sql FROM duckdb_tables() WHERE schema_name = 'raw' "
        "UNION ALL SELECT sequence_name FROM duckdb_sequences() ORDER BY ALL"
    ).fetchall()
    return repr(rows)


def _ensure_tables(con: duckdb.DuckDBPyConnection) -> None:
    found = _columns_found(con)
    for table, columns in COLUMNS.items():
        if table in found:
            _add_missing(con, table, found[table])
        else:
            _create(con, table, columns)


def ensure_bookkeeping(con: duckdb.DuckDBPyConnection) -> None:
    """Create the sequence of writes, and the tables that say who read and built what."""
    for statement in _BOOKKEEPING:
        con.execute(statement)


def _create(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str]) -> None:
    keys = KEYS[table]
    body = ", ".join(f'"{name}" {kind}{" NOT NULL" if name in keys else ""}' for name, kind in columns.items())
    con.execute(f"CREATE TABLE {table} ({body}, {LOADED_SEQ} BIGINT DEFAULT nextval('{LOAD_SEQUENCE}'))")


def _add_missing(con: duckdb.DuckDBPyConnection, table: str, found: frozenset[str]) -> None:
    for name, kind in COLUMNS[table].items():
        if name not in found:
            con.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" {kind}')
    if LOADED_SEQ not in found:  # rows from before there were numbers come before all others
        con.execute(f"ALTER TABLE {table} ADD COLUMN {LOADED_SEQ} BIGINT DEFAULT 0")
        con.execute(f"ALTER TABLE {table} ALTER COLUMN {LOADED_SEQ} SET DEFAULT nextval('{LOAD_SEQUENCE}')")


def _columns_found(con: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    rows = con.execute(
        "SELECT schema_name || '.' || table_name, list(column_name) FROM duckdb_columns() "
        "WHERE schema_name = 'raw' GROUP BY ALL"
    ).fetchall()
    return {str(table): frozenset(names) for table, names in rows}
