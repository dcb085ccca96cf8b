"""The only way into the warehouse file: one lock, one connection, one transaction, always closed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource
from pydantic import Field

from copytrade_live.errors import WarehouseError
from copytrade_pipelines.pools import WAREHOUSE_POOL
from copytrade_pipelines.warehouse_lock import turn_at
from copytrade_pipelines.warehouse_schema import COLUMNS, KEYS, SCHEMAS, ensure_schema

__all__ = ["COLUMNS", "KEYS", "SCHEMAS", "WAREHOUSE_POOL", "Warehouse", "ensure_schema"]

# DuckDB 2 writes a file format that 1.5 cannot read unless told so; this keeps a rollback a change of pins.
# custom_user_agent is what DuckDBResource sets too: one process may not open a file with two configurations.
CONNECTION_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": "v1.5.0",
    "custom_user_agent": "dagster",
    "autoinstall_known_extensions": False,  # opening a file never reaches for the network
}
_MAGIC = b"DUCK"  # at byte 8 of every DuckDB file


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The DuckDB file that pipelines write, opened by one holder at a time."""

    path: str = Field(description="The DuckDB file; its lock is beside it with .lock appended.")
    lock_timeout_seconds: float = Field(default=3600.0, description="Longest wait for another holder, seconds.")

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lock, open, run the body in one transaction, close whatever happens.

        Raises: WarehouseError when the file is held by another process, is damaged or is not a DuckDB file.
        """
        with turn_at(self.path, self.lock_timeout_seconds), self._opened() as con:
            con.execute("BEGIN TRANSACTION")
            try:
                ensure_schema(con)
                yield con
                con.execute("COMMIT")
            except duckdb.Error as error:
                _roll_back(con)
                if not _is_damage(error):
                    raise
                raise WarehouseError(_explain(self.path, str(error).splitlines()[0])) from error
            except BaseException:
                _roll_back(con)
                raise

    @contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        # DuckDBResource tries again for 102 s whatever is wrong with the file; a first look says so at once, and the
        # resource's connection joins what the look opened.
        with (
            closing(_look(self.path)),
            DuckDBResource(database=self.path, connection_config=CONNECTION_CONFIG).get_connection() as con,
        ):
            try:  # DuckDBResource closes only after a body that did not raise
                con.execute("SET TimeZone = 'UTC'")
                yield con
            finally:
                con.close()


def _look(path: str) -> duckdb.DuckDBPyConnection:
    if not _looks_like_duckdb(Path(path)):
        raise WarehouseError(f"{path} is not a DuckDB file; move it away, or set COPYTRADE_HOME to another folder")
    try:
        return duckdb.connect(path, config=CONNECTION_CONFIG)
    except duckdb.Error as error:
        raise WarehouseError(_explain(path, str(error).splitlines()[0])) from error


def _looks_like_duckdb(path: Path) -> bool:
    # DuckDB itself would take a SQLite file for one, and fetch an extension to read it with.
    try:
        with path.open("rb") as file:
            start = file.read(12)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise WarehouseError(f"warehouse {path} cannot be read: {error.strerror}; check its permissions") from error
    return not start or start[8:] == _MAGIC


def _explain(path: str, problem: str) -> str:
    if "Could not set lock" in problem:
        return f"warehouse {path} is open in another program; close it there and run again ({problem})"
    return (
        f"warehouse {path} cannot be opened; move it away (with its .wal, if any) and run: copytrade ingest, "
        f"which builds it again ({problem})"
    )


def _is_damage(error: duckdb.Error) -> bool:
    return isinstance(error, duckdb.FatalException) or "Corrupt database file" in str(error)


def _roll_back(con: duckdb.DuckDBPyConnection) -> None:
    try:
        con.execute("ROLLBACK")
    except duckdb.Error:  # the failure that brought us here already ended the transaction, or the connection
        return
