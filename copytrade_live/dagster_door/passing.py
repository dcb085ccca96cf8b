"""Passing requests and WebSockets on to the webserver's Unix socket, and its answers back, as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import httpx
from starlette.background import BackgroundTask
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from copytrade_live.door_word import MAY_HEADER

# The name Dagster is asked by: it never learns ours, nor anything of the visitor's login.
_NAME = "dagster"
_NOT_PASSED = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade"),
        *("transfer-encoding", "host", "cookie", "set-cookie", "authorization", "content-length"),
        MAY_HEADER.lower(),
    }
)
# How often an open WebSocket's login is looked at again.
RECHECK_SECONDS = 60.0
_HEALTH_SECONDS = 2.0
_POLICY_VIOLATION, _GONE, _TRY_LATER = 1008, 1001, 1013


class Passage:
    """The way to one webserver. A run's page may be asked for minutes, so answers have no time limit but silence."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(socket)),
            base_url=f"http://{_NAME}",
            timeout=httpx.Timeout(10.0, read=120.0),
            trust_env=False,
            follow_redirects=False,
        )

    async def is_open(self) -> bool:
        """Whether the webserver answers."""
        try:
            return (await self._client.get("/server_info", timeout=_HEALTH_SECONDS)).is_success
        except httpx.HTTPError:
            return False

    async def ask(self, request: Request, may: str) -> Response:
        """Pass a request on. may: what its visitor may do. Raises: httpx.HTTPError when nobody answers."""
        target = httpx.URL(path=request.url.path, query=request.url.query.encode())
        asked = self._client.build_request(
            request.method, target, headers=_passed(request.headers, may), content=_content(request)
        )
        answer = await self._client.send(asked, stream=True)
        headers = {name: value for name, value in answer.headers.items() if name not in _NOT_PASSED}
        return StreamingResponse(
            answer.aiter_raw(),
            status_code=answer.status_code,
            headers=headers,
            background=BackgroundTask(answer.aclose),
        )

    async def talk(self, visitor: WebSocket, may: str, still_welcome: Callable[[], Awaitable[bool]]) -> None:
        """Join a visitor's WebSocket with one of the webserver's until either ends or the login does."""
        wanted = [Subprotocol(one) for one in visitor.scope.get("subprotocols", [])]
        uri = f"ws://{_NAME}{visitor.url.path}"
        try:
            async with unix_connect(
                str(self._socket),
                uri,
                subprotocols=wanted or None,
                additional_headers={MAY_HEADER: may},
                max_size=None,
            ) as other:
                await visitor.accept(subprotocol=other.subprotocol)
                await _join(visitor, other, still_welcome)
        except (OSError, InvalidHandshake):
            with suppress(RuntimeError):
                await visitor.close(_TRY_LATER)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _join(visitor: WebSocket, other: ClientConnection, still_welcome: Callable[[], Awaitable[bool]]) -> None:
    ways = [
        asyncio.create_task(_inward(visitor, other)),
        asyncio.create_task(_outward(other, visitor)),
        asyncio.create_task(_watch(still_welcome)),
    ]
    done, waiting = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    with suppress(RuntimeError, WebSocketDisconnect):
        await visitor.close(_POLICY_VIOLATION if ways[2] in done else _GONE)


async def _inward(visitor: WebSocket, other: ClientConnection) -> None:
    with suppress(WebSocketDisconnect, ConnectionClosed):
        while True:
            message: Message = await visitor.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            await other.send(text if text is not None else message["bytes"])


async def _outward(other: ClientConnection, visitor: WebSocket) -> None:
    with suppress(WebSocketDisconnect, ConnectionClosed, RuntimeError):
        async for message in other:
            await (visitor.send_text(message) if isinstance(message, str) else visitor.send_bytes(message))


async def _watch(still_welcome: Callable[[], Awaitable[bool]]) -> None:
    while await still_welcome():  # noqa: ASYNC110 - only the dashboard knows when a login ends
        await asyncio.sleep(RECHECK_SECONDS)


def _passed(headers: Headers, may: str) -> list[tuple[str, str]]:
    return [*((name, value) for name, value in headers.items() if name not in _NOT_PASSED), (MAY_HEADER, may)]


def _content(request: Request) -> AsyncIterator[bytes] | None:
    return request.stream() if request.method == "POST" else None
