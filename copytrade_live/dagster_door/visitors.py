"""Who stands at the door: asked of the dashboard, which alone knows the sessions."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from copytrade_live.clock import Clock
from copytrade_live.dashboard.access.tokens import digest
from copytrade_live.door_word import LOOK, OPERATE
from copytrade_live.errors import VenueUnavailable

# One answer serves so long; a session that was ended opens no door after that.
FRESH_SECONDS = 2.0
_MOST_REMEMBERED = 200
_OPERATES = ("operator", "admin")


class DashboardSilent(VenueUnavailable):
    """The dashboard, which knows who is logged in, does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is logged in. may: look or operate, as the webserver is told."""

    user: str
    may: str


class Visitors:
    """Answers who a cookie stands for. Cookies are remembered by digest, and only for a moment."""

    def __init__(self, dashboard: str, cookie: str, clock: Clock) -> None:
        self._cookie = cookie
        self._clock = clock
        self._client = httpx.AsyncClient(base_url=dashboard, timeout=5.0, trust_env=False, follow_redirects=False)
        self._known: dict[str, tuple[float, Visitor | None]] = {}

    async def find(self, cookies: dict[str, str]) -> Visitor | None:
        """Who it is, None when nobody is logged in. Raises: DashboardSilent."""
        token = cookies.get(self._cookie, "")
        if not token:
            return None
        name, now = digest(token), self._clock.monotonic()
        known = self._known.get(name)
        if known is not None and now - known[0] < FRESH_SECONDS:
            return known[1]
        visitor = await self._ask(token)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[name] = (now, visitor)
        return visitor

    async def _ask(self, token: str) -> Visitor | None:
        try:
            answer = await self._client.get("/api/session", headers={"Cookie": f"{self._cookie}={token}"})
        except httpx.HTTPError as error:
            raise DashboardSilent(f"the dashboard does not say who is logged in: {type(error).__name__}") from None
        if answer.status_code != httpx.codes.OK:
            return None
        told = answer.json()
        return Visitor(user=str(told["user"]), may=OPERATE if told["role"] in _OPERATES else LOOK)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
