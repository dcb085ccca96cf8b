"""The data API: what wallets traded, did and hold, and how conditions resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import urlencode

from copytrade_live.clock import Clock, SystemClock
from copytrade_live.core.market import Instant
from copytrade_live.errors import PayloadError
from copytrade_live.settings import VenueConfig
from copytrade_live.venue.budget import Family
from copytrade_live.venue.cursor_parts import NON_TRADES, PAGE_ROWS, CursorParts
from copytrade_live.venue.fields import rows_of
from copytrade_live.venue.histories import HistoryReader
from copytrade_live.venue.http import VenueHttp
from copytrade_live.venue.identity import identify_activity, identify_fills
from copytrade_live.venue.listing import Listing, Page, PageSink, ignore_page
from copytrade_live.venue.paging import PAGE_TRIES, CursorListing, Query, content_of
from copytrade_live.venue.rows import (
    RESOLVED,
    ActivityRow,
    BadRow,
    FillRow,
    HolderRow,
    LeaderboardRow,
    PositionRow,
    ResolutionRow,
    VenueActivity,
    VenueFill,
)
from copytrade_live.venue.stretch import BEGINNING, History
from copytrade_live.venue.window_parts import WindowParts
from copytrade_live.venue.wire_data import (
    bad_row,
    parse_activity,
    parse_fill,
    parse_holders,
    parse_leaderboard_row,
    parse_position,
    parse_resolution,
    parse_rows,
)

SOURCE = "data-api"
V1_PAGE_ROWS = 500
V1_CLOSED_ROWS = 50
V1_HOLDERS = 100
CONDITIONS_PER_REQUEST = 20

Parsed = TypeVar("Parsed")


class DataApi:
    """Reads of one data API host."""

    def __init__(self, http: VenueHttp, *, clock: Clock | None = None, on_page: PageSink = ignore_page) -> None:
        self._http = http
        self._clock = clock or SystemClock()
        self._on_page = on_page

    @classmethod
    def from_config(
        cls, config: VenueConfig, *, clock: Clock | None = None, on_page: PageSink = ignore_page
    ) -> DataApi:
        """A client for the host, patience and budget the configuration names."""
        http = VenueHttp(
            config.data_url,
            timeout_seconds=config.timeout_seconds,
            max_attempts=config.max_attempts,
            patience_seconds=config.patience_seconds,
            requests_per_second=config.data_requests_per_second,
            families=_families(config),
        )
        return cls(http, clock=clock, on_page=on_page)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def fills(
        self,
        wallet: str,
        *,
        taker_only: bool = False,
        start: Instant | None = None,
        end: Instant | None = None,
        condition_id: str | None = None,
    ) -> Listing[VenueFill]:
        """A wallet's fills by cursor, newest first. taker_only hides what the wallet rested (maker fills)."""
        # The filter's default of 0.01 would hide the smallest fills.
        query: Query = {"user": wallet, "taker_only": _flag(taker_only), "filter_type": "CASH", "filter_amount": 0}
        if condition_id:
            query["condition_id"] = condition_id
        query |= _window(start, end)
        rows, bad = await self._all_pages("/v2/trades", query, parse_fill)
        return Listing(rows=tuple(_identified(rows)), bad=tuple(bad), is_complete=_is_whole(bad))

    async def activity(
        self, wallet: str, *, start: Instant | None = None, end: Instant | None = None
    ) -> Listing[VenueActivity]:
        """What a wallet did besides trading: splits, merges, redemptions, conversions, rebates."""
        query: Query = {"user": wallet, "type": NON_TRADES, "exclude_deposits_withdrawals": "false"}
        query |= _window(start, end)
        rows, bad = await self._all_pages("/v2/activity", query, parse_activity)
        others = sorted((row for row in rows if isinstance(row, ActivityRow)), key=lambda row: -row.event_at)
        return Listing(rows=tuple(identify_activity(others)), bad=tuple(bad), is_complete=_is_whole(bad))

    async def positions(self, wallet: str, *, status: str = "OPEN") -> Listing[PositionRow]:
        """What a wallet holds, as the venue reckons it."""
        rows, bad = await self._all_pages("/v2/positions", {"user": wallet, "status": status}, parse_position)
        return Listing(rows=tuple(rows), bad=tuple(bad), is_complete=_is_whole(bad))

    async def positions_v1(self, wallet: str) -> Listing[PositionRow]:
        """What a wallet holds and held, from the older API: open ones, then closed ones."""
        rows: list[PositionRow] = []
        bad: list[BadRow] = []
        for path, size in (("/positions", V1_PAGE_ROWS), ("/closed-positions", V1_CLOSED_ROWS)):
            # The default threshold of one share would hide what is left of a position.
            good, poor = await self._v1_pages(path, {"user": wallet, "sizeThreshold": 0, "limit": size}, size)
            rows += good
            bad += poor
        return Listing(rows=tuple(rows), bad=_distinct(bad), is_complete=True)

    async def _v1_pages(self, path: str, query: Query, size: int) -> tuple[list[PositionRow], list[BadRow]]:
        rows: list[PositionRow] = []
        bad: list[BadRow] = []
        last: list[object] = []
        while True:
            listed = await self._v1_page(path, query | {"offset": len(rows) + len(bad)}, last)
            good, poor = parse_rows(listed, parse_position, f"{SOURCE}{path}")
            rows += good
            bad += poor
            last = listed
            if len(listed) < size:
                return rows, bad

    async def _v1_page(self, path: str, query: Query, last: list[object]) -> list[object]:
        # The page before, sent again, is not the one that was asked for.
        for _ in range(PAGE_TRIES):
            listed = rows_of(await self._page(path, query), "positions")
            if not last or content_of(listed) != content_of(last):
                break
        return listed

    async def holders(self, condition_id: str) -> Listing[HolderRow]:
        """The largest holders of each token of a market; the venue shows at most a few dozen a token."""
        payload = await self._page("/holders", {"market": condition_id, "limit": V1_HOLDERS})
        groups, bad = parse_rows(rows_of(payload, "holders"), parse_holders, f"{SOURCE}/holders")
        return Listing(rows=tuple(row for group in groups for row in group), bad=tuple(bad), is_complete=not bad)

    async def leaderboard(
        self,
        *,
        limit: int | None = None,
        category: str = "overall",
        time_period: str = "all",
        sort_by: str = "PNL",
    ) -> Listing[LeaderboardRow]:
        """The best wallets by profit or volume, best first; limit None is every wallet the venue lists."""
        query: Query = {"category": category, "time_period": time_period, "sort_by": sort_by}
        rows, bad = await self._all_pages("/v2/leaderboard", query, parse_leaderboard_row, limit=limit)
        return Listing(rows=tuple(rows if limit is None else rows[:limit]), bad=tuple(bad), is_complete=_is_whole(bad))

    async def resolutions(self, condition_ids: Iterable[str]) -> Listing[ResolutionRow]:
        """Where conditions stand on their way to a payout; the ones the venue does not know are left out."""
        wanted = list(dict.fromkeys(condition_ids))
        rows: list[ResolutionRow] = []
        bad: list[BadRow] = []
        for first in range(0, len(wanted), CONDITIONS_PER_REQUEST):
            chunk = ",".join(wanted[first : first + CONDITIONS_PER_REQUEST])
            payload = await self._page("/v2/resolutions", {"condition_id": chunk})
            good, poor = parse_rows(rows_of(payload, "resolutions"), parse_resolution, f"{SOURCE}/v2/resolutions")
            rows += good
            bad += poor
        return Listing(rows=tuple(rows), bad=tuple(bad), is_complete=True)

    async def payouts(self, condition_id: str) -> tuple[float, ...] | None:
        """What each outcome of a condition paid, in outcome order; None while it is not resolved."""
        rows = (await self.resolutions([condition_id])).rows
        return next((row.payouts for row in rows if row.status == RESOLVED), None)

    async def fills_v1(
        self, wallet: str, *, taker_only: bool = False, start: Instant | None = None, end: Instant | None = None
    ) -> Listing[VenueFill]:
        """The same fills from the older API, whose offset is capped: windows of time move instead."""
        rows: list[FillRow] = []
        bad: list[BadRow] = []
        first, last = _window(start, None)["start"], None if end is None else end // 1000
        is_complete, lowest = True, int(first) + 1
        while lowest > int(first):
            part = await WindowParts(self._landed).read(
                wallet, History.FILLS, start=int(first), end=last, taker_only=taker_only, whole=False
            )
            good, poor = parse_rows(part.rows, parse_fill, f"{SOURCE}/trades")
            rows += [row for row in good if row.event_at // 1000 >= part.start]
            bad += poor
            is_complete &= part.is_complete
            lowest, last = part.start, part.start - 1
        return Listing(rows=tuple(_identified(rows)), bad=_distinct(bad), is_complete=is_complete)

    def histories(self, *, older_api: bool = False) -> HistoryReader:
        """Whole histories in stretches, from the newer API or the older one. Pages are handed over with them."""
        return HistoryReader(WindowParts(self._ask) if older_api else CursorParts(self._ask))

    async def _all_pages(
        self, path: str, query: Query, parse: Callable[[object], Parsed], *, limit: int | None = None
    ) -> tuple[list[Parsed], list[BadRow]]:
        rows: list[Parsed] = []
        bad: list[BadRow] = []
        size = PAGE_ROWS if limit is None else max(1, min(limit, PAGE_ROWS))
        pages = CursorListing(self._landed, path, query | {"limit": size})
        while True:
            try:
                listed = await pages.next_page()
            except PayloadError as error:  # a page does not fit as a whole: keep it, and say the list is not whole
                if error.field == "next_cursor":
                    raise
                return rows, [*bad, bad_row(error.value, error, f"{SOURCE}{path}#page")]
            good, poor = parse_rows(listed.rows, parse, f"{SOURCE}{path}")
            rows += good
            bad += poor
            if not listed.cursor or (limit is not None and len(rows) >= limit):
                return rows, bad

    async def _page(self, path: str, query: Query) -> object:
        return (await self._landed(path, query))[1]

    async def _landed(self, path: str, query: Query) -> tuple[Page, object]:
        page, payload = await self._ask(path, query)
        self._on_page(page)
        return page, payload

    async def _ask(self, path: str, query: Query) -> tuple[Page, object]:
        # The venue's edge caches /v2/trades for 300 s by its exact question; an unused parameter asks afresh.
        answer = await self._http.get(path, query | {"_": self._clock.now()})
        return Page(source=SOURCE, request=f"{path}?{urlencode(query)}", body=answer.body), answer.payload


def _families(config: VenueConfig) -> tuple[Family, ...]:
    return (
        Family("trades", ("/trades", "/v2/trades"), config.trades_requests_per_second),
        Family("activity", ("/activity", "/v2/activity"), config.activity_requests_per_second),
        Family("positions", ("/positions", "/v2/positions", "/closed-positions"), config.positions_requests_per_second),
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _window(start: Instant | None, end: Instant | None) -> Query:
    window: Query = {"start": BEGINNING if start is None else max(start // 1000, BEGINNING)}
    return window if end is None else window | {"end": end // 1000}


def _identified(rows: Iterable[FillRow]) -> list[VenueFill]:
    # Rows of a page may come shuffled; equal fills are numbered inside their second.
    return identify_fills(sorted(rows, key=lambda row: row.event_at, reverse=True))


def _is_whole(bad: Iterable[BadRow]) -> bool:
    return not any(row.source.endswith("#page") for row in bad)


def _distinct(bad: Iterable[BadRow]) -> tuple[BadRow, ...]:
    return tuple(dict.fromkeys(bad))
