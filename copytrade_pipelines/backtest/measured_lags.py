"""Lags as the runner's journals measured them: how late we learn of fills, and how late our orders are at the venue."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from copytrade_live.backtest_settings import BacktestConfig, Lags

_STEPS = 20
_LONGEST_MS = 600_000
_SHARES = [step / _STEPS for step in range(_STEPS + 1)]

DETECTION = """
    select epoch_ms(observed_at) - epoch_ms(event_at) as lag from raw.journal where type = 'LeaderFillObserved'
"""
# Paper's orders wait for as long as the config says: only real ones were measured.
ORDERS = """
    with placed as (
        select run_id, payload ->> '$.order.order_id' as order_id, min(observed_at) as at
        from raw.journal
        where mode = 'live' and type in ('SignalCopied', 'ExitDecided', 'OrderReposted')
        group by all
    )
    select epoch_ms(accepted.observed_at) - epoch_ms(placed.at) as lag
    from raw.journal as accepted
    join placed on accepted.run_id = placed.run_id and accepted.payload ->> '$.order_id' = placed.order_id
    where accepted.type = 'OrderAccepted'
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Assumptions with the lags that count, and where each list came from, in words."""

    config: BacktestConfig
    origins: dict[str, str]


def choose_lags(con: duckdb.DuckDBPyConnection, config: BacktestConfig) -> Chosen:
    """Put measured lags in the place of the configured ones, where they are wanted and there are enough."""
    changes: dict[str, Lags] = {}
    origins = {}
    for key, query in (("detection_seconds", DETECTION), ("order_seconds", ORDERS)):
        lags, count = _measured(con, query) if config.latency == "measured" else ((), 0)
        is_enough = count >= config.latency_least_samples
        if is_enough:
            changes[key] = lags
        origins[key] = (
            f"measured on {count} of the runner's" if is_enough else _configured(getattr(config, key), config, count)
        )
    return Chosen(config.model_copy(update=changes), origins)


def _configured(lags: Lags, config: BacktestConfig, count: int) -> str:
    own = "as configured" if lags else "the tape's own"
    if config.latency == "fixed":
        return own
    return f"{own}: the runner measured {count}, below latency_least_samples {config.latency_least_samples}"


def _measured(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Lags, int]:
    found = con.execute(
        f"select quantile_disc(lag, ?), count(*) from ({query}) where lag between 0 and {_LONGEST_MS}",  # noqa: S608
        [_SHARES],
    ).fetchone()
    if found is None or not found[1]:
        return (), 0
    return tuple(lag / 1000 for lag in found[0]), int(found[1])
