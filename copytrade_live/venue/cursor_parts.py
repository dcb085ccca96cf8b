"""Histories from the second generation of the data API: cursors, as deep as one likes."""

from __future__ import annotations

from collections.abc import Sequence

from copytrade_live.venue.paging import Ask, CursorListing, Query
from copytrade_live.venue.stretch import History, Part, misplaced, seconds_of

PAGE_ROWS = 1000
PAGES_A_STRETCH = 5
NON_TRADES = (
    "SPLIT,MERGE,REDEEM,REWARD,CONVERSION,MIGRATION,DEPOSIT,WITHDRAWAL,YIELD,MAKER_REBATE,TAKER_REBATE,REFERRAL_REWARD"
)


class CursorParts:
    """Reads listings of /v2 by cursor."""

    def __init__(self, ask: Ask, *, page_rows: int = PAGE_ROWS, pages_a_stretch: int = PAGES_A_STRETCH) -> None:
        self._ask, self._page_rows, self._pages_a_stretch = ask, page_rows, pages_a_stretch

    async def read(
        self, wallet: str, history: History, *, start: int, end: int | None, taker_only: bool, whole: bool
    ) -> Part:
        """A few pages from end downwards, or all pages; the last second stays out where more pages follow."""
        order, listing = self._opened(wallet, history, start, end, taker_only=taker_only)
        pages, rows = [], []
        while True:
            listed = await listing.next_page()
            order.take(listed.rows)
            if end is None:
                end = order.newest
                if listed.cursor and end is not None:  # with its end fixed, no row that comes in can shift the listing
                    order, listing = self._opened(wallet, history, start, end, taker_only=taker_only)
                    continue
            pages.append(listed.page)
            rows += listed.rows
            if not listed.cursor:
                return Part(pages=tuple(pages), rows=rows, start=start, end=end)
            is_cut = order.oldest is not None and order.newest is not None and order.oldest < order.newest
            if not whole and is_cut and len(pages) >= self._pages_a_stretch:
                return Part(pages=tuple(pages), rows=rows, start=(order.oldest or 0) + 1, end=end)

    def _opened(
        self, wallet: str, history: History, start: int, end: int | None, *, taker_only: bool
    ) -> tuple[_Order, CursorListing]:
        path, query = v2_question(wallet, history, taker_only=taker_only)
        query |= {"start": start, "limit": self._page_rows} | ({} if end is None else {"end": end})
        order = _Order(wallet, start, end)
        return order, CursorListing(self._ask, path, query, doubt=order.doubt)


class _Order:
    """Pages go from newer to older; inside a page the rows come as they like."""

    def __init__(self, wallet: str, start: int, end: int | None) -> None:
        self._wallet, self._start, self._end = wallet, start, end
        self.newest: int | None = None
        self.oldest: int | None = None

    def doubt(self, rows: Sequence[object]) -> str:
        """What shows that a page is not the next one."""
        return misplaced(rows, self._wallet, self._start, self._end if self.oldest is None else self.oldest)

    def take(self, rows: Sequence[object]) -> None:
        """Remember how far down a page went."""
        seconds = seconds_of(rows)
        if seconds:
            self.newest = max(seconds) if self.newest is None else self.newest
            self.oldest = min(seconds)


def v2_question(wallet: str, history: History, *, taker_only: bool) -> tuple[str, Query]:
    """Path and filters of a wallet's listing."""
    if history is History.ACTIVITY:
        return "/v2/activity", {"user": wallet, "type": NON_TRADES, "exclude_deposits_withdrawals": "false"}
    # The filter's default of 0.01 would hide the smallest fills.
    flag = "true" if taker_only else "false"
    return "/v2/trades", {"user": wallet, "taker_only": flag, "filter_type": "CASH", "filter_amount": 0}
