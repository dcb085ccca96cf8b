"""The exchange of one sandbox with its keys and sessions, brought up to now whenever it is looked at."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.exchange.accounts import COLLATERAL
from copytrade_live.sandbox.exchange.api_keys import ApiKey, ApiKeys
from copytrade_live.sandbox.exchange.chain import Chain
from copytrade_live.sandbox.exchange.exchange import Exchange
from copytrade_live.sandbox.exchange.options import ExchangeOptions
from copytrade_live.sandbox.exchange.order_wire import checked_order, read_posted
from copytrade_live.sandbox.exchange.rules import NO_BOOK
from copytrade_live.sandbox.exchange.signatures import Sessions
from copytrade_live.sandbox.exchange.terms import Placed, Refused
from copytrade_live.sandbox.exchange_faults import ExchangeFaults
from copytrade_live.sandbox.owner_acts import OwnerActs
from copytrade_live.sandbox.public_books import PublicBooks
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world_quotes import WorldQuotes


class TradingDesk:
    """What every trading route shares."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        options = _paced(venue.options.exchange, venue.time.speed)
        self.exchange = Exchange(WorldQuotes(venue, options), options, ExchangeFaults(venue.faults))
        self._owner = OwnerActs(venue.faults, self.exchange)
        venue.overlay = PublicBooks(self.exchange)
        self.keys = ApiKeys(options.seed, options.most_clock_skew)
        self.sessions = Sessions()
        self.chain = Chain(self.exchange, self.sessions)
        for wallet, dollars in venue.options.funds:
            account = self.exchange.account(wallet)
            account.is_deployed = True
            account.give(COLLATERAL, dollars)

    def now(self) -> int:
        """The world's time, with the exchange brought up to it."""
        now = self._venue.now()
        self.exchange.advance(now)
        self._owner.look(now)
        return now

    async def caller(self, request: Request) -> ApiKey:
        """Whose private request this is. Raises: Refused."""
        body = await request.body()
        return self.keys.check(request.headers, request.method, request.url.path, body, self._venue.now())

    def place(self, body: object, key: ApiKey) -> Placed:
        """Check and take one order. Raises: Refused."""
        posted = read_posted(body)
        now = self.now()
        listing = self.exchange.quotes.listing(posted.fields.token_id, now)
        if listing is None:
            raise Refused(404, NO_BOOK)
        new = checked_order(posted, key, neg_risk=listing.neg_risk, sessions=self.sessions)
        return self.exchange.place(new, now)


def _paced(options: ExchangeOptions, speed: float | None) -> ExchangeOptions:
    """In a world that runs fast, look at resting orders four times a real second, not once a second of the world."""
    return options if speed is None else replace(options, look_every=max(options.look_every, round(speed * SECOND / 4)))
