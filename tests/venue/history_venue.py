"""A venue of one wallet whose listings move while they are read: rows come in, pages come again, rows come shuffled."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.venue.rows_on_the_wire import v1_fill, v2_fill

NEWEST = 1_789_381_477
MOST_V1_ROWS = 500


def tx(number: int) -> str:
    """A transaction."""
    return f"0x{number:064x}"


def history(fills: int, a_second: int, twins: int = 3) -> list[tuple[int, int, bool]]:
    """Fills as second, number and whether the wallet took; every few are equal in all but that."""
    return [(NEWEST - place // a_second, place // twins, place % 2 == 0) for place in range(fills)]


class HistoryVenue:
    """Both generations of one listing; arrive is called before each answer and may add rows."""

    def __init__(self, rows: list[tuple[int, int, bool]], cap: int = 3000) -> None:
        self.rows, self.cap = rows, cap
        self.asked: list[str] = []
        self.arrive: Callable[[HistoryVenue], None] = lambda venue: None
        self.dice = random.Random(1)
        self.repeat_chance = 0.0
        self._previous: dict[str, Any] = {}

    def app(self) -> Starlette:
        """The venue as an application."""
        return Starlette(routes=[Route("/v2/trades", self._v2), Route("/trades", self._v1)])

    def _selected(self, request: Request, taker_name: str) -> list[tuple[int, int]]:
        """Second and place of the rows that fit, newest first."""
        self.asked.append(str(request.url.query))
        self.arrive(self)
        params = request.query_params
        start, end = int(params.get("start", 0)), int(params.get("end", 2**40))
        taker_only = params[taker_name] == "true"
        found = [
            (at, place)
            for place, (at, _, is_taker) in enumerate(self.rows)
            if start <= at <= end and (is_taker or not taker_only)
        ]
        return sorted(found, reverse=True)

    async def _v2(self, request: Request) -> Response:
        selected = self._selected(request, "taker_only")
        given, limit = request.query_params.get("cursor"), int(request.query_params["limit"])
        if given is not None:
            if self.dice.random() < self.repeat_chance:
                return JSONResponse(self._previous[given])
            below = tuple(map(int, given.split(":")))
            selected = [one for one in selected if one < below]
        rows = selected[:limit]
        cursor = "{}:{}".format(*rows[-1]) if len(selected) > limit else None
        self.dice.shuffle(rows)
        listed = [
            v2_fill(timestamp=at, transaction_hash=tx(self.rows[place][1]), size=1 + self.rows[place][1])
            for at, place in rows
        ]
        payload = {"data": listed, "pagination": {"has_more": cursor is not None, "next_cursor": cursor}}
        if cursor:
            self._previous[cursor] = payload
        return JSONResponse(payload)

    async def _v1(self, request: Request) -> Response:
        selected = self._selected(request, "takerOnly")
        offset, limit = int(request.query_params["offset"]), int(request.query_params["limit"])
        if offset > self.cap:
            return JSONResponse({"error": f"max historical trades offset of {self.cap} exceeded"}, status_code=400)
        rows = selected[offset : offset + min(limit, MOST_V1_ROWS)]
        self.dice.shuffle(rows)
        return JSONResponse(
            [
                v1_fill(timestamp=at, transactionHash=tx(self.rows[place][1]), size=1 + self.rows[place][1])
                for at, place in rows
            ]
        )
