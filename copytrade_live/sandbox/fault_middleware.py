"""Puts the faults that are on between the venue and its callers."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from copytrade_live.sandbox.fault_effects import INSTEAD, SPOILT, Reply
from copytrade_live.sandbox.fault_kinds import Fault, FaultKind
from copytrade_live.sandbox.faults import FaultBook
from copytrade_live.sandbox.page_trail import PageTrail

ADMIN = "/admin/"


@dataclass(frozen=True, slots=True)
class _Asked:
    path: str
    query: str
    body: bytes
    key: str


class FaultMiddleware:
    """Lets each request through, or lets a fault befall it; never touches /admin."""

    def __init__(self, app: ASGIApp, book: FaultBook) -> None:
        self._app, self._book, self._trail = app, book, PageTrail()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(ADMIN) or not self._book.touch_requests:
            await self._app(scope, receive, send)
            return
        asked = await _read(scope, receive)
        befallen = self._book.meet(asked.key, asked.path, lambda fault: self._fits(fault, asked))
        reply = await self._answer(scope, asked, befallen)
        if reply is None:
            await _hang_up(receive)
            return
        await send({"type": "http.response.start", "status": reply.status, "headers": _sized(reply)})
        await send({"type": "http.response.body", "body": reply.body})

    def _fits(self, fault: Fault, asked: _Asked) -> bool:
        return fault.name is not FaultKind.REPEATED_PAGE or self._trail.before(asked.path, asked.query) is not None

    async def _answer(self, scope: Scope, asked: _Asked, befallen: tuple[Fault, float] | None) -> Reply | None:
        """The answer, spoilt or not; None to hang up."""
        if befallen is None:
            return await self._ask(scope, asked, asked.query)
        fault, luck = befallen
        if fault.name is FaultKind.DISCONNECT or fault.name in INSTEAD:
            self._book.count(fault.name)
            return INSTEAD[fault.name](fault, luck) if fault.name in INSTEAD else None
        if fault.name is FaultKind.REPEATED_PAGE:
            self._book.count(fault.name)
            return await self._ask(scope, asked, self._trail.before(asked.path, asked.query) or asked.query)
        if fault.name is FaultKind.TIMEOUT:
            self._book.count(fault.name)
            await asyncio.sleep(fault.seconds)
            return await self._ask(scope, asked, asked.query)
        return self._spoil(fault, luck, await self._ask(scope, asked, asked.query))

    def _spoil(self, fault: Fault, luck: float, reply: Reply) -> Reply:
        spoilt = SPOILT[fault.name](reply, luck) if reply.status == 200 else None
        if spoilt is None:
            return reply
        self._book.count(fault.name)
        return spoilt

    async def _ask(self, scope: Scope, asked: _Asked, query: str) -> Reply:
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
        return reply


async def _read(scope: Scope, receive: Receive) -> _Asked:
    body, is_more = b"", True
    while is_more:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    path, query = str(scope["path"]), scope["query_string"].decode()
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    key = hashlib.sha256(repr((scope["method"], path, pairs, _without_ids(body))).encode()).hexdigest()
    return _Asked(path, query, body, key)


def _without_ids(body: bytes) -> object:
    """A JSON-RPC call's body but for its number, which is new each time it is asked again."""
    try:
        calls: Any = json.loads(body) if body else None
    except ValueError:
        return body
    if isinstance(calls, list):
        return [_without_id(call) for call in calls]
    return _without_id(calls)


def _without_id(call: object) -> object:
    return {name: call[name] for name in sorted(call) if name != "id"} if isinstance(call, dict) else call


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
