"""How the data platform runs."""

from __future__ import annotations

from pydantic import Field

from copytrade_live.core.config import Section


class PipelinesConfig(Section):
    """How the data platform runs."""

    index_lag_seconds: float = Field(
        10.0, ge=0, description="How long the data API takes to show a fill; history counts as known this much later."
    )
    chain_days: float = Field(
        30.0, gt=0, description="How far back the chain is read for a wallet that is new to us, days."
    )
    agreement_lag_seconds: float = Field(
        900.0, ge=0, description="Fills younger than this may be missing in one source without being reported, seconds."
    )
    audit_days: float = Field(
        7.0, gt=0, description="Age at which a history is read whole again, for rows that came very late, days."
    )
    gate_valid_seconds: float = Field(90.0, gt=0, description="How long one word of the gate holds, seconds.")
    max_runner_silence_seconds: float = Field(120.0, gt=0, description="Runner silence that fails its heartbeat check.")
    warehouse_patience_seconds: float = Field(
        3600.0, gt=0, description="How long a step waits for another holder of the warehouse file, seconds."
    )
    fine_mid_minutes: int = Field(5, ge=1, description="Step of the mids kept in the hour after each fill, minutes.")
    fine_mid_requests: int = Field(
        1000, ge=0, description="Most requests for such mids in one run, 20 tokens each; 0 keeps hourly mids alone."
    )
    keep_runs_days: int = Field(
        30, ge=1, description="How long Dagster keeps finished runs and their logs, days; the newest stay longer."
    )
    keep_rows_gib: float = Field(
        2.0,
        ge=0,
        description="Room for the rows that sweeps loaded, kept so that the next one of the same window need not load "
        "them, GiB; those used longest ago go first; 0 keeps none.",
    )
    keep_inputs_gib: float = Field(
        20.0,
        ge=0,
        description="Room for what backtests were made from, kept so that they can be audited and repeated, GiB; that "
        "of the oldest runs goes first, their reports stay.",
    )
    keep_snapshots: int = Field(50, ge=2, description="Published score snapshots kept on disk.")
    published_marts: tuple[str, ...] = Field(
        (
            "marts.dim_markets",
            "marts.dim_wallets",
            "marts.fct_copies",
            "marts.fct_decisions",
            "marts.fct_market_days",
            "marts.fct_resolution_history",
            "marts.fct_resolutions",
            "marts.fct_wallet_days",
            "marts.fct_wallet_pnl",
        ),
        description="Tables published as Parquet for `copytrade sql shell`; marts.fct_fills is the big one left out.",
    )
    keep_marts: int = Field(5, ge=2, description="Publications of marts kept on disk, for readers that began earlier.")
