"""Whether the caller's region may trade, as the venue's site tells it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.sandbox.answers import answer
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.venue import Venue


class Geoblock:
    """Answers /api/geoblock."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def serve(self, request: Request) -> Response:
        """Blocked while the fault's window is open."""
        is_blocked = self._venue.faults.window(FaultKind.GEOBLOCK, self._venue.now()) is not None
        return answer({"blocked": is_blocked, "ip": "127.0.0.1", "country": "ZZ", "region": ""})
