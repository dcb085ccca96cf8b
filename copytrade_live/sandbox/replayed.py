"""A request's body once more, for whoever comes behind a middleware that has read it."""

from __future__ import annotations

from starlette.types import Message, Receive


class Replayed:
    """Tells the whole body at once, then whatever else the connection has to say."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive
        # As the server's own receive shows it, for the fault that hangs up.
        self.transport = getattr(getattr(receive, "__self__", None), "transport", None)

    async def receive(self) -> Message:
        """The next message."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}
