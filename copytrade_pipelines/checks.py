"""Asset checks that no SQL model carries: the suites that guard publishing."""

from collections.abc import Sequence

import dagster as dg

from copytrade_pipelines.audit_check import looks_only_back
from copytrade_pipelines.quality.expectations import Severity, Suite
from copytrade_pipelines.quality.suites import RAW_BOOKS, RAW_FILLS, RAW_MARKETS, RAW_RESOLUTIONS, TRADER_SCORES
from copytrade_pipelines.quality.validate import Failure, read, validate
from copytrade_pipelines.sql_assets import failing_rows
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

CONTRACT = "contract"

GUARDED: tuple[tuple[dg.AssetKey, Suite], ...] = (
    (dg.AssetKey(["raw", "fills"]), RAW_FILLS),
    (dg.AssetKey(["raw", "markets"]), RAW_MARKETS),
    (dg.AssetKey(["raw", "resolutions"]), RAW_RESOLUTIONS),
    (dg.AssetKey(["raw", "books"]), RAW_BOOKS),
    (dg.AssetKey(["trader_scores"]), TRADER_SCORES),
)


def contract_check(key: dg.AssetKey, suite: Suite) -> dg.AssetChecksDefinition:
    """A blocking check that a table meets its suite."""

    @dg.asset_check(
        asset=key,
        name=CONTRACT,
        description=f"{suite.table} meets the {len(suite.expectations)} demands of suite {suite.name}.",
        blocking=True,
        pool=WAREHOUSE_POOL,
    )
    def contract(warehouse: Warehouse) -> dg.AssetCheckResult:
        with warehouse.connect() as con:
            frame = read(suite, con)
        return judge(suite, len(frame), validate(suite, frame))

    return contract


def judge(suite: Suite, rows: int, failures: Sequence[Failure]) -> dg.AssetCheckResult:
    """What failures mean for publishing: a critical one stops it, warnings alone do not."""
    is_critical = any(failure.severity is Severity.CRITICAL for failure in failures)
    broken = [f"- **{failure.severity.value}**: {failure.expectation}: {failure.found}" for failure in failures]
    return dg.AssetCheckResult(
        passed=not failures,
        severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{failure.expectation}: {failure.found}" for failure in failures) or None,
        metadata={
            "rows_checked": rows,
            "demands": len(suite.expectations),
            **({"broken": dg.MetadataValue.md("\n".join(broken))} if broken else {}),
            **failing_rows([{"broken": failure.expectation, **row} for failure in failures for row in failure.rows]),
        },
    )


CHECKS = [looks_only_back, *(contract_check(key, suite) for key, suite in GUARDED)]
