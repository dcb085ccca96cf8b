"""Whether a wallet's history adds up: its holdings, folded from all it did, beside the positions the venue shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from copytrade_live.core.market import MINUTE, Instant
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.holdings import Holding, fold, in_order
from copytrade_pipelines.ingest.progress import Progress, silent
from copytrade_pipelines.ingest.reconcile import Reconciliation, VenuePosition, reconcile
from copytrade_pipelines.ingest.steps import read_steps
from copytrade_pipelines.ingest.upsert import NO_CHANGE, Change, upsert
from copytrade_pipelines.ingest.wallets import BUCKETS, READ_AGAIN, refresh_coverage
from copytrade_pipelines.warehouse import Warehouse

# The venue's positions follow its activity by one to three minutes.
SETTLING: Instant = 10 * MINUTE
HELD = ("OPEN", "REDEEMABLE", "REDEEMABLE_LOST", "MERGEABLE")
NEWEST = "FROM raw.coverage QUALIFY row_number() OVER (PARTITION BY wallet ORDER BY observed_at DESC) = 1"
# A wallet is looked at again when its history grew, and for as long as it does not add up.
STALE = f"""
    SELECT w.wallet, w.bucket, epoch_ms(w.fetched_through), w.fills, coalesce(c.mismatch, '')
    FROM raw.wallets AS w LEFT JOIN ({NEWEST}) AS c USING (wallet)
    WHERE w.fetched_through IS NOT NULL AND NOT coalesce(w.excluded, false)
      AND (c.wallet IS NULL OR c.fetched_through IS DISTINCT FROM w.fetched_through OR c.fills IS DISTINCT FROM w.fills
           OR c.matched < c.tokens OR c.pending > 0)
    ORDER BY w.wallet
