"""The wallet registry: whose histories we keep, where each was seen, and who is never taken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from copytrade_live.core.market import DAY, Instant
from copytrade_live.errors import InputFileError
from copytrade_live.venue.contracts import CONTRACTS
from copytrade_live.venue.rows import BadRow
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.upsert import Change, upsert
from copytrade_pipelines.warehouse import Warehouse

# Static hash buckets instead of a partition per wallet (docs/adr/0016): 200,000 wallets stay 32 partitions.
BUCKETS = 32
_WALLET = re.compile(r"0x[0-9a-f]{40}")
# A place on a ranking is written down once a day, however often we look.
_SIGHTING_EVERY: Instant = DAY
# The next ingest fetches these from the beginning; until then nothing is claimed of them.
READ_AGAIN = """
    UPDATE raw.wallets SET history_complete = false, loaded_seq = nextval('raw.load_seq')
    WHERE history_complete AND list_contains(?, wallet)
"""
# Until its first fill says more, a wallet was first seen when we found it.
_FIRST_SEEN = """
    UPDATE raw.wallets SET first_seen_at = epoch_ms(CAST(? AS BIGINT)), loaded_seq = nextval('raw.load_seq')
    WHERE first_seen_at IS NULL
"""
_SET_BUCKET = "UPDATE raw.wallets SET bucket = ?, loaded_seq = nextval('raw.load_seq') WHERE wallet = ?"
_EXCLUDE = """
    UPDATE raw.wallets SET excluded = list_contains($excluded, wallet),
        -- fetched from the beginning when it is let in again
        history_complete = history_complete AND NOT list_contains($excluded, wallet),
        loaded_seq = nextval('raw.load_seq')
    WHERE excluded IS DISTINCT FROM list_contains($excluded, wallet)
"""
# Of a listing cut short nothing is claimed; a wallet not compared yet is taken at what could be read.
_REFRESH_COVERAGE = """
    WITH worked_out AS (
        SELECT wallet, CASE WHEN w.history_complete THEN coalesce(w.readable, 1.0) * coalesce(c.share, 1.0) ELSE 0.0 END
            AS coverage
        FROM raw.wallets AS w LEFT JOIN (
            FROM raw.coverage QUALIFY row_number() OVER (PARTITION BY wallet ORDER BY observed_at DESC) = 1
        ) AS c USING (wallet)
        WHERE list_contains(?, wallet)
    )
    UPDATE raw.wallets AS w SET coverage = new.coverage, loaded_seq = nextval('raw.load_seq')
    FROM worked_out AS new WHERE w.wallet = new.wallet AND w.coverage IS DISTINCT FROM new.coverage
