"""What stands between a stream and one of its clients: frames go through it, and faults befall them there."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from starlette.websockets import WebSocket, WebSocketDisconnect

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.answers import Row, json_text
from copytrade_live.sandbox.fault_kinds import OF_STREAMS, FaultKind
from copytrade_live.sandbox.faults import FaultBook
from copytrade_live.sandbox.frame_changes import another_schema, noise, without_tokens

RESTARTING = 1012
Payload = Row | list[Row]


class Gates:
    """Opens a gate for each connection of one stream, and numbers them."""

    def __init__(self, book: FaultBook, path: str, now: Callable[[], Instant]) -> None:
        self._book, self._path, self._now = book, path, now
        self._opened = 0

    def open(self, socket: WebSocket) -> FrameGate:
        """A gate for a new connection."""
        self._opened += 1
        return FrameGate(socket, self._book, self._path, self._opened, self._now)


class FrameGate:
    """Sends frames to one client, or loses, repeats, delays, changes and withholds them."""

    def __init__(self, socket: WebSocket, book: FaultBook, path: str, number: int, now: Callable[[], Instant]) -> None:
        self._socket, self._book, self._path, self._now = socket, book, path, now
        self._name = f"{path}#{number}"
        self._subscriptions = 0
        self._healed: tuple[Instant, int] | None = None
        self._late: list[tuple[Instant, int, str]] = []

    def takes_subscription(self) -> bool:
        """Note a subscription, which heals a frozen stream. Returns: False when it is to be ignored."""
        self._subscriptions += 1
        frozen = self._book.window(FaultKind.STREAM_FROZEN, self._now(), key=self._name, path=self._path)
        if frozen is not None:
            self._healed = (frozen.opened_at, frozen.number)
        key = f"{self._name}:{self._subscriptions}"
        return self._book.befalls(FaultKind.SUBSCRIPTION_IGNORED, key, path=self._path) is None

    async def send_all(self, payloads: Iterable[Payload]) -> None:
        """Send what is new, and what is late and due."""
        for payload in payloads:
            await self.send(payload)
        while self._late and self._late[0][0] <= self._now():
            await self._socket.send_text(heapq.heappop(self._late)[2])

    async def send(self, payload: Payload) -> None:
        """Send one frame, or what the faults make of it."""
        if not self._book.has_any(OF_STREAMS):
            await self._socket.send_text(json_text(payload))
            return
        shown = self._unfrozen(payload)
        if shown is not None:
            await self._send_befallen(self._rewritten(shown))

    async def _send_befallen(self, payload: Payload) -> None:
        text = json_text(payload)
        key = f"{self._name}:{text}"
        if self._befalls(FaultKind.STREAM_DROPPED, key) is not None:
            await self._socket.close(RESTARTING)
            raise WebSocketDisconnect(RESTARTING)
        flood = self._book.standing(FaultKind.STREAM_FLOODED)
        if flood is not None and self._befalls(FaultKind.STREAM_FLOODED, key) is not None:
            for number in range(flood.frames):
                await self._socket.send_text(json_text(noise(payload, number)))
        if self._befalls(FaultKind.FRAME_DROPPED, key) is not None:
            return
        late = self._book.standing(FaultKind.FRAME_DELAYED)
        luck = self._befalls(FaultKind.FRAME_DELAYED, key)
        if late is not None and luck is not None:
            due = self._now() + round((0.1 + 0.9 * luck) * late.delay_seconds * SECOND)
            heapq.heappush(self._late, (due, len(self._late), text))
            return
        await self._socket.send_text(text)
        if self._befalls(FaultKind.FRAME_REPEATED, key) is not None:
            await self._socket.send_text(text)

    def _befalls(self, kind: FaultKind, key: str) -> float | None:
        found = self._book.befalls(kind, key, path=self._path)
        return None if found is None else found.luck

    def _unfrozen(self, payload: Payload) -> Payload | None:
        window = self._book.window(FaultKind.STREAM_FROZEN, self._now(), key=self._name, path=self._path)
        if window is None or self._healed == (window.opened_at, window.number):
            return payload
        left = without_tokens(payload, frozenset(window.fault.tokens))
        if left != payload:
            self._book.count(FaultKind.STREAM_FROZEN)
        return left

    def _rewritten(self, payload: Payload) -> Payload:
        if self._book.window(FaultKind.SCHEMA_CHANGED, self._now(), path=self._path) is None:
            return payload
        self._book.count(FaultKind.SCHEMA_CHANGED)
        return another_schema(payload)
