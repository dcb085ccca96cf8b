"""The documented request limits, enforced when asked for: so many requests in ten seconds, by family of endpoints."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from copytrade_live.clock import Clock, SystemClock
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.answers import answer
from copytrade_live.sandbox.fault_middleware import ADMIN

WINDOW: Instant = 10 * SECOND


@dataclass(frozen=True, slots=True)
class Limit:
    """How many requests a family of paths may have in ten seconds. paths are prefixes."""

    family: str
    paths: tuple[str, ...]
    requests: int


# The first that fits counts. Source: the venue's documentation and measurements, per address and ten seconds.
LIMITS = (
    Limit("trades", ("/trades", "/v2/trades"), 200),
    Limit("closed positions", ("/closed-positions",), 150),
    Limit("positions", ("/positions",), 150),
    Limit("positions v2", ("/v2/positions",), 200),
    Limit("activity v2", ("/v2/activity",), 400),
    Limit("events", ("/events",), 500),
    Limit("markets", ("/markets/keyset", "/markets/slug", "/markets"), 300),
    Limit("tags", ("/tags",), 200),
    Limit("books", ("/books", "/midpoints", "/prices", "/spreads", "/last-trades-prices"), 500),
    Limit("prices history", ("/prices-history", "/batch-prices-history"), 1000),
    Limit("book", ("/book", "/midpoint", "/price"), 1500),
    Limit("tick size", ("/tick-size",), 200),
    Limit("health", ("/ok",), 100),
    Limit("data", ("/v2/", "/activity", "/value", "/holders", "/v1/"), 1000),
)


class LimitMiddleware:
    """Refuses what is over a limit with 429 and Retry-After; windows slide in real time, for all callers together."""

    def __init__(self, app: ASGIApp, clock: Clock | None = None) -> None:
        self._app, self._clock = app, clock or SystemClock()
        self._served: dict[str, deque[Instant]] = defaultdict(deque)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        limit = limit_of(scope["path"]) if scope["type"] == "http" and not scope["path"].startswith(ADMIN) else None
        wait = 0 if limit is None else self._wait(limit)
        if wait == 0:
            await self._app(scope, receive, send)
            return
        refusal = answer({"error": "Too Many Requests"}, 429)
        refusal.headers["retry-after"] = str(-(-wait // SECOND))
        await refusal(scope, receive, send)

    def _wait(self, limit: Limit) -> Instant:
        """How long until there is room; 0 takes the room."""
        now, served = self._clock.now(), self._served[limit.family]
        while served and served[0] <= now - WINDOW:
            served.popleft()
        if len(served) >= limit.requests:
            return served[0] + WINDOW - now
        served.append(now)
        return 0


def limit_of(path: str) -> Limit | None:
    """The limit a path counts against."""
    return next((limit for limit in LIMITS if path.startswith(limit.paths)), None)
