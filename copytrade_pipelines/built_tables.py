"""Tables that somebody reads and nobody has built yet are named, with what builds them."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from copytrade_live.errors import InputFileError


def require_tables(con: duckdb.DuckDBPyConnection, wanted: Sequence[str], build: str) -> None:
    """Refuse to go on without them. build: what makes them, in words. Raises: InputFileError."""
    rows = con.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    found = {str(row[0]) for row in rows}
    missing = [table for table in wanted if table not in found]
    if missing:
        raise InputFileError(f"the warehouse has no {', '.join(missing)} yet; {build}")
