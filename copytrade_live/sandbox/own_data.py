"""The data API about wallets that trade here: the same questions and forms, answered from the exchange."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.answers import Row, answer
from copytrade_live.sandbox.cursor import make_cursor, read_cursor
from copytrade_live.sandbox.data_v2 import filters_of, is_wanted, mergeable_markets, page_limit, pagination
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.own_history import OwnHistory, OwnRow
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.position_rows import position_row_v1, position_row_v2
from copytrade_live.sandbox.positions import Position, is_held
from copytrade_live.sandbox.rows import CAMEL, FRESH, SNAKE, UNKNOWN_INDEX, Spelling
from copytrade_live.sandbox.selection import read_kinds, read_markets
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world import WorldWallet

Handler = Callable[[Request], Awaitable[Response]]
MOST_ROWS_V1 = 500


class OwnData:
    """Answers for a user who is an account of the exchange."""

    def __init__(self, venue: Venue, history: OwnHistory) -> None:
        self._venue, self._history = venue, history

    def before(self, own: Handler, others: Handler) -> Handler:
        """Answer here for an own wallet, and elsewhere for all others."""

        async def serve(request: Request) -> Response:
            return await (own if self._history.has(Params.of(request).wallet()) else others)(request)

        return serve

    async def trades_v1(self, request: Request) -> Response:
        """Fills, newest first."""
        return answer(self._listed_v1(Params.of(request), is_activity=False))

    async def activity_v1(self, request: Request) -> Response:
        """Everything the wallet did, newest first."""
        return answer(self._listed_v1(Params.of(request), is_activity=True))

    async def positions_v1(self, request: Request) -> Response:
        """What the wallet holds."""
        params = Params.of(request)
        least, markets, offset = (
            params.number("size_threshold", 1.0),
            read_markets(self._venue, params),
            params.whole("offset", 0),
        )
        held = self._history.positions(params.required_wallet())
        pairs = mergeable_markets(self._venue, held)
        wallet = _wallet(params)
        rows = [
            position_row_v1(self._venue, wallet, one, is_mergeable=one.market in pairs)
            for one in held
            if is_held(one) and one.size >= least and (markets is None or one.market in markets)
        ]
        return answer(rows[offset : offset + params.whole("limit", 100, most=MOST_ROWS_V1)])

    async def value_v1(self, request: Request) -> Response:
        """What the wallet's positions are worth."""
        params = Params.of(request)
        return answer([{"user": params.required_wallet(), "value": self._value(params)}])

    async def trades_v2(self, request: Request) -> Response:
        """Fills, newest first unless told otherwise."""
        return self._page(Params.of(request), "trades", is_activity=False)

    async def activity_v2(self, request: Request) -> Response:
        """Everything the wallet did, newest first unless told otherwise."""
        return self._page(Params.of(request), "activity", is_activity=True)

    async def positions_v2(self, request: Request) -> Response:
        """What the wallet holds and held."""
        params = Params.of(request)
        wanted, markets = params.text("status").upper(), read_markets(self._venue, params)
        held = self._history.positions(params.required_wallet())
        pairs = mergeable_markets(self._venue, held)
        rows = [
            position_row_v2(self._venue, _wallet(params), one, is_mergeable=one.market in pairs and is_held(one))
            for one in held
            if (markets is None or one.market in markets)
            and is_wanted(self._venue, one, wanted, is_mergeable=one.market in pairs)
        ]
        return answer({"data": rows, "pagination": pagination(page_limit(params), None)})

    async def value_v2(self, request: Request) -> Response:
        """What the wallet's positions are worth."""
        params = Params.of(request)
        return answer({"data": {"proxy_wallet": params.required_wallet(), "value": self._value(params)}})

    def _listed_v1(self, params: Params, *, is_activity: bool) -> list[Row]:
        offset, limit = params.whole("offset", 0), params.whole("limit", 100, most=MOST_ROWS_V1)
        rows = [row for _, row in self._chosen(params, is_activity=is_activity)]
        rows = rows if params.text("sort_direction").upper() == "ASC" else rows[::-1]
        return [self._row(row, CAMEL, is_activity=is_activity) for row in rows[offset : offset + limit]]

    def _page(self, params: Params, kind: str, *, is_activity: bool) -> Response:
        limit, filters = page_limit(params), filters_of(params)
        is_ascending = params.choice("sort_direction", ("ASC", "DESC"), "DESC") == "ASC"
        rows = self._chosen(params, is_activity=is_activity)
        if params.has("cursor"):
            place = read_cursor(params.text("cursor"), kind, filters)
            rows = [pair for pair in rows if (pair[0] > place if is_ascending else pair[0] < place)]
        page = rows[:limit] if is_ascending else rows[::-1][:limit]
        cursor = make_cursor(kind, filters, page[-1][0]) if len(rows) > limit else None
        data = [self._row(row, SNAKE, is_activity=is_activity) for _, row in page]
        return answer({"data": data, "pagination": pagination(limit, cursor)})

    def _chosen(self, params: Params, *, is_activity: bool) -> list[tuple[int, OwnRow]]:
        """The rows a question is about with their numbers, oldest first."""
        kinds = read_kinds(params) if is_activity else frozenset((Kind.TRADE,))
        markets, side = read_markets(self._venue, params), params.text("side").upper()
        start, end = params.seconds("start") or 0, params.seconds("end")
        taker_only = not is_activity and bool(params.flag("taker_only", True))
        return [
            (number, row)
            for number, row in enumerate(self._history.rows(params.required_wallet()))
            if row.kind in kinds
            and (markets is None or row.market in markets)
            and (not side or (row.kind is Kind.TRADE and row.is_buy == (side == "BUY")))
            and (not taker_only or row.is_taker)
            and row.at // SECOND >= start
            and (end is None or row.at // SECOND <= end)
        ]

    def _row(self, row: OwnRow, names: Spelling, *, is_activity: bool) -> Row:
        market, is_trade = self._venue.markets[row.market], row.kind is Kind.TRADE
        is_known = is_trade and row.at <= self._venue.now() - FRESH
        written: Row = {names.wallet: row.wallet, "timestamp": row.at // SECOND, names.condition: market.condition_id}
        if is_activity:
            written |= {"type": row.kind.name, names.cash: row.cash}
        return written | {
            "size": row.size,
            names.transaction: row.transaction,
            "price": row.price,
            names.token: market.token_ids[row.outcome] if is_trade else "",
            "side": ("BUY" if row.is_buy else "SELL") if is_trade else "",
            names.index: row.outcome if is_known else UNKNOWN_INDEX,
            "title": market.question,
            "slug": market.slug,
            "icon": "",
            names.event: market.event_slug,
            "outcome": market.outcomes[row.outcome] if is_trade else "",
            "name": "",
            "pseudonym": "",
            "bio": "",
            names.image: "",
            names.small_image: "",
        }

    def _value(self, params: Params) -> float:
        now = self._venue.now()
        held: tuple[Position, ...] = self._history.positions(params.required_wallet())
        return round(sum(one.size * self._venue.price(one.market, one.outcome, now) for one in held if is_held(one)), 4)


def _wallet(params: Params) -> WorldWallet:
    return WorldWallet(address=params.required_wallet(), kind="account", skill=None, name="", pseudonym="")
