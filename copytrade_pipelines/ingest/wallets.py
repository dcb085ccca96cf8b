"""Which wallets we keep histories of: the operator's list, and the best of the venue's leaderboard."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from copytrade_live.errors import InputFileError
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.rows import BadRow
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.upsert import Change, upsert
from copytrade_pipelines.warehouse import Warehouse

_WALLET = re.compile(r"0x[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedWallet:
    """A wallet and where it came from."""

    wallet: str
    source: str


def read_watchlist(path: Path) -> list[WatchedWallet]:
    """Wallets of a file, one a line; blank lines and what follows a # are skipped.

    Raises: InputFileError naming the line and its value, or why the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputFileError(f"watchlist {path} does not exist; write one wallet a line into it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"watchlist {path} cannot be read as text: {error}") from error
    found: dict[str, WatchedWallet] = {}
    for number, line in enumerate(lines, start=1):
        word = line.split("#", 1)[0].strip()
        if word:
            wallet = _wallet_of(word, path, number)
            found[wallet] = WatchedWallet(wallet=wallet, source="watchlist")
    return list(found.values())


def _wallet_of(word: str, path: Path, number: int) -> str:
    wallet = word.lower()
    if not _WALLET.fullmatch(wallet):
        raise InputFileError(
            f"watchlist {path}, line {number}: a wallet is 0x and 40 hex digits, was {word[:80]!r}; mend the line"
        )
    return wallet


async def discover_wallets(api: DataApi, limit: int | None) -> tuple[list[WatchedWallet], tuple[BadRow, ...]]:
    """The best wallets of the leaderboard, and the rows that did not fit; limit None takes every wallet listed."""
    if limit == 0:
        return [], ()
    listing = await api.leaderboard(limit=limit)
    return [WatchedWallet(wallet=row.wallet, source="leaderboard") for row in listing.rows], listing.bad


def write_wallets(warehouse: Warehouse, wallets: Iterable[WatchedWallet], bad: Iterable[BadRow] = ()) -> Change:
    """Add wallets to raw.wallets; those already there keep what is known of them."""
    distinct: dict[str, WatchedWallet] = {}
    for item in wallets:  # the watchlist comes first and wins
        distinct.setdefault(item.wallet, item)
    with warehouse.connect() as con:
        upsert(con, "raw.quarantine", tables.quarantine(bad))
        known = {str(row[0]) for row in con.execute("SELECT wallet FROM raw.wallets").fetchall()}
        fresh = [_unfetched(item) for item in distinct.values() if item.wallet not in known]
        return upsert(con, "raw.wallets", tables.arrow("raw.wallets", fresh))


def _unfetched(item: WatchedWallet) -> dict[str, object]:
    return {
        "wallet": item.wallet,
        "source": item.source,
        "first_seen_at": None,
        "coverage": 0.0,
        "history_complete": False,
        "fills": 0,
        "fetched_through": None,
    }
