"""Whole histories of a bucket of wallets read again, and what differed from the fills we held."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from copytrade_live.core.market import Instant
from copytrade_live.venue.data_api import DataApi
from copytrade_pipelines.ingest.fills import ingest_fills
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.ingest.upsert import Change
from copytrade_pipelines.warehouse import Warehouse

_HELD = """
    SELECT f.fill_id FROM raw.fills AS f JOIN raw.wallets AS w USING (wallet)
    WHERE w.bucket = ? AND NOT coalesce(w.excluded, false)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSummary:
    """What an audit found. listed is what the venue lists; unlisted is what we hold and it does not list any more."""

    wallets: int
    listed: int
    unlisted: int
    change: Change
    quarantined: int

    @property
    def agreeing_share(self) -> float:
        """The share of all fills known to either side that both had, equal."""
        union = self.listed + self.unlisted
        return 1.0 - (self.change.new + self.change.changed + self.unlisted) / union if union else 1.0


async def audit_histories(
    warehouse: Warehouse,
    api: DataApi,
    *,
    bucket: int,
    landing: Path,
    lag: Instant,
    now: Instant,
    progress: Progress = silent,
) -> AuditSummary:
    """Read the histories of a bucket's wallets from the beginning, repair what was missing, and say what differed.

    Raises: VenueUnavailable, VenueRefusal; what was read before stays, and is not read again.
    """
    listed: set[str] = set()
    summary = await ingest_fills(
        warehouse,
        api,
        landing=landing,
        lag=lag,
        now=now,
        audit_days=0.0,
        bucket=bucket,
        listed=listed,
        progress=progress,
    )
    with warehouse.connect() as con:
        held = {str(fill_id) for (fill_id,) in con.execute(_HELD, [bucket]).fetchall()}
    return AuditSummary(
        wallets=summary.wallets,
        listed=len(listed),
        unlisted=len(held - listed),
        change=summary.fills,
        quarantined=summary.quarantined,
    )
