"""raw/chain_fills: the second source of fills, and the check that both sources agree."""

import dagster as dg

from copytrade_live.core.market import SECOND
from copytrade_live.venue.chain import ChainApi
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress, raw_asset, table_result
from copytrade_pipelines.ingest.agreement import Agreement, compare
from copytrade_pipelines.ingest.chain import ChainSummary, ingest_chain
from copytrade_pipelines.resources import Settings, VenueResource, run_closing
from copytrade_pipelines.sql_assets import failing_rows
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

SOURCES_AGREE = "sources_agree"
_SHOWN = 20


@raw_asset(
    "chain_fills",
    after=["wallets"],
    description=(
        "OrderFilled logs of the exchanges for the watched wallets, one row a log, from the node that venue.rpc_url "
        "names; empty while it names none. The second source of raw.fills."
    ),
)
def chain_fills(
    context: dg.AssetExecutionContext, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Bring the chain's fills up to its newest confirmed block."""
    config = settings.config()

    async def ingest(api: ChainApi) -> ChainSummary:
        return await ingest_chain(
            warehouse,
            api,
            landing=settings.home().landing,
            lag=settings.index_lag(),
            now=now,
            days=config.pipelines.chain_days,
            confirmations=config.venue.confirmations,
            progress=logging_progress(context),
        )

    with expected_failures():
        summary = ChainSummary()
        if config.venue.rpc_url:
            now = venue.now()
            summary = run_closing(venue.chain, ingest)
        return table_result(
            warehouse,
            "raw.chain_fills",
            summary.fills,
            quarantined=summary.quarantined,
            extra={"wallets": summary.wallets, "blocks": summary.blocks},
        )


@dg.asset_check(
    asset=["raw", "fills"],
    name=SOURCES_AGREE,
    additional_deps=[["raw", "chain_fills"]],
    description=(
        "The data API and the chain tell the same fills, by transaction, wallet, token, side, shares and collateral, "
        "over everything both cover but the newest few minutes. A wallet that differs is read again from the beginning."
    ),
    blocking=True,
    pool=WAREHOUSE_POOL,
)
def sources_agree(settings: Settings, warehouse: Warehouse) -> dg.AssetCheckResult:
    """Compare the two sources, fill by fill."""
    lag = round(settings.config().pipelines.agreement_lag_seconds * SECOND)
    with warehouse.connect() as con:
        return judge(compare(con, lag=lag))


def judge(found: Agreement) -> dg.AssetCheckResult:
    """What a comparison means for publishing: a fill that only one source has stops it."""
    wrong = found.disagreements
    wallets = len({one.wallet for one in wrong})
    rows = [
        {"wallet": one.wallet, "tx_hash": one.tx_hash, "token_id": one.token_id, "side": one.side}
        | {"shares": f"{one.shares / 1e6:g}", "event_at": one.event_at, "found": one.said}
        for one in wrong[:_SHOWN]
    ]
    first = f", the first of {wrong[0].wallet} in {wrong[0].tx_hash}: {wrong[0].said}" if wrong else ""
    return dg.AssetCheckResult(
        passed=not wrong,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{len(wrong)} fills of {wallets} wallets differ between the sources{first}" if wrong else None,
        metadata={
            "fills_compared": found.fills,
            "wallets_compared": found.wallets,
            "disagreements": len(wrong),
            **failing_rows(rows),
        },
    )


ASSETS = [chain_fills]
CHECKS = [sources_agree]
