"""A request's body once more, for whoever comes behind a middleware that has read it."""

from __future__ import annotations

from starlette.types import Message, Receive


def replayed(body: bytes, receive: Receive) -> Receive:
    """Tells the whole body at once, then whatever else the connection has to say."""
    is_told = False

    async def tell() -> Message:
        nonlocal is_told
        if is_told:
            return await receive()
        is_told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return tell
