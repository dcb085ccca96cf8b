"""Streams of text frames: the port that everything above listens through, and its WebSocket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from copytrade_live.errors import ConfigError, VenueUnavailable
from copytrade_live.venue.http import is_loopback

_MOST_BYTES = 8 * 1024 * 1024
_OPEN_SECONDS = 10.0
# A peer that no longer talks does not answer a farewell either.
_CLOSE_SECONDS = 1.0
_QUEUED_FRAMES = 1024


class FrameSocket(Protocol):
    """One open connection."""

    async def send(self, frame: str) -> None:
        """Send a frame. Raises: VenueUnavailable when the connection is gone."""
        ...

    async def receive(self) -> str:
        """The next frame, however long it takes. Raises: VenueUnavailable when the connection is gone."""
        ...

    async def close(self) -> None:
        """Hang up; whoever waits in receive is told."""
        ...


# Opens a connection. Raises: VenueUnavailable.
Dial = Callable[[], Awaitable[FrameSocket]]


class WebSocket:
    """A FrameSocket over the network."""

    def __init__(self, connection: ClientConnection, url: str) -> None:
        self._connection = connection
        self._url = url

    async def send(self, frame: str) -> None:
        """Send a frame. Raises: VenueUnavailable when the connection is gone."""
        try:
            await self._connection.send(frame)
        except ConnectionClosed as error:
            raise VenueUnavailable(f"{self._url} hung up: {error}") from None

    async def receive(self) -> str:
        """The next frame, however long it takes. Raises: VenueUnavailable when the connection is gone."""
        try:
            frame = await self._connection.recv()
        except ConnectionClosed as error:
            raise VenueUnavailable(f"{self._url} hung up: {error}") from None
        return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")

    async def close(self) -> None:
        """Hang up; whoever waits in receive is told."""
        await self._connection.close()


def dialler(url: str) -> Dial:
    """Opens WebSockets to one address. Raises: ConfigError when it is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ConfigError(f"a stream must be an address like wss://host/path, was {url!r}")

    async def dial() -> FrameSocket:
        try:
            connection = await connect(
                url,
                proxy=None,
                compression=None,
                open_timeout=_OPEN_SECONDS,
                close_timeout=_CLOSE_SECONDS,
                max_size=_MOST_BYTES,
                max_queue=_QUEUED_FRAMES,
            )
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
            raise VenueUnavailable(
                f"{url} cannot be reached: {type(error).__name__} {error}; check the address and the network"
            ) from None
        return WebSocket(connection, url)

    return dial


def dialler_beside(url: str, api_url: str) -> Dial | None:
    """The dialler of a stream, unless there is none, or it leads away from a sandbox to another machine."""
    if not url or (is_loopback(api_url) and not is_loopback(url)):
        return None
    return dialler(url)
