"""The limits of each signer, enforced when asked for: a bucket of tokens for orders, another for cancels."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from copytrade_live.clock import Clock, SystemClock
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.answers import answer
from copytrade_live.sandbox.fault_requests import Asked, read_request
from copytrade_live.sandbox.replayed import Replayed
from copytrade_live.token_bucket import Bucket

TIER = "standard"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a signer may do. Units: tokens a second, most tokens at once."""

    rate: float
    burst: float


# Source: the venue's documentation for its lowest tier.
ORDERS = Allowance(rate=40, burst=60)
CANCELS = Allowance(rate=80, burst=120)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may go on, and what its bucket holds after it; wait is in real milliseconds."""

    is_allowed: bool
    left: float
    wait: Instant


class SignerLimitMiddleware:
    """Refuses a signer whose bucket is empty, and tells every order and cancel how full it is; in real time."""

    def __init__(self, app: ASGIApp, clock: Clock | None = None) -> None:
        self._app, self._clock = app, clock or SystemClock()
        self._buckets: dict[tuple[str, bool], Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        signer = Headers(scope=scope).get("poly_address", "").lower() if scope["type"] == "http" else ""
        if not signer:
            await self._app(scope, receive, send)
            return
        asked = await read_request(scope, receive)
        if not asked.is_order and not asked.is_cancel:
            await self._app(scope, Replayed(asked.body, receive).receive, send)
            return
        verdict = self._take(signer, asked)
        told = self._told(verdict)
        if not verdict.is_allowed:
            refusal = answer({"error": "Too Many Requests"}, 429)
            refusal.headers["retry-after"] = str(-(-verdict.wait // SECOND))
            refusal.headers.update(told)
            await refusal(scope, receive, send)
            return

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self._app(scope, Replayed(asked.body, receive).receive, send_told)

    def _take(self, signer: str, asked: Asked) -> Verdict:
        """A batch costs one token an order, all or nothing."""
        allowed = ORDERS if asked.is_order else CANCELS
        bucket = self._buckets.setdefault((signer, asked.is_order), Bucket(allowed.rate, allowed.burst, self._clock))
        cost = max(len(asked.orders if asked.is_order else asked.cancelled_ids), 1)
        wait = bucket.seconds_until(cost)
        if wait == 0:
            bucket.take(cost)
        return Verdict(wait == 0, bucket.left, round(wait * SECOND))

    def _told(self, verdict: Verdict) -> dict[str, str]:
        reset = (self._clock.now() + verdict.wait) // SECOND
        return {
            "poly-ratelimit-remaining": f"{verdict.left:.0f}",
            "poly-ratelimit-reset": str(reset),
            "poly-ratelimit-tier": TIER,
        }
