"""Reads the published marts in an own DuckDB: no lock of the warehouse is taken, whoever writes there."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb

from copytrade_live.errors import SqlModelError
from copytrade_pipelines.mart_files import Manifest, read_manifest

MAX_ROWS = 1000
_HELP = ".help  .tables  .refresh (read the newest publication)  .quit; a statement ends with ;"


@dataclass(slots=True)
class Shell:
    """An in-memory database with a view for each published mart."""

    published: Path
    con: duckdb.DuckDBPyConnection
    manifest: Manifest

    @classmethod
    def open(cls, published: Path) -> Self:
        """Open the newest publication. Raises: SqlModelError when nothing is published yet."""
        shell = cls(published=published, con=duckdb.connect(), manifest=read_manifest(published))
        shell.refresh()
        return shell

    def refresh(self) -> None:
        """Look at the newest publication."""
        self.manifest = read_manifest(self.published)
        for mart in self.manifest.marts:
            schema, name = mart.name.split(".")
            file = str(self.published / mart.file).replace("'", "''")
            self.con.execute(f"create schema if not exists {schema}")
            self.con.execute(f"create or replace view {schema}.{name} as select * from read_parquet('{file}')")  # noqa: S608
        self.con.execute("set search_path = 'main,marts'" if self._has("marts") else "set search_path = 'main'")

    def run(self, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and rows of one statement. Raises: SqlModelError with DuckDB's words."""
        try:
            cursor = self.con.execute(statement)
            columns = [str(column[0]) for column in cursor.description or ()]
            return columns, cursor.fetchall() if columns else []
        except duckdb.IOException as error:
            raise SqlModelError(
                f"{error}; the publication may have been replaced: .refresh, or open the shell again"
            ) from error
        except duckdb.Error as error:
            raise SqlModelError(str(error)) from error

    def _has(self, schema: str) -> bool:
        return any(mart.name.startswith(f"{schema}.") for mart in self.manifest.marts)


def run_script(shell: Shell, script: str, *, as_json: bool) -> None:
    """Run every statement of a script and print what it answers. Raises: SqlModelError at the first that fails."""
    documents: list[list[dict[str, Any]]] = []
    for statement in _statements(script):
        columns, rows = shell.run(statement)
        if as_json:
            documents.append([dict(zip(columns, row, strict=True)) for row in rows])
        elif columns:
            _print(columns, rows)
    if as_json:
        print(json.dumps(documents[0] if len(documents) == 1 else documents, default=str))


def prompt(shell: Shell, history: Path) -> None:
    """Ask for statements until the end of input, keeping a history."""
    _remember(history)
    names = ", ".join(mart.name for mart in shell.manifest.marts)
    print(f"published {shell.manifest.publication_id}: {names}\n{_HELP}")
    lines: list[str] = []
    while True:
        try:
            line = input("copytrade> " if not lines else "      ...> ")
        except KeyboardInterrupt:
            lines = []
            print()
            continue
        except EOFError:
            print()
            return
        if not lines and line.strip().startswith("."):
            if line.strip() in (".quit", ".exit"):
                return
            _dot(shell, line.strip())
            continue
        lines.append(line)
        if line.rstrip().endswith(";"):
            _answer(shell, "\n".join(lines))
            lines = []


def _answer(shell: Shell, text: str) -> None:
    try:
        run_script(shell, text, as_json=False)
    except SqlModelError as error:
        print(error, file=sys.stderr)


def _dot(shell: Shell, command: str) -> None:
    if command == ".refresh":
        shell.refresh()
        print(f"published {shell.manifest.publication_id}")
    elif command == ".tables":
        _print(["mart", "rows"], [(mart.name, mart.rows) for mart in shell.manifest.marts])
    else:
        print(_HELP)


def _print(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    from copytrade_live.output import print_table

    print_table(f"{len(rows):,} rows", columns, rows[:MAX_ROWS])
    if len(rows) > MAX_ROWS:
        print(f"… {len(rows) - MAX_ROWS:,} more rows; add a limit, or use --json")


def _statements(script: str) -> list[str]:
    try:
        return [statement.query for statement in duckdb.extract_statements(script)]
    except duckdb.Error as error:
        raise SqlModelError(str(error)) from error


def _remember(history: Path) -> None:
    try:
        import atexit
        import readline
    except ImportError:  # some builds of Python have none; then there is a prompt without a history
        return
    if history.exists():
        readline.read_history_file(history)
    history.parent.mkdir(parents=True, exist_ok=True)
    atexit.register(readline.write_history_file, history)
