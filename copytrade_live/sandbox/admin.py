"""What only a sandbox has: its clock, its truth, and the next thing to happen."""

from __future__ import annotations

import json

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.answers import Refusal, answer
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.timekeeper import NotSteppable
from copytrade_live.sandbox.venue import Venue


class Admin:
    """Answers /admin questions."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def clock(self, request: Request) -> Response:
        """The world's time and how it passes."""
        return answer(self._clock())

    async def step(self, request: Request) -> Response:
        """Move a stepped world to to_ms, or on by seconds."""
        try:
            asked = json.loads(await request.body())
        except ValueError:
            raise Refusal(400, "the body must be JSON with to_ms or seconds") from None
        now = self._venue.now()
        match asked:
            case {"to_ms": int(to_ms)}:
                target = to_ms
            case {"seconds": int(seconds) | float(seconds)}:
                target = now + round(seconds * SECOND)
            case _:
                raise Refusal(400, "the body must hold to_ms (an integer) or seconds (a number)")
        try:
            self._venue.time.step_to(target)
        except NotSteppable as error:
            raise Refusal(409, str(error)) from None
        return answer(self._clock())

    async def world(self, request: Request) -> Response:
        """What this world is, and the truth about its wallets."""
        world = self._venue.world
        return answer(
            {
                "kind": world.kind,
                "seed": world.seed,
                "first_ms": world.first_at,
                "start_ms": world.start_at,
                "index_lag_ms": self._venue.index_lag,
                "wallets": len(world.wallets),
                "markets": len(world.markets),
                "fills": len(self._venue.trades),
                "rows": len(world.ledger),
                "truth": {one.address: {"type": one.kind, "skill": one.skill} for one in world.wallets},
            }
        )

    async def next(self, request: Request) -> Response:
        """The next fill of all, or of some wallets: when it happens, and when the data API shows it."""
        params = Params.of(request)
        after = params.whole("after_ms", self._venue.now())
        ledger, rows = self._venue.world.ledger, self._venue.trades
        if params.has("wallets"):
            numbers = [self._venue.by_wallet.get(wallet.lower(), -1) for wallet in params.many("wallets")]
            rows = rows[np.isin(ledger.wallet[rows], numbers)]
        place = int(np.searchsorted(ledger.at[rows], after, side="right"))
        at = int(ledger.at[rows[place]]) if place < len(rows) else None
        visible_at = None if at is None else at + self._venue.index_lag
        return answer({"at_ms": at, "visible_ms": visible_at})

    def _clock(self) -> dict[str, object]:
        time = self._venue.time
        return {"now_ms": time.now(), "speed": time.speed, "mode": time.mode.value}