"""  # noqa: S608 our own text
_TELLING = ("wallet", "fetched_through", "fills", "tokens", "matched", "pending", "unplaced", "share", "mismatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleWallet:
    """A wallet to compare again: how far its history goes, and what did not match the last time."""

    wallet: str
    bucket: int
    through: Instant
    fills: int
    last_mismatch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageSummary:
    """What a reconciliation did; reread counts wallets that will be fetched again from the beginning."""

    wallets: int = 0
    matching: int = 0
    reread: int = 0
    change: Change = NO_CHANGE

    def __add__(self, other: CoverageSummary) -> CoverageSummary:
        return CoverageSummary(
            wallets=self.wallets + other.wallets,
            matching=self.matching + other.matching,
            reread=self.reread + other.reread,
            change=self.change + other.change,
        )


def stale_wallets(warehouse: Warehouse) -> list[StaleWallet]:
    """Wallets whose history grew since they were last compared, or did not add up then."""
    with warehouse.connect() as con:
        rows = con.execute(STALE).fetchall()
    return [
        StaleWallet(wallet=wallet, bucket=bucket, through=through, fills=fills, last_mismatch=mismatch)
        for wallet, bucket, through, fills, mismatch in rows
    ]


def reconcile_wallets(
    warehouse: Warehouse, *, now: Instant, reread_below: float, progress: Progress = silent
) -> CoverageSummary:
    """Fold and compare the stale wallets, a bucket in a transaction, so that memory stays flat."""
    stale, total = stale_wallets(warehouse), CoverageSummary()
    for bucket in range(BUCKETS):
        here = [one for one in stale if one.bucket == bucket]
        if here:
            with warehouse.connect() as con:
                total += _reconcile(con, here, now, reread_below)
            progress(total.wallets, len(stale), "wallets")
    return total


def _reconcile(
    con: duckdb.DuckDBPyConnection, stale: Sequence[StaleWallet], now: Instant, reread_below: float
) -> CoverageSummary:
    wallets = [one.wallet for one in stale]
    steps = read_steps(con, wallets)
    venue = _venue_positions(con, wallets)
    held = {wallet: fold(in_order(steps.of(wallet))).by_token for wallet in wallets}
    rows, reread, matching = [], [], 0
    for one in stale:
        found = reconcile(
            held[one.wallet], venue.get(one.wallet, {}), through=one.through, settled_before=now - SETTLING
        )
        mismatch = _digest(found.mismatched)
        # A full read that changed nothing would change nothing again: what is missing is not in the listings.
        is_reread = bool(mismatch) and mismatch != one.last_mismatch and found.share < reread_below
        reread += [one.wallet] if is_reread else []
        matching += not found.mismatched
        rows.append(_row(one, found, mismatch, now) | {"unplaced": steps.unplaced(one.wallet), "reread": is_reread})
    change = _write_coverage(con, rows)
    _write_holdings(con, held)
    con.execute(READ_AGAIN, [reread])
    refresh_coverage(con, wallets)
    return CoverageSummary(wallets=len(wallets), matching=matching, reread=len(reread), change=change)


def _venue_positions(con: duckdb.DuckDBPyConnection, wallets: Sequence[str]) -> dict[str, dict[str, VenuePosition]]:
    rows = con.execute(
        """
        SELECT wallet, token_id, CASE WHEN list_contains(?, status) THEN size ELSE 0 END, average_price,
            epoch_ms(event_at)
        FROM raw.positions WHERE list_contains(?, wallet) ORDER BY wallet, token_id
        """,
        [list(HELD), list(wallets)],
    ).fetchall()
    found: dict[str, dict[str, VenuePosition]] = {}
    for wallet, token, size, price, event_at in rows:
        position = VenuePosition(size=float(size), average_price=float(price), event_at=event_at)
        found.setdefault(str(wallet), {})[str(token)] = position
    return found


def _row(one: StaleWallet, found: Reconciliation, mismatch: str, now: Instant) -> dict[str, object]:
    return {
        "wallet": one.wallet,
        "observed_at": now,
        "fetched_through": one.through,
        "fills": one.fills,
        "tokens": found.tokens,
        "matched": found.matched,
        "pending": found.pending,
        "notional": found.notional,
        "share": found.share,
        "token_share": found.token_share,
        "mismatch": mismatch,
    }


def _write_coverage(con: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, object]]) -> Change:
    """Append what differs from the newest row of its wallet; comparing again and finding the same leaves no trace."""
    con.register("compared", tables.arrow("raw.coverage", rows))
    same = " AND ".join(f"new.{name} IS NOT DISTINCT FROM old.{name}" for name in _TELLING)
    fresh = con.execute(
        f"SELECT new.wallet FROM compared AS new ANTI JOIN ({NEWEST}) AS old ON {same}"  # noqa: S608 our own names
    ).fetchall()
    con.unregister("compared")
    wallets = {str(row[0]) for row in fresh}
    return upsert(con, "raw.coverage", tables.arrow("raw.coverage", [row for row in rows if row["wallet"] in wallets]))


def _write_holdings(con: duckdb.DuckDBPyConnection, held: Mapping[str, Mapping[str, Holding]]) -> None:
    condition_of = _conditions(con, sorted({token for tokens in held.values() for token in tokens}))
    rows = [
        {
            "wallet": wallet,
            "token_id": token,
            "condition_id": condition_of.get(token, ""),
            "size": one.size,
            "bought": one.bought,
            "cost": one.cost,
            "notional": one.notional,
            "realised_pnl": one.realised,
            "missing": one.missing,
            "last_event_at": one.last_at,
        }
        for wallet, tokens in held.items()
        for token, one in tokens.items()
    ]
    con.execute("DELETE FROM raw.holdings WHERE list_contains(?, wallet)", [sorted(held)])
    upsert(con, "raw.holdings", tables.arrow("raw.holdings", rows))


def _conditions(con: duckdb.DuckDBPyConnection, tokens: Sequence[str]) -> dict[str, str]:
    rows = con.execute(
        """
        WITH asked AS (SELECT unnest(?) AS token_id)
        SELECT token_id, min(condition_id) FROM asked JOIN (
            SELECT unnest(token_ids) AS token_id, condition_id FROM raw.markets
            UNION ALL SELECT token_id, condition_id FROM raw.fills SEMI JOIN asked USING (token_id)
        ) USING (token_id) GROUP BY token_id
        """,
        [list(tokens)],
    ).fetchall()
    return {str(token): str(condition) for token, condition in rows}


def _digest(tokens: Sequence[str]) -> str:
    return hashlib.sha256("|".join(tokens).encode()).hexdigest()[:32] if tokens else ""
