"""What broken demands mean to Dagster."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from copytrade_pipelines.quality.expectations import Severity, Suite
from copytrade_pipelines.quality.validate import Failure
from copytrade_pipelines.sql_assets import failing_rows


def judge(
    suite: Suite, rows: int, failures: Sequence[Failure], *, check_name: str | None = None
) -> dg.AssetCheckResult:
    """What failures mean for publishing: a critical one stops it, warnings alone do not."""
    is_critical = any(failure.severity is Severity.CRITICAL for failure in failures)
    broken = [f"- **{failure.severity.value}**: {failure.expectation}: {failure.found}" for failure in failures]
    return dg.AssetCheckResult(
        check_name=check_name,
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
