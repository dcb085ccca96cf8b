"""Histories from the first generation of the data API: offsets are capped, so windows of time move instead.

A page is asked for with no offset; the next one ends in the second where the page stopped. Only a second that fills
a page by itself is read by offsets, twice, as far as the venue's cap lets us.
"""

from __future__ import annotations

import re
from dataclasses import replace

from copytrade_live.errors import PayloadError, VenueRefusal
from copytrade_live.venue.cursor_parts import NON_TRADES
from copytrade_live.venue.fields import rows_of
from copytrade_live.venue.listing import Page
from copytrade_live.venue.paging import PAGE_TRIES, Ask, Query, content_of
from copytrade_live.venue.stretch import History, Part, misplaced, seconds_of

PAGE_ROWS = 500
_CAPPED = re.compile(r"offset")
_READS = 5


class WindowParts:
    """Reads listings of the older API by windows of time."""

    def __init__(self, ask: Ask, *, page_rows: int = PAGE_ROWS) -> None:
        self._ask, self._page_rows = ask, page_rows

    async def read(
        self, wallet: str, history: History, *, start: int, end: int | None, taker_only: bool, whole: bool
    ) -> Part:
        """One page from end downwards, or all of them; the last second stays out where more rows follow."""
        path, query = v1_question(wallet, history, taker_only=taker_only)
        found = await self._window(wallet, path, query, start, end)
        if whole and found.start > start:
            below = await self.read(
                wallet, history, start=start, end=found.start - 1, taker_only=taker_only, whole=True
            )
            inside = [row for row in found.rows if (seconds_of([row]) or [found.start])[0] >= found.start]
            return Part(
                pages=(*found.pages, *below.pages),
                rows=inside + below.rows,
                start=start,
                end=found.end,
                is_complete=found.is_complete and below.is_complete,
            )
        return found

    async def _window(self, wallet: str, path: str, query: Query, start: int, end: int | None) -> Part:
        page, rows = await self._page(wallet, path, query, start, end, 0)
        seconds = seconds_of(rows)
        newest = max(seconds) if seconds else None
        end = newest if end is None else end
        if len(rows) < self._page_rows and not await self._hides_more(wallet, path, query, start, seconds, len(rows)):
            return Part(pages=(page,), rows=rows, start=start, end=end)
        oldest = min(seconds)
        if oldest == newest:  # nothing above it: the window down to here was empty
            return await self._second(wallet, path, query, oldest, end)
        return Part(pages=(replace(page, since=oldest + 1),), rows=rows, start=oldest + 1, end=end)

    async def _hides_more(
        self, wallet: str, path: str, query: Query, start: int, seconds: list[int], listed: int
    ) -> bool:
        """Whether a short page is not the last: the venue may allow fewer rows a page than we ask for."""
        if not seconds or min(seconds) <= start or listed <= 1 or listed % 50:
            return False
        _, older = await self._page(wallet, path, query, start, min(seconds) - 1, 0)
        if older:
            self._page_rows = listed
        return bool(older)

    async def _second(self, wallet: str, path: str, query: Query, second: int, end: int | None) -> Part:
        """All rows of one second. Offsets shift when rows come in, so two reads must agree."""
        known = ""
        for _ in range(_READS):
            pages, rows, is_whole = await self._by_offset(wallet, path, query, second)
            content = content_of(rows)
            if not is_whole or content == known:
                return Part(pages=tuple(pages), rows=rows, start=second, end=end, is_complete=is_whole)
            known = content
        raise PayloadError(f"rows of {wallet} in second {second} differ each time", field="offset", value=second)

    async def _by_offset(
        self, wallet: str, path: str, query: Query, second: int
    ) -> tuple[list[Page], list[object], bool]:
        pages: list[Page] = []
        rows: list[object] = []
        shown: set[str] = set()
        tries = 0
        while True:
            try:
                page, listed = await self._page(wallet, path, query, second, second, len(rows))
            except VenueRefusal as refusal:
                if not rows or not _CAPPED.search(str(refusal)):
                    raise
                return pages, rows, False
            tries += 1
            if listed and content_of(listed) in shown and tries < PAGE_TRIES:
                continue
            tries = 0
            shown.add(content_of(listed))
            pages.append(page)
            rows += listed
            if len(listed) < self._page_rows:
                return pages, rows, True

    async def _page(
        self, wallet: str, path: str, query: Query, start: int, end: int | None, offset: int
    ) -> tuple[Page, list[object]]:
        question = query | {"start": start, "limit": self._page_rows, "offset": offset}
        problem = ""
        for _ in range(PAGE_TRIES):
            page, payload = await self._ask(path, question | ({} if end is None else {"end": end}))
            rows = payload if isinstance(payload, list) else rows_of(payload, "rows")
            problem = misplaced(rows, wallet, start, end)
            if not problem:
                return page, rows
        raise PayloadError(f"{path}: {problem}", field="data", value=problem)


def v1_question(wallet: str, history: History, *, taker_only: bool) -> tuple[str, Query]:
    """Path and filters of a wallet's listing."""
    if history is History.ACTIVITY:
        return "/activity", {
            "user": wallet,
            "type": NON_TRADES,
            "sortBy": "TIMESTAMP",
            "sortDirection": "DESC",
        }
    return "/trades", {"user": wallet, "takerOnly": "true" if taker_only else "false"}
