"""Gamma: what markets there are, and what they are about."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence

from copytrade_live.clock import Clock, SystemClock
from copytrade_live.core.market import Market
from copytrade_live.errors import PayloadError
from copytrade_live.settings import VenueConfig
from copytrade_live.venue import fields
from copytrade_live.venue.http import Params, VenueHttp
from copytrade_live.venue.listing import Listing, Page, PageSink, ignore_page
from copytrade_live.venue.paging import PAGE_TRIES
from copytrade_live.venue.rows import BadRow, EventRow, MarketRow
from copytrade_live.venue.wire_data import parse_rows
from copytrade_live.venue.wire_gamma import parse_event, parse_market

SOURCE = "gamma"
CONDITIONS_PER_REQUEST = 50
# Tokens are long, and an address has a longest length.
TOKENS_PER_REQUEST = 20
# An event carries all its markets, and some have hundreds.
EVENTS_PER_REQUEST = 20
_PAGE_ROWS = 100
_REQUESTS_PER_SECOND = 25.0


class GammaApi:
    """Reads of one gamma host."""

    def __init__(self, http: VenueHttp, *, clock: Clock | None = None, on_page: PageSink = ignore_page) -> None:
        self._http = http
        self._clock = clock or SystemClock()
        self._on_page = on_page

    @classmethod
    def from_config(
        cls, config: VenueConfig, *, clock: Clock | None = None, on_page: PageSink = ignore_page
    ) -> GammaApi:
        """A client for the host and patience the configuration names; the venue cuts off at 30 a second."""
        http = VenueHttp(
            config.gamma_url,
            timeout_seconds=config.timeout_seconds,
            max_attempts=config.max_attempts,
            patience_seconds=config.patience_seconds,
            requests_per_second=_REQUESTS_PER_SECOND,
        )
        return cls(http, clock=clock, on_page=on_page)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def markets(self, condition_ids: Iterable[str]) -> Listing[MarketRow]:
        """Markets of conditions; is_complete is False when gamma does not know one of them."""
        wanted = list(dict.fromkeys(condition_ids))
        found: dict[str, MarketRow] = {}
        bad: list[BadRow] = []
        for first in range(0, len(wanted), CONDITIONS_PER_REQUEST):
            chunk = wanted[first : first + CONDITIONS_PER_REQUEST]
            bad += await self._collect(chunk, {}, found)
            # A list without closed=true may leave closed markets out.
            missing = [condition for condition in chunk if condition not in found]
            if missing:
                bad += await self._collect(missing, {"closed": "true"}, found)
        rows = tuple(found[condition] for condition in wanted if condition in found)
        return Listing(rows=rows, bad=tuple(dict.fromkeys(bad)), is_complete=len(rows) == len(wanted))

    async def markets_of_tokens(self, token_ids: Iterable[str]) -> Listing[MarketRow]:
        """The markets that some tokens belong to; is_complete is False when gamma does not know one of them."""
        wanted = list(dict.fromkeys(token_ids))
        found: dict[str, MarketRow] = {}
        bad: list[BadRow] = []
        for first in range(0, len(wanted), TOKENS_PER_REQUEST):
            chunk = wanted[first : first + TOKENS_PER_REQUEST]
            for extra in ({}, {"closed": "true"}):  # a list without closed=true may leave closed ones out
                missing = [token for token in chunk if token not in found]
                if missing:
                    bad += await self._collect_tokens(missing, extra, found)
        rows = {row.condition_id: row for row in found.values()}
        return Listing(rows=tuple(rows.values()), bad=tuple(dict.fromkeys(bad)), is_complete=len(found) == len(wanted))

    async def market(self, condition_id: str) -> Market | None:
        """One market as a decision sees it, observed now; None when gamma does not know it."""
        rows = (await self.markets([condition_id])).rows
        return rows[0].as_market(self._clock.now()) if rows else None

    async def events(self, event_ids: Iterable[str]) -> Listing[EventRow]:
        """Events by their numbers; is_complete is False when gamma does not know one of them."""
        wanted = list(dict.fromkeys(event_ids))
        found: dict[str, EventRow] = {}
        bad: list[BadRow] = []
        for first in range(0, len(wanted), EVENTS_PER_REQUEST):
            chunk = wanted[first : first + EVENTS_PER_REQUEST]
            for extra in ({}, {"closed": "true"}):  # a list without closed=true may leave closed ones out
                missing = [event for event in chunk if event not in found]
                if missing:
                    bad += await self._collect_events(missing, extra, found)
        rows = tuple(found[event] for event in wanted if event in found)
        return Listing(rows=rows, bad=tuple(dict.fromkeys(bad)), is_complete=len(rows) == len(wanted))

    async def _collect_events(self, chunk: Sequence[str], extra: Params, found: dict[str, EventRow]) -> list[BadRow]:
        bad: list[BadRow] = []
        query: Params = {"id": chunk, "limit": _PAGE_ROWS, **extra}
        async for payload in self._pages("/events/keyset", query):
            rows, poor = parse_rows(_list_of(payload, "events"), parse_event, f"{SOURCE}/events/keyset")
            bad += poor
            found.update({row.event_id: row for row in rows if row.event_id in chunk})
        return bad

    async def _collect(self, chunk: Sequence[str], extra: Params, found: dict[str, MarketRow]) -> list[BadRow]:
        bad: list[BadRow] = []
        query: Params = {"condition_ids": chunk, "limit": _PAGE_ROWS, **extra}
        async for payload in self._pages("/markets/keyset", query):
            rows, poor = parse_rows(_list_of(payload, "markets"), parse_market, f"{SOURCE}/markets/keyset")
            bad += poor
            found.update({row.condition_id: row for row in rows if row.condition_id in chunk})
        return bad

    async def _collect_tokens(self, chunk: Sequence[str], extra: Params, found: dict[str, MarketRow]) -> list[BadRow]:
        bad: list[BadRow] = []
        query: Params = {"clob_token_ids": chunk, "limit": _PAGE_ROWS, **extra}
        async for payload in self._pages("/markets/keyset", query):
            rows, poor = parse_rows(_list_of(payload, "markets"), parse_market, f"{SOURCE}/markets/keyset")
            bad += poor
            found.update({token: row for row in rows for token in row.token_ids if token in chunk})
        return bad

    async def _pages(self, path: str, query: Params) -> AsyncIterator[fields.Payload]:
        """Every page of a keyset listing. Raises: PayloadError when it leads back however often it is asked."""
        cursors: set[str] = set()
        page = dict(query)
        while True:
            payload, cursor = await self._leading_on(path, page, cursors)
            yield payload
            if not cursor:
                return
            cursors.add(cursor)
            page["after_cursor"] = cursor

    async def _leading_on(self, path: str, page: Params, cursors: Collection[str]) -> tuple[fields.Payload, str]:
        # A cursor that was followed before: the page before this one was sent again, so this one is still to come.
        for _ in range(PAGE_TRIES):
            payload = await self._page(path, page)
            cursor = fields.text(payload, "next_cursor")
            if cursor not in cursors:
                return payload, cursor
        raise PayloadError(f"{path} sent the cursor {cursor[:40]} twice", field="next_cursor", value=cursor)

    async def _page(self, path: str, query: Params) -> fields.Payload:
        answer = await self._http.get(path, query)
        request = f"{path}?" + "&".join(f"{name}={value}" for name, value in query.items())
        self._on_page(Page(source=SOURCE, request=request, body=answer.body))
        return fields.row_of(answer.payload, "page of gamma")


def _list_of(payload: fields.Payload, name: str) -> list[object]:
    rows = payload.get(name)
    if not isinstance(rows, list):
        raise PayloadError(f"{name} must be a list, was {type(rows).__name__}", field=name, value=rows)
    return rows
