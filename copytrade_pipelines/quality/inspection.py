"""Every suite and every question about the tables as they are, asked in one go outside of any run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from copytrade_live.core.market import Instant
from copytrade_live.published import read_pointer
from copytrade_live.settings import Home
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.quality.anomalies import ANOMALIES, look_for
from copytrade_pipelines.quality.expectations import Severity, Suite
from copytrade_pipelines.quality.results import store_result
from copytrade_pipelines.quality.suites import SNAPSHOT, TABLE_SUITES
from copytrade_pipelines.quality.validate import Validation, examine, read
from copytrade_pipelines.warehouse import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check found. found is empty when all is well."""

    table: str
    check: str
    severity: str
    rows: int
    found: str

    @property
    def is_met(self) -> bool:
        """Whether nothing was found."""
        return not self.found


def inspect(home: Home, *, now: Instant, checked_at: Instant, progress: Progress = silent) -> list[Verdict]:
    """Check everything there is, and keep the suites' results for the data docs."""
    warehouse = Warehouse(path=str(home.warehouse))
    verdicts: list[Verdict] = []
    total = len(TABLE_SUITES) + 2
    for done, suite in enumerate(TABLE_SUITES, start=1):
        for found in _examined(warehouse, suite):
            verdicts += _judged(home.quality, found, checked_at)
        progress(done, total, suite.table)
    for found in _snapshot(home):
        verdicts += _judged(home.quality, found, checked_at)
    progress(total - 1, total, SNAPSHOT.table)
    with warehouse.connect() as con:
        for anomaly in ANOMALIES:
            finding = look_for(con, anomaly, now)
            said = f"{finding.count} rows, first {dict(finding.rows[0])}" if finding.count else ""
            verdicts.append(
                Verdict(
                    table=".".join(anomaly.asset),
                    check=anomaly.name,
                    severity=anomaly.severity.value,
                    rows=finding.count,
                    found=said,
                )
            )
    progress(total, total, "anomalies")
    return verdicts


def _examined(warehouse: Warehouse, suite: Suite) -> Iterator[Validation]:
    with warehouse.connect() as con:
        frame = read(suite, con) if _is_there(con, suite.table) else None
    if frame is not None:
        yield examine(suite, frame)


def _is_there(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    # Scores come to be with their first run.
    schema, _, name = table.partition(".")
    found = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?", [schema, name]
    ).fetchone()
    return bool(found and found[0])


def _snapshot(home: Home) -> Iterator[Validation]:
    pointer = read_pointer(home)
    if pointer is not None:
        yield examine(SNAPSHOT, pq.read_table(home.published / pointer.file).to_pandas())


def _judged(folder: Path, found: Validation, checked_at: Instant) -> Iterable[Verdict]:
    suite = found.suite
    store_result(folder, found, checked_at=checked_at)
    demands = f"{suite.name} ({len(suite.expectations)} demands)"
    if not found.failures:
        return [Verdict(table=suite.table, check=demands, severity=Severity.CRITICAL.value, rows=found.rows, found="")]
    return [
        Verdict(
            table=suite.table,
            check=f"{suite.name}: {failure.expectation}",
            severity=failure.severity.value,
            rows=found.rows,
            found=failure.found,
        )
        for failure in found.failures
    ]
