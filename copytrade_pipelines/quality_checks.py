"""Anomaly checks: every question about a table is a check of its asset, all of one asset asked in one step."""

from collections.abc import Iterator, Sequence

import dagster as dg

from copytrade_live.core.market import Instant
from copytrade_live.errors import VenueError
from copytrade_pipelines.quality.anomalies import ANOMALIES, Anomaly, Finding, look_for
from copytrade_pipelines.quality.expectations import Severity
from copytrade_pipelines.resources import VenueResource
from copytrade_pipelines.sql_assets import failing_rows
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse


def anomaly_checks(key: dg.AssetKey, anomalies: Sequence[Anomaly]) -> dg.AssetChecksDefinition:
    """The checks of one asset. They tell and do not stop: what must stop a score is a contract."""

    @dg.multi_asset_check(
        name=f"{'_'.join(key.path)}_anomalies",
        specs=[dg.AssetCheckSpec(name=one.name, asset=key, description=one.sentence) for one in anomalies],
        can_subset=True,
        pool=WAREHOUSE_POOL,
    )
    def look(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse, venue: VenueResource
    ) -> Iterator[dg.AssetCheckResult]:
        now = _now(venue, warehouse)
        wanted = {check.name for check in context.selected_asset_check_keys}
        with warehouse.connect() as con:
            found = [look_for(con, one, now) for one in anomalies if one.name in wanted]
        for finding in found:
            yield told(key, finding)

    return look


def told(key: dg.AssetKey, finding: Finding) -> dg.AssetCheckResult:
    """A finding as Dagster shows it."""
    is_error = finding.anomaly.severity is Severity.CRITICAL
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=finding.anomaly.name,
        passed=finding.count == 0,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=f"{finding.count} rows: {finding.anomaly.sentence}" if finding.count else None,
        metadata={"odd_rows": finding.count, **failing_rows(finding.rows)},
    )


def _now(venue: VenueResource, warehouse: Warehouse) -> Instant:
    try:
        return venue.now()
    except VenueError:  # a sandbox that is gone: the newest row is as late as it got
        with warehouse.connect() as con:
            row = con.execute("SELECT coalesce(epoch_ms(max(observed_at)), 0) FROM raw.fills").fetchone()
        return int(row[0]) if row else 0


_KEYS = dict.fromkeys(one.asset for one in ANOMALIES)
ANOMALY_CHECKS = [
    anomaly_checks(dg.AssetKey(list(key)), [one for one in ANOMALIES if one.asset == key]) for key in _KEYS
]
