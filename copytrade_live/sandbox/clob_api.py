"""The CLOB's public reads."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.answers import Refusal, answer
from copytrade_live.sandbox.book_wire import NO_BOOK, book_payload, number_text
from copytrade_live.sandbox.clob_wire import LEGACY_BASE_FEE, clob_market, clob_market_info
from copytrade_live.sandbox.history import price_history
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.venue import Venue

END_CURSOR = "LTE="
PAGE = 1000
MOST_TOKENS = 500
MOST_HISTORIES = 20


class Clob:
    """Answers questions about books, prices and tradable markets."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def ok(self, request: Request) -> Response:
        """Health."""
        return answer("OK")

    async def time(self, request: Request) -> Response:
        """The world's time in unix seconds."""
        return answer(self._venue.now() // SECOND)

    async def version(self, request: Request) -> Response:
        """The protocol version."""
        return answer({"version": 2})

    async def book(self, request: Request) -> Response:
        """One token's book."""
        market, outcome, now = self._token(Params.of(request).text("token_id"))
        book = book_payload(self._venue, market, outcome, now)
        if book is None:
            raise Refusal(404, NO_BOOK)
        return answer(book)

    async def books(self, request: Request) -> Response:
        """Many tokens' books; those without one are left out."""
        now = self._venue.now()
        known = [self._venue.by_token[token] for token in await _tokens(request) if token in self._venue.by_token]
        listed = [pair for pair in known if self._venue.is_listed(pair[0], now)]
        books = [book_payload(self._venue, market, outcome, now) for market, outcome in listed]
        return answer([book for book in books if book is not None])

    async def midpoint(self, request: Request) -> Response:
        """The middle of one book."""
        return answer({"mid": self._mid(*self._token(Params.of(request).text("token_id")))})

    async def midpoints(self, request: Request) -> Response:
        """The middles of many books."""
        return answer(await self._map(request, self._mid))

    async def price(self, request: Request) -> Response:
        """The best price of a side: BUY is the best bid, SELL the best ask."""
        params = Params.of(request)
        side = params.text("side").upper()
        if side not in ("BUY", "SELL"):
            raise Refusal(400, "Invalid side")
        market, outcome, now = self._token(params.text("token_id"))
        return answer({"price": self._touch(market, outcome, now)[0 if side == "BUY" else 1]})

    async def spread(self, request: Request) -> Response:
        """Best ask minus best bid."""
        return answer({"spread": self._spread(*self._token(Params.of(request).text("token_id")))})

    async def spreads(self, request: Request) -> Response:
        """The spreads of many books."""
        return answer(await self._map(request, self._spread))

    async def last_trade_price(self, request: Request) -> Response:
        """The latest fill."""
        market, outcome, now = self._token(Params.of(request).text("token_id"))
        last = self._venue.last_trade(market, outcome, now)
        if last is None:
            return answer({"price": "0.5", "side": ""})
        return answer({"price": number_text(last.price), "side": "BUY" if last.is_buy else "SELL"})

    async def tick_size(self, request: Request) -> Response:
        """The price grid."""
        market, _, _ = self._token(Params.of(request).text("token_id"))
        return answer({"minimum_tick_size": self._venue.tick_size(market, self._venue.now())})

    async def neg_risk(self, request: Request) -> Response:
        """Whether the market is one of several that exclude each other."""
        market, _, _ = self._token(Params.of(request).text("token_id"))
        return answer({"neg_risk": self._venue.markets[market].neg_risk})

    async def fee_rate(self, request: Request) -> Response:
        """The legacy fee signal, which is not the charged rate."""
        market, _, _ = self._token(Params.of(request).text("token_id"))
        return answer({"base_fee": LEGACY_BASE_FEE if self._venue.markets[market].has_fees else 0})

    async def market_by_token(self, request: Request) -> Response:
        """The condition a token belongs to."""
        market, _, _ = self._token(str(request.path_params["token_id"]))
        listed = self._venue.markets[market]
        first, second = listed.token_ids
        return answer({"condition_id": listed.condition_id, "primary_token_id": first, "secondary_token_id": second})

    async def market_info(self, request: Request) -> Response:
        """A market in short."""
        market = self._venue.markets[self._market(str(request.path_params["condition_id"]))]
        is_delayed = market.category in self._venue.options.exchange.delayed_categories
        return answer(clob_market_info(market, has_taker_delay=is_delayed))

    def market(self, condition_id: str) -> Response:
        """A market in full."""
        return answer(clob_market(self._venue, self._market(condition_id), self._venue.now()))

    def markets(self, params: Params) -> Response:
        """A page of all markets."""
        start, now = _read_cursor(params.text("next_cursor")), self._venue.now()
        count = self._venue.listed(now)
        page = range(start, min(start + PAGE, count))
        cursor = END_CURSOR if page.stop >= count else base64.b64encode(str(page.stop).encode()).decode()
        rows = [clob_market(self._venue, number, now) for number in page]
        return answer({"data": rows, "next_cursor": cursor, "limit": PAGE, "count": len(rows)})

    async def prices_history(self, request: Request) -> Response:
        """One token's mids over time."""
        params = Params.of(request)
        self._token(params.text("market"))
        return answer({"history": price_history(self._venue, params)})

    async def prices_histories(self, request: Request) -> Response:
        """The mids of up to twenty tokens over time; tokens nobody knows are left out."""
        try:
            asked = dict(json.loads(await request.body()))
            tokens = [str(token) for token in asked.pop("markets")]
            wishes = [(str(name), str(value)) for name, value in asked.items()]
        except (ValueError, KeyError, TypeError):
            raise Refusal(400, "Invalid payload") from None
        if len(tokens) > MOST_HISTORIES:
            raise Refusal(400, f"max {MOST_HISTORIES} markets")
        now, by_token = self._venue.now(), self._venue.by_token
        histories = {
            token: price_history(self._venue, Params([*wishes, ("market", token)]))
            for token in tokens
            if token in by_token and self._venue.is_listed(by_token[token][0], now)
        }
        return answer({"history": histories})

    def _token(self, token: str) -> tuple[int, int, Instant]:
        if not token.isdecimal():
            raise Refusal(400, "Invalid token id")
        now = self._venue.now()
        market, outcome = self._venue.by_token.get(token, (-1, 0))
        if market < 0 or not self._venue.is_listed(market, now):
            raise Refusal(404, NO_BOOK)
        return market, outcome, now

    def _market(self, condition_id: str) -> int:
        number = self._venue.by_condition.get(condition_id.lower(), -1)
        if number < 0 or not self._venue.is_listed(number, self._venue.now()):
            raise Refusal(404, "market not found")
        return number

    def _touch(self, market: int, outcome: int, now: Instant) -> tuple[str, str]:
        ladder = self._venue.ladder(market, outcome, now)
        if ladder is None or not ladder.bids or not ladder.asks:
            raise Refusal(404, NO_BOOK)
        return number_text(ladder.price(ladder.bids[0][0])), number_text(ladder.price(ladder.asks[0][0]))

    def _mid(self, market: int, outcome: int, now: Instant) -> str:
        bid, ask = self._touch(market, outcome, now)
        return number_text((float(bid) + float(ask)) / 2)

    def _spread(self, market: int, outcome: int, now: Instant) -> str:
        bid, ask = self._touch(market, outcome, now)
        return number_text(float(ask) - float(bid))

    async def _map(self, request: Request, read: Callable[[int, int, Instant], str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for token in await _tokens(request):
            try:
                found[token] = read(*self._token(token))
            except Refusal:
                continue  # Tokens without a book are left out of plural answers.
        return found


async def _tokens(request: Request) -> list[str]:
    try:
        asked = json.loads(await request.body())
        tokens = [str(one["token_id"]) for one in asked]
    except (ValueError, KeyError, TypeError):
        raise Refusal(400, "Invalid payload") from None
    if len(tokens) > MOST_TOKENS:
        raise Refusal(400, "Payload exceeds the limit")
    return tokens


def _read_cursor(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError):
        raise Refusal(400, "invalid next_cursor") from None
