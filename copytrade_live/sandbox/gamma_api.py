"""Gamma: markets, events and tags."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.core.market import Instant, MarketStatus
from copytrade_live.sandbox.answers import Refusal, answer
from copytrade_live.sandbox.gamma_wire import Wire, gamma_event, gamma_market, tag_of
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world import WorldMarket

MOST_ROWS = 100
MOST_OFFSET = 2000
# A question with any of these is gamma's; a bare /markets is the CLOB's.
MARKET_FILTERS = (
    "limit", "offset", "closed", "condition_ids", "clob_token_ids", "slug", "id", "active", "archived", "order",
    "ascending", "tag_id", "question_ids", "include_tag",
)  # fmt: skip


class Gamma:
    """Answers questions about what is listed."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def markets_keyset(self, request: Request) -> Response:
        """Markets page by page."""
        params = Params.of(request)
        numbers = self._markets(params, params.flag("closed", None))
        return _keyset("markets", params, numbers, self._market_wire(params))

    async def events_keyset(self, request: Request) -> Response:
        """Events page by page."""
        params = Params.of(request)
        return _keyset("events", params, self._events(params), self._event_wire)

    def markets(self, params: Params) -> Response:
        """Markets by offset; a slug finds a closed market only with closed=true."""
        closed = params.flag("closed", False if params.has("slug") else None)
        return _offset_page(params, self._markets(params, closed), self._market_wire(params))

    async def events(self, request: Request) -> Response:
        """Events by offset."""
        params = Params.of(request)
        return _offset_page(params, self._events(params), self._event_wire)

    async def market_by_slug(self, request: Request) -> Response:
        """One market by its slug."""
        return self._one_market(self._venue.by_slug.get(str(request.path_params["slug"])))

    def market_by_id(self, market_id: str) -> Response:
        """One market by its number."""
        return self._one_market(self._venue.by_market_id.get(market_id))

    async def event_by_id(self, request: Request) -> Response:
        """One event by its number."""
        return self._one_event(str(request.path_params["event_id"]))

    async def event_by_slug(self, request: Request) -> Response:
        """One event by its slug."""
        return self._one_event(self._venue.event_by_slug.get(str(request.path_params["slug"]), ""))

    async def tags(self, request: Request) -> Response:
        """All tags."""
        return answer([tag_of(category) for category in sorted({market.category for market in self._venue.markets})])

    def _one_market(self, number: int | None) -> Response:
        now = self._venue.now()
        if number is None or not self._venue.is_listed(number, now):
            raise Refusal(404, "id not found")
        return answer(gamma_market(self._venue, number, now))

    def _one_event(self, event_id: str) -> Response:
        now = self._venue.now()
        if event_id not in self._venue.by_event or not self._venue.is_listed(self._venue.by_event[event_id][0], now):
            raise Refusal(404, "id not found")
        return answer(gamma_event(self._venue, event_id, now))

    def _market_wire(self, params: Params) -> Callable[[int], Wire]:
        return partial(
            _tagged_market if params.flag("include_tag", False) else gamma_market, self._venue, now=self._venue.now()
        )

    def _event_wire(self, number: int) -> Wire:
        return gamma_event(self._venue, self._venue.markets[number].event_id, self._venue.now())

    def _markets(self, params: Params, closed: bool | None) -> list[int]:
        now = self._venue.now()
        wanted = self._wanted(params)
        return [
            number
            for number in range(self._venue.listed(now))
            if (wanted is None or number in wanted) and _fits(self._venue.markets[number], params, closed, now)
        ]

    def _wanted(self, params: Params) -> set[int] | None:
        """Markets named one by one; None when none are named."""
        venue = self._venue
        named: set[int] | None = None
        for name, index in (
            ("condition_ids", venue.by_condition),
            ("slug", venue.by_slug),
            ("id", venue.by_market_id),
            ("clob_token_ids", {token: pair[0] for token, pair in venue.by_token.items()}),
        ):
            if params.has(name):
                found = {index[value] for value in params.many(name) if value in index}
                named = found if named is None else named & found
        return named

    def _events(self, params: Params) -> list[int]:
        """The first market of each event that fits."""
        now, venue = self._venue.now(), self._venue
        closed = params.flag("closed", None)
        ids, slugs = set(params.many("id")), set(params.many("slug"))
        found: list[int] = []
        for number in range(venue.listed(now)):
            market = venue.markets[number]
            numbers = venue.by_event[market.event_id]
            is_named = (not ids or market.event_id in ids) and (not slugs or market.event_slug in slugs)
            is_closed = all(venue.markets[one].is_closed(now) for one in numbers)
            if numbers[0] == number and is_named and closed in (None, is_closed) and _has_tag(market, params):
                found.append(number)
        return found


def _tagged_market(venue: Venue, number: int, now: Instant) -> Wire:
    return gamma_market(venue, number, now) | {"tags": [tag_of(venue.markets[number].category)]}


def _fits(market: WorldMarket, params: Params, closed: bool | None, now: Instant) -> bool:
    if closed is not None and market.is_closed(now) is not closed:
        return False
    status = params.text("uma_resolution_status")
    if status and market.status(now) is not MarketStatus(status):
        return False
    return params.flag("archived", False) is False and _has_tag(market, params)


def _has_tag(market: WorldMarket, params: Params) -> bool:
    tag = params.text("tag_id")
    return not tag or tag_of(market.category)["id"] == tag


def _keyset(name: str, params: Params, numbers: list[int], render: Callable[[int], Wire]) -> Response:
    limit = params.whole("limit", 20, least=1, most=MOST_ROWS)
    place = _read_cursor(params.text("after_cursor"))
    page = [number for number in numbers if number > place]
    wire: Wire = {name: [render(number) for number in page[:limit]]}
    if len(page) > limit:
        wire["next_cursor"] = base64.urlsafe_b64encode(f"after:{page[limit - 1]}".encode()).decode()
    return answer(wire)


def _offset_page(params: Params, numbers: list[int], render: Callable[[int], Wire]) -> Response:
    offset, limit = params.whole("offset", 0), params.whole("limit", 20, most=MOST_ROWS)
    if offset > MOST_OFFSET:
        raise Refusal(422, "offset exceeds maximum allowed value of 2000; use the keyset endpoint")
    response = answer([render(number) for number in numbers[offset : offset + limit]])
    response.headers["deprecation"] = "true"
    return response


def _read_cursor(cursor: str) -> int:
    if not cursor:
        return -1
    try:
        word, _, place = base64.urlsafe_b64decode(cursor).decode().partition(":")
        return int(place) if word == "after" else _bad_cursor()
    except (binascii.Error, ValueError):
        return _bad_cursor()


def _bad_cursor() -> int:
    raise Refusal(422, "invalid after_cursor")
