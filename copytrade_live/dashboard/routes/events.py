"""The event stream, by cookie alone: EventSource cannot send a header, and no token belongs in an address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from sse_starlette import EventSourceResponse

from copytrade_live.dashboard.access.policy import VIEW
from copytrade_live.dashboard.access.sessions import Session
from copytrade_live.dashboard.desk import AtDesk, Desk
from copytrade_live.dashboard.problems import answers
from copytrade_live.dashboard.schemas.events import Reset, StreamEvents
from copytrade_live.dashboard.stream import Listener, message

router = APIRouter(tags=["events"])
# A session that was ended keeps its streams for no longer.
CHECK_SECONDS = 15.0
PING_SECONDS = 15
# Told again to who comes back; more than that is read anew.
MOST_MISSED = 500
_SEQ = r"^[0-9]{1,16}$"


@router.get(
    "/api/events",
    response_class=EventSourceResponse,
    responses={
        **answers(401, 403, 422, 429),
        200: {"content": {"text/event-stream": {"schema": StreamEvents.model_json_schema()}}, "description": "Events."},
    },
)
async def get_events(
    desk: AtDesk,
    session: Annotated[Session, Depends(VIEW)],
    last_event_id: Annotated[str | None, Header(pattern=_SEQ)] = None,
) -> EventSourceResponse:
    """overview, signal, position, audit, health and reset, as they come; ids are journal seqs."""
    listener = desk.hub.open(session)
    try:
        missed = await asyncio.to_thread(_missed, desk, last_event_id)
    except BaseException:
        desk.hub.close(listener)
        raise
    return EventSourceResponse(_events(desk, listener, missed), ping=PING_SECONDS)


async def _events(desk: Desk, listener: Listener, missed: bytes) -> AsyncIterator[bytes]:
    try:
        yield b"retry: 2000\n\n" + missed
        while desk.sessions.is_alive(listener.session) and not desk.hub.is_over:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    batch = await desk.hub.next_batch(listener, desk.projection.place.seq)
            except TimeoutError:
                continue
            yield batch
    finally:
        desk.hub.close(listener)


def _missed(desk: Desk, last_event_id: str | None) -> bytes:
    """What was told while a browser was away."""
    if last_event_id is None:
        return b""
    after, seq = int(last_event_id), desk.projection.place.seq
    found = desk.history.signals_between(after, MOST_MISSED + 1)
    if after > seq or len(found) > MOST_MISSED:
        return message("reset", Reset(seq=seq), seq)
    return b"".join(message("signal", one, one.seq) for one in found)
