"""raw/history_audit: whole histories read again, a bucket of wallets at a time, and compared with what we hold."""

import dagster as dg

from copytrade_live.venue.data_api import DataApi
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress, raw_asset
from copytrade_pipelines.ingest.audit import AuditSummary, audit_histories
from copytrade_pipelines.partitions import BUCKET_KEYS, WALLET_BUCKETS
from copytrade_pipelines.resources import Settings, VenueResource, run_closing
from copytrade_pipelines.warehouse import Warehouse


@raw_asset(
    "history_audit",
    after=["fills"],
    description=(
        "Reads the whole histories of a bucket's wallets again and compares: fills that were missing are added, fills "
        "that the venue no longer lists are counted and kept. One of 32 buckets a day; a bad bucket can be run again."
    ),
    partitions_def=WALLET_BUCKETS,
)
def history_audit(
    context: dg.AssetExecutionContext, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Audit the wallets of one bucket."""

    async def audit(api: DataApi) -> AuditSummary:
        return await audit_histories(
            warehouse,
            api,
            bucket=BUCKET_KEYS.index(context.partition_key),
            landing=settings.home().landing,
            lag=settings.index_lag(),
            now=now,
            progress=logging_progress(context),
        )

    with expected_failures():
        now = venue.now()
        summary = run_closing(venue.data_api, audit)
    if summary.unlisted:
        context.log.warning(f"{summary.unlisted} fills of {context.partition_key} are not listed any more")
    return dg.MaterializeResult(
        metadata={
            "wallets": summary.wallets,
            "listed_fills": summary.listed,
            "missing_fills_added": summary.change.new,
            "fills_corrected": summary.change.changed,
            "unlisted_fills_kept": summary.unlisted,
            "quarantined": summary.quarantined,
            "agreeing_share": summary.agreeing_share,
        }
    )


ASSETS = [history_audit]
