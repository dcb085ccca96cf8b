"""The check that guards publishing against look-ahead: scores again from a warehouse cut off at their as_of."""

import dagster as dg

from copytrade_live.clock import to_iso
from copytrade_pipelines.resources import Settings
from copytrade_pipelines.scoring.parameters import parameters_of
from copytrade_pipelines.sql_assets import failing_rows
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

# The newest of the last write, and if it wrote more the oldest: those are made of data that is later than they are.
SAMPLES = 2
SHOWN = 50


@dg.asset_check(
    asset=["trader_scores"],
    description="Scores just written follow from what was known at their as_of, and from nothing later.",
    blocking=True,
    pool=WAREHOUSE_POOL,
)
def looks_only_back(settings: Settings, warehouse: Warehouse) -> dg.AssetCheckResult:
    """Audit a small sample of the last write; copytrade audit lookahead does more."""
    # Heavy, and definitions load often.
    from copytrade_pipelines.scoring.audit import WHOLE_ROW, audit, kept_as_ofs, sample
    from copytrade_pipelines.scoring.marks import read_mark

    parameters = parameters_of(settings.config())
    with warehouse.connect() as con:
        kept = kept_as_ofs(con, parameters.champion)
        marks = {as_of: read_mark(con, as_of, parameters.champion) for as_of in kept}
        newest = max(marks.values(), default=0)
        found = audit(
            con, sample([as_of for as_of in kept if marks[as_of] == newest], SAMPLES), parameters, parameters.champion
        )
    shown = [
        {"as_of": to_iso(one.as_of), "wallet": one.wallet, "category": one.category, "column": one.column,
         "stored": str(one.stored), "recomputed": str(one.recomputed)}
        for one in found.differences[:SHOWN]
    ]  # fmt: skip
    wallets = len({(one.as_of, one.wallet, one.category) for one in found.differences})
    return dg.AssetCheckResult(
        passed=not found.differences,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{wallets} of {found.rows} rows do not follow from what was known then" if wallets else None,
        metadata={
            "as_ofs": [to_iso(as_of) for as_of in found.as_ofs],
            "rows_audited": found.rows,
            "rows_on_one_side": sum(one.column == WHOLE_ROW for one in found.differences),
            **failing_rows(shown),
        },
    )