"""
_UNSEEN = """
    DELETE FROM fresh_sightings AS fresh USING raw.wallet_sightings AS old
    WHERE old.wallet = fresh.wallet AND old.source = fresh.source AND old.category = fresh.category
      AND old.time_window = fresh.time_window AND old.sort_by = fresh.sort_by
      AND old.observed_at > fresh.observed_at - to_milliseconds(?)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A wallet, and where it was seen. rank counts from 1; pnl and volume as the place says, None where it does not."""

    wallet: str
    source: str
    category: str = ""
    window: str = ""
    sort_by: str = ""
    rank: int | None = None
    pnl: float | None = None
    volume: float | None = None


def bucket_of(wallet: str) -> int:
    """Which of the BUCKETS a wallet belongs to, for ever: its last eight hex digits, which are a hash already."""
    return int(wallet[-8:], 16) % BUCKETS


def read_watchlist(path: Path) -> list[Sighting]:
    """Wallets of a file, one a line; blank lines and what follows a # are skipped.

    Raises: InputFileError naming the line and its value, or why the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputFileError(f"watchlist {path} does not exist; write one wallet a line into it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"watchlist {path} cannot be read as text: {error}") from error
    found: dict[str, Sighting] = {}
    for number, line in enumerate(lines, start=1):
        word = line.split("#", 1)[0].strip()
        if word:
            wallet = _wallet_of(word, path, number)
            found[wallet] = Sighting(wallet=wallet, source="watchlist")
    return list(found.values())


def _wallet_of(word: str, path: Path, number: int) -> str:
    wallet = word.lower()
    if not _WALLET.fullmatch(wallet):
        raise InputFileError(
            f"watchlist {path}, line {number}: a wallet is 0x and 40 hex digits, was {word[:80]!r}; mend the line"
        )
    if wallet in CONTRACTS:
        raise InputFileError(f"watchlist {path}, line {number}: {wallet} is a contract of the venue; remove the line")
    return wallet


def write_wallets(
    warehouse: Warehouse,
    seen: Iterable[Sighting],
    bad: Iterable[BadRow] = (),
    *,
    now: Instant | None = None,
    excluded: Sequence[str] = (),
) -> Change:
    """Add wallets to raw.wallets, and where they were seen to raw.wallet_sightings; what is known of them stays.

    The first place a wallet was seen at is its source. Contracts of the venue are refused wherever they come from.
    Without now there are no sightings.
    """
    distinct: dict[tuple[str, ...], Sighting] = {}
    for one in seen:  # the watchlist comes first and wins
        if one.wallet not in CONTRACTS:
            distinct.setdefault((one.wallet, one.source, one.category, one.window, one.sort_by), one)
    with warehouse.connect() as con:
        upsert(con, "raw.quarantine", tables.quarantine(bad))
        known = {str(row[0]) for row in con.execute("SELECT wallet FROM raw.wallets").fetchall()}
        first = {one.wallet: one for one in reversed(distinct.values()) if one.wallet not in known}
        fresh = [_unfetched(one) for one in sorted(first.values(), key=lambda one: one.wallet)]
        change = upsert(con, "raw.wallets", tables.arrow("raw.wallets", fresh))
        _fill_buckets(con)
        con.execute(_EXCLUDE, {"excluded": sorted(excluded)})
        if now is not None:
            con.execute(_FIRST_SEEN, [now])
            _write_sightings(con, distinct.values(), now)
    return change


def refresh_coverage(con: duckdb.DuckDBPyConnection, wallets: Sequence[str]) -> None:
    """Work out the one number scores and the runner use: what could be read, times what of it reconciles."""
    con.execute(_REFRESH_COVERAGE, [list(wallets)])


def _write_sightings(con: duckdb.DuckDBPyConnection, seen: Iterable[Sighting], now: Instant) -> None:
    rows = [
        {
            "wallet": one.wallet,
            "source": one.source,
            "category": one.category,
            "time_window": one.window,
            "sort_by": one.sort_by,
            "rank": one.rank,
            "pnl": one.pnl,
            "volume": one.volume,
            "observed_at": now,
        }
        for one in seen
    ]
    con.register("incoming_sightings", tables.arrow("raw.wallet_sightings", rows))
    con.execute("CREATE OR REPLACE TEMP TABLE fresh_sightings AS FROM incoming_sightings")
    con.unregister("incoming_sightings")
    con.execute(_UNSEEN, [_SIGHTING_EVERY])
    con.execute("INSERT INTO raw.wallet_sightings BY NAME FROM fresh_sightings")
    con.execute("DROP TABLE fresh_sightings")


def _fill_buckets(con: duckdb.DuckDBPyConnection) -> None:
    # Rows of a warehouse that is older than the column.
    rows = con.execute("SELECT wallet FROM raw.wallets WHERE bucket IS NULL").fetchall()
    for (wallet,) in rows:
        con.execute(_SET_BUCKET, [bucket_of(str(wallet)), wallet])


def _unfetched(one: Sighting) -> dict[str, object]:
    return {
        "wallet": one.wallet,
        "source": one.source,
        "first_seen_at": None,
        "coverage": 0.0,
        "readable": None,
        "history_complete": False,
        "fills": 0,
        "fetched_through": None,
        "bucket": bucket_of(one.wallet),
        "excluded": False,
    }
