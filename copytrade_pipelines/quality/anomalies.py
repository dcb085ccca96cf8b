"""What may look wrong with the data: one DuckDB query a question, each giving the rows that are odd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from copytrade_live.core.market import Instant
from copytrade_pipelines.quality.anomaly_queries import (
    AFTER_CLOSE,
    DAILY_VOLUME,
    DUPLICATED_KEYS,
    FUTURE_WATERMARKS,
    GONE_SILENT,
    INGEST_LAG,
    LATE_KNOWLEDGE,
    NOT_RECONCILED,
    ORPHAN_TOKENS,
    OUTCOME_NOT_IN_MARKET,
    PAYOUTS_DISAGREE,
    PNL_DIFFERENCES,
    PRICE_OFF_RANGE,
    QUARANTINED,
    UNKNOWN_MARKETS,
)
from copytrade_pipelines.quality.expectations import Severity

SAMPLE_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """A question about a table. asset is whose check it is; query gives odd rows and may use $now."""

    name: str
    asset: tuple[str, ...]
    sentence: str
    query: str
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a question found. Shape: rows are at most SAMPLE_ROWS odd rows, values as text."""

    anomaly: Anomaly
    count: int
    rows: tuple[Mapping[str, str], ...]


_FILLS, _WALLETS, _COVERAGE = ("raw", "fills"), ("raw", "wallets"), ("raw", "coverage")

ANOMALIES = (
    Anomaly(
        name="daily_volume",
        asset=_FILLS,
        sentence="Days whose notional is far from the median of the four weeks before, in median deviations.",
        query=DAILY_VOLUME,
    ),
    Anomaly(
        name="ingest_lag",
        asset=_FILLS,
        sentence="The newest fill is older than six hours: nobody traded, or nothing arrives.",
        query=INGEST_LAG,
    ),
    Anomaly(
        name="late_knowledge",
        asset=_FILLS,
        sentence="Fills known only a day or more after they happened.",
        query=LATE_KNOWLEDGE,
    ),
    Anomaly(
        name="price_off_range",
        asset=_FILLS,
        sentence="Fills at a price outside one tick from 0 and 1, which no order can have.",
        query=PRICE_OFF_RANGE,
    ),
    Anomaly(
        name="orphan_tokens",
        asset=_FILLS,
        sentence="Fills of a token that its market does not have: they would be settled as nothing.",
        query=ORPHAN_TOKENS,
        severity=Severity.CRITICAL,
    ),
    Anomaly(
        name="outcome_not_in_market",
        asset=_FILLS,
        sentence="Fills whose outcome is not the one their token stands for.",
        query=OUTCOME_NOT_IN_MARKET,
        severity=Severity.CRITICAL,
    ),
    Anomaly(
        name="duplicated_keys",
        asset=_FILLS,
        sentence="Fills that are the same by everything that identifies one.",
        query=DUPLICATED_KEYS,
        severity=Severity.CRITICAL,
    ),
    Anomaly(
        name="after_market_close",
        asset=_FILLS,
        sentence="Fills five minutes or more after their market closed.",
        query=AFTER_CLOSE,
    ),
    Anomaly(
        name="unknown_markets",
        asset=_FILLS,
        sentence="Traded conditions that we have no market of: their fills cannot be valued.",
        query=UNKNOWN_MARKETS,
    ),
    Anomaly(
        name="quarantined",
        asset=_FILLS,
        sentence="Rows set aside, by source and field; see: copytrade quality quarantine list.",
        query=QUARANTINED,
    ),
    Anomaly(
        name="gone_silent",
        asset=_WALLETS,
        sentence="Busy wallets not seen for two weeks and for ten times as long as usual between their fills.",
        query=GONE_SILENT,
    ),
    Anomaly(
        name="watermark_in_the_future",
        asset=_WALLETS,
        sentence="Wallets fetched up to a time that has not come: what happens until then would be skipped.",
        query=FUTURE_WATERMARKS,
        severity=Severity.CRITICAL,
    ),
    Anomaly(
        name="payouts_disagree",
        asset=("raw", "resolutions"),
        sentence="Resolved conditions whose payouts differ between the data API and gamma's final prices.",
        query=PAYOUTS_DISAGREE,
        severity=Severity.CRITICAL,
    ),
    Anomaly(
        name="not_reconciled",
        asset=_COVERAGE,
        sentence="Wallets whose folded holdings differ from the venue's positions.",
        query=NOT_RECONCILED,
    ),
    Anomaly(
        name="pnl_differs",
        asset=_COVERAGE,
        sentence="Wallets whose realised PnL differs from the venue's by more than a cent a token and one percent.",
        query=PNL_DIFFERENCES,
    ),
)


def look_for(con: duckdb.DuckDBPyConnection, anomaly: Anomaly, now: Instant) -> Finding:
    """Ask one question."""
    asked = {"now": now} if "$now" in anomaly.query else None
    found = con.execute(f"SELECT *, count(*) OVER () AS how_many FROM ({anomaly.query}) LIMIT {SAMPLE_ROWS}", asked)  # noqa: S608
    names = [column[0] for column in found.description or ()]
    rows = found.fetchall()
    return Finding(
        anomaly=anomaly,
        count=int(rows[0][-1]) if rows else 0,
        rows=tuple(_as_text(names[:-1], row) for row in rows),
    )


def _as_text(names: Sequence[str], row: Sequence[Any]) -> dict[str, str]:
    return {name: "" if value is None else _short(value) for name, value in zip(names, row, strict=False)}


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
