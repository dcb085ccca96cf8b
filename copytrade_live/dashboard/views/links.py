"""Links to Dagster, for what its runs made."""

from __future__ import annotations

from urllib.parse import quote

from copytrade_live.errors import SnapshotError
from copytrade_live.published import read_pointer
from copytrade_live.settings import DashboardConfig, Home


def snapshot_run_url(home: Home, config: DashboardConfig, snapshot_id: str | None) -> str | None:
    """Where the run that made a snapshot is; the asset's own page once another snapshot is current."""
    if snapshot_id is None:
        return None
    base = config.dagster_url.rstrip("/")
    try:
        pointer = read_pointer(home)
    except SnapshotError:
        pointer = None
    if pointer is not None and pointer.snapshot_id == snapshot_id:
        return f"{base}/runs/{quote(pointer.dagster_run_id, safe='')}"
    return f"{base}/assets/published_scores"
