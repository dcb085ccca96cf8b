"""Looks for wallets worth keeping: the venue's leaderboards, and who holds chosen markets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

from copytrade_live.settings import LeaderboardChoice
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.rows import BadRow, HolderRow, LeaderboardRow
from copytrade_pipelines.ingest.wallets import Sighting

LEADERBOARD = "leaderboard"
HOLDERS = "holders"


async def discover_wallets(
    api: DataApi, limit: int | None, boards: Sequence[LeaderboardChoice] = (LeaderboardChoice(),)
) -> tuple[list[Sighting], tuple[BadRow, ...]]:
    """The best wallets of some leaderboards, and the rows that did not fit.

    limit bounds the distinct wallets, the best ranks of every board first; None takes every wallet that is listed.
    """
    if limit == 0:
        return [], ()
    listed: list[list[Sighting]] = []
    bad: list[BadRow] = []
    for board in boards:
        listing = await api.leaderboard(
            limit=None if limit is None else board.top,
            category=board.category,
            time_period=board.window,
            sort_by=board.sort_by,
        )
        listed.append([_ranked(row, board) for row in listing.rows])
        bad += listing.bad
    return _best(listed, limit), tuple(bad)


async def discover_holders(api: DataApi, conditions: Iterable[str]) -> tuple[list[Sighting], tuple[BadRow, ...]]:
    """The largest holders of some markets, largest first within a token."""
    found: list[Sighting] = []
    bad: list[BadRow] = []
    for condition in conditions:
        listing = await api.holders(condition)
        found += _holders(listing.rows, condition)
        bad += listing.bad
    return found, tuple(bad)


def _best(listed: Sequence[Sequence[Sighting]], limit: int | None) -> list[Sighting]:
    by_rank = [one for one in chain.from_iterable(zip_longest(*listed)) if one is not None]
    taken = set(list(dict.fromkeys(one.wallet for one in by_rank))[:limit])
    return [one for one in by_rank if one.wallet in taken]


def _ranked(row: LeaderboardRow, board: LeaderboardChoice) -> Sighting:
    return Sighting(
        wallet=row.wallet,
        source=LEADERBOARD,
        category=board.category,
        window=board.window,
        sort_by=board.sort_by,
        rank=row.rank,
        pnl=row.pnl,
        volume=row.volume,
    )


def _holders(rows: Iterable[HolderRow], condition: str) -> list[Sighting]:
    # A wallet that holds both tokens of a market is one holder, at the size of its larger side.
    largest: dict[str, float] = {}
    for row in rows:
        largest[row.wallet] = max(row.size, largest.get(row.wallet, 0.0))
    ordered = sorted(largest.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        Sighting(wallet=wallet, source=HOLDERS, category=condition, rank=place, volume=size)
        for place, (wallet, size) in enumerate(ordered, start=1)
    ]
