"""Which windows of which histories a run has to read, and what raw.wallets says of them afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from copytrade_live.core.market import DAY, SECOND, Instant
from copytrade_live.venue.data_api import SOURCE
from copytrade_live.venue.stretch import BEGINNING, History
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.history_marks import HistoryMark, read_marks, windows, write_marks
from copytrade_pipelines.ingest.upsert import upsert
from copytrade_pipelines.ingest.wallets import refresh_coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletPlan:
    """What to read of a wallet, in order. Units: windows in whole seconds, an end of None is now."""

    wallet: str
    reads: tuple[tuple[History, int, int | None], ...]


def plan(
    con: duckdb.DuckDBPyConnection, *, now: Instant | None, audit_days: float, bucket: int | None = None
) -> list[WalletPlan]:
    """What is new of every wallet; everything again where a history is not whole, marked, or long not audited, and for
    all wallets of a bucket, where one is given.

    A wallet is marked by history_complete = false: what it has is kept, and read once more from the beginning.
    """
    rows = con.execute(
        "SELECT wallet, history_complete FROM raw.wallets "
        "WHERE NOT coalesce(excluded, false) AND ($bucket IS NULL OR bucket = $bucket) ORDER BY wallet",
        {"bucket": bucket},
    ).fetchall()
    marks = read_marks(con, [wallet for wallet, _ in rows])
    marked = {wallet for wallet, is_complete in rows if not is_complete}
    doubted = {key: replace(mark, is_complete=False) for key, mark in marks.items() if key[0] in marked}
    write_marks(con, {key: mark for key, mark in doubted.items() if marks[key].is_complete})
    marks |= doubted
    plans = []
    for wallet, _ in rows:
        reads = [
            (history, start, end)
            for history in History
            for start, end in _windows(marks[wallet, history], now, audit_days, is_whole=bucket is not None)
        ]
        plans.append(WalletPlan(wallet=wallet, reads=tuple(reads)))
    return plans


def refresh_wallets(con: duckdb.DuckDBPyConnection, wallets: Sequence[str]) -> None:
    """Say in raw.wallets how much is known of wallets that were just read."""
    marks = read_marks(con, wallets)
    rows = []
    for wallet, source, fills, first, bad in _counted(con, wallets):
        own = [marks[wallet, history] for history in History]
        is_whole = all(mark.is_whole() for mark in own)
        readable = fills / (fills + bad) if fills + bad else 1.0
        rows.append(
            {
                "wallet": wallet,
                "source": source,
                "first_seen_at": first,
                "readable": readable,
                "history_complete": is_whole,
                "fills": fills,
                "fetched_through": max((mark.known_through or 0 for mark in own), default=0) * SECOND or None,
            }
        )
    upsert(con, "raw.wallets", tables.arrow("raw.wallets", rows))
    refresh_coverage(con, wallets)


def _windows(
    mark: HistoryMark, now: Instant | None, audit_days: float, *, is_whole: bool
) -> list[tuple[int, int | None]]:
    return [(BEGINNING, None)] if is_whole else windows(mark, is_due=_is_due(mark, now, audit_days))


def _is_due(mark: HistoryMark, now: Instant | None, audit_days: float) -> bool:
    if not mark.is_whole() or mark.audited_at is None or now is None:
        return not mark.is_whole()
    return now - mark.audited_at >= audit_days * DAY


def _counted(
    con: duckdb.DuckDBPyConnection, wallets: Sequence[str]
) -> list[tuple[str, str, int, datetime | None, int]]:
    rows = con.execute(
        """
        SELECT w.wallet, w.source, coalesce(f.n, 0), f.first, coalesce(bad.n, 0)
        FROM raw.wallets AS w
        LEFT JOIN (
            SELECT wallet, count(*) AS n, min(event_at) AS first FROM raw.fills
            WHERE list_contains($1, wallet) GROUP BY 1
        ) AS f USING (wallet)
        LEFT JOIN (
            SELECT lower(coalesce(payload ->> '$.proxy_wallet', payload ->> '$.proxyWallet')) AS wallet, count(*) AS n
            FROM raw.quarantine WHERE source IN ($2, $3) GROUP BY 1
        ) AS bad USING (wallet)
        WHERE list_contains($1, w.wallet)
        ORDER BY w.wallet
        """,
        [list(wallets), f"{SOURCE}/v2/trades", f"{SOURCE}/trades"],
    ).fetchall()
    return [(str(wallet), str(source), int(fills), first, int(bad)) for wallet, source, fills, first, bad in rows]
