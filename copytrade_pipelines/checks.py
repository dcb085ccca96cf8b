"""Asset checks that no SQL model carries: the suites that guard publishing."""

from pathlib import Path

import dagster as dg

from copytrade_live.clock import SystemClock
from copytrade_live.settings import Home
from copytrade_pipelines.assets import chain
from copytrade_pipelines.audit_check import looks_only_back
from copytrade_pipelines.quality.expectations import Suite
from copytrade_pipelines.quality.results import store_result
from copytrade_pipelines.quality.suites import (
    RAW_ACTIVITY,
    RAW_BOOKS,
    RAW_FILLS,
    RAW_MARKETS,
    RAW_POSITIONS,
    RAW_PRICES,
    RAW_RESOLUTIONS,
    TRADER_SCORES,
)
from copytrade_pipelines.quality.validate import examine, read
from copytrade_pipelines.quality.verdict import judge
from copytrade_pipelines.quality_checks import ANOMALY_CHECKS
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

CONTRACT = "contract"

GUARDED: tuple[tuple[dg.AssetKey, Suite], ...] = (
    (dg.AssetKey(["raw", "fills"]), RAW_FILLS),
    (dg.AssetKey(["raw", "markets"]), RAW_MARKETS),
    (dg.AssetKey(["raw", "resolutions"]), RAW_RESOLUTIONS),
    (dg.AssetKey(["raw", "books"]), RAW_BOOKS),
    (dg.AssetKey(["raw", "prices"]), RAW_PRICES),
    (dg.AssetKey(["raw", "positions"]), RAW_POSITIONS),
    (dg.AssetKey(["trader_scores"]), TRADER_SCORES),
)
# Activity has no asset of its own: it is fetched with the fills.
ACTIVITY_CONTRACT = "activity_contract"


def contract_check(key: dg.AssetKey, suite: Suite, name: str = CONTRACT) -> dg.AssetChecksDefinition:
    """A blocking check that a table meets its suite; its result is kept for the data docs."""

    @dg.asset_check(
        asset=key,
        name=name,
        description=f"{suite.table} meets the {len(suite.expectations)} demands of suite {suite.name}.",
        blocking=True,
        pool=WAREHOUSE_POOL,
    )
    def contract(warehouse: Warehouse) -> dg.AssetCheckResult:
        with warehouse.connect() as con:
            frame = read(suite, con)
        found = examine(suite, frame)
        store_result(Home(Path(warehouse.path).parent).quality, found, checked_at=SystemClock().now())
        return judge(suite, found.rows, found.failures)

    return contract


CHECKS = [
    looks_only_back,
    *(contract_check(key, suite) for key, suite in GUARDED),
    contract_check(dg.AssetKey(["raw", "fills"]), RAW_ACTIVITY, ACTIVITY_CONTRACT),
    *chain.CHECKS,
    *ANOMALY_CHECKS,
]
