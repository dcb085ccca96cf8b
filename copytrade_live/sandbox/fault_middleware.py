"""Puts the faults that are on between the venue and its callers."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.fault_effects import INSTEAD, SPOILT, Reply, server_error, with_bucket
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.fault_orders import OrderFaults, lost_cancel, odd_answer
from copytrade_live.sandbox.fault_requests import Asked, read_request
from copytrade_live.sandbox.fault_settings import Fault
from copytrade_live.sandbox.fault_windows import UNAUTHORIZED, WindowFaults, said
from copytrade_live.sandbox.faults import Befallen, FaultBook
from copytrade_live.sandbox.page_trail import PageTrail
from copytrade_live.sandbox.venue import Venue

ADMIN = "/admin/"


class FaultMiddleware:
    """Lets each request through, or lets a fault befall it; never touches /admin."""

    def __init__(self, app: ASGIApp, book: FaultBook, venue: Venue) -> None:
        self._app, self._book, self._venue, self._trail = app, book, venue, PageTrail()
        self._windows, self._orders = WindowFaults(book, venue.now), OrderFaults(venue)
        self._late: set[asyncio.Task[Reply]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(ADMIN) or not self._book.touch_requests:
            await self._app(scope, receive, send)
            return
        asked = await read_request(scope, receive)
        reply = await self._reply(scope, asked)
        if reply is None:
            await _hang_up(receive)
            return
        await send({"type": "http.response.start", "status": reply.status, "headers": _sized(reply)})
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, scope: Scope, asked: Asked) -> Reply | None:
        """The answer, spoilt or not; None to hang up."""
        refused = self._windows.refused(asked)
        if refused is not None:
            return refused
        befallen = self._book.meet(asked.key, asked.path, lambda fault: self._fits(fault, asked))
        if befallen is not None and befallen.fault.name is FaultKind.FALSE_BALANCE:
            self._orders.lock(asked, befallen.fault)
        locked = self._orders.locked(asked)
        if locked is not None:
            self._book.count(FaultKind.FALSE_BALANCE)
            return locked
        if befallen is None:
            return await self._ask(scope, asked)
        if befallen.fault.name in SPOILT:
            return self._spoil(befallen, await self._ask(scope, asked))
        self._book.count(befallen.fault.name)
        return await self._spoilt_whole(scope, asked, *befallen)

    def _fits(self, fault: Fault, asked: Asked) -> bool:
        if fault.name is FaultKind.REPEATED_PAGE:
            return self._trail.before(asked.path, asked.query) is not None
        if fault.name is FaultKind.TICK_CHANGED:
            return self._orders.breakable(asked) is not None
        return asked.fits(fault.name)

    async def _spoilt_whole(self, scope: Scope, asked: Asked, fault: Fault, luck: float) -> Reply | None:
        if fault.name in INSTEAD:
            reply = INSTEAD[fault.name](fault, luck)
            is_of_signer = fault.name is FaultKind.RATE_LIMITED and (asked.is_order or asked.is_cancel)
            return with_bucket(reply, fault, self._venue.now()) if is_of_signer else reply
        match fault.name:
            case FaultKind.DISCONNECT:
                return None
            case FaultKind.UNAUTHORIZED:
                return said(401, UNAUTHORIZED)
            case FaultKind.CANCEL_LOST:
                return lost_cancel(asked)
            case FaultKind.REPEATED_PAGE:
                return await self._ask(scope, asked, self._trail.before(asked.path, asked.query))
            case FaultKind.TIMEOUT:
                await asyncio.sleep(fault.seconds)
                return await self._ask(scope, asked)
            case FaultKind.LATE_BOOKING:
                self._book_late(scope, asked, fault)
                return None
            case FaultKind.TICK_CHANGED:
                self._orders.change_tick(asked, fault)
                return await self._ask(scope, asked)
        return await self._carried_out(scope, asked, fault, luck)

    async def _carried_out(self, scope: Scope, asked: Asked, fault: Fault, luck: float) -> Reply | None:
        reply = await self._ask(scope, asked)
        match fault.name:
            case FaultKind.ANSWER_LOST:
                return None
            case FaultKind.ANSWER_LATE:
                await asyncio.sleep(fault.seconds)
            case FaultKind.ERROR_AFTER:
                return server_error(fault, luck)
            case FaultKind.ODD_ANSWER:
                return odd_answer(reply, luck)
            case FaultKind.DELIVERED_TWICE:
                return await self._ask(scope, asked)
        return reply

    def _book_late(self, scope: Scope, asked: Asked, fault: Fault) -> None:
        due = self._venue.now() + round(fault.delay_seconds * SECOND)

        async def carry_out() -> Reply:
            await self._venue.time.reached(due)
            return await self._ask(scope, asked)

        task = asyncio.create_task(carry_out())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def _spoil(self, befallen: Befallen, reply: Reply) -> Reply:
        spoilt = SPOILT[befallen.fault.name](reply, befallen.luck) if reply.status == 200 else None
        if spoilt is None:
            return reply
        self._book.count(befallen.fault.name)
        return spoilt

    async def _ask(self, scope: Scope, asked: Asked, query: str | None = None) -> Reply:
        query = asked.query if query is None else query
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": asked.body, "more_body": False}

        await self._app({**scope, "query_string": query.encode()}, receive, send)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        reply = Reply(sent[0]["status"], body, tuple(sent[0]["headers"]))
        if reply.status == 200:
            self._trail.note(asked.path, query, body)
        return self._windows.spoilt(asked, reply)


async def _hang_up(receive: Receive) -> None:
    # ASGI has no word for this, so reach the connection through the server's bound receive.
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("cannot hang up: this server does not show its connection; serve the sandbox with uvicorn")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def _sized(reply: Reply) -> list[tuple[bytes, bytes]]:
    kept = [pair for pair in reply.headers if pair[0].lower() != b"content-length"]
    return [*kept, (b"content-length", str(len(reply.body)).encode())]
