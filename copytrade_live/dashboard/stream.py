"""The event stream: what happens is put into words once, in small batches, and handed to every browser.

A browser that reads too slowly is told to read everything again rather than kept a backlog for.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from copytrade_live.core.events import LeaderFillObserved, MirrorOwed, OperatorCommanded, SignalCopied, SignalRejected
from copytrade_live.dashboard.access.sessions import Session
from copytrade_live.dashboard.problems import Refused
from copytrade_live.dashboard.projection import News
from copytrade_live.dashboard.schemas.controls import Command
from copytrade_live.dashboard.schemas.events import Reset
from copytrade_live.dashboard.signal_rows import signal_row
from copytrade_live.dashboard.titles import Titles
from copytrade_live.visible import visible

# Batches that wait for one browser: some seconds of a busy journal.
MOST_WAITING = 40


@dataclass(eq=False)
class Listener:
    """One open stream."""

    session: Session
    waiting: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    is_lost: bool = False


class Hub:
    """Hands out batches. Everything but hear runs in the loop of the app."""

    def __init__(self, *, streams: int, streams_per_session: int) -> None:
        self._most, self._most_each = streams, streams_per_session
        self._listeners: set[Listener] = set()
        self.is_over = False

    @property
    def is_heard(self) -> bool:
        """Whether any stream is open."""
        return bool(self._listeners)

    def open(self, session: Session) -> Listener:
        """A stream for a session. Raises: Refused when there are too many."""
        by_session = Counter(one.session.token_id for one in self._listeners)
        if len(self._listeners) >= self._most or by_session[session.token_id] >= self._most_each:
            raise Refused(
                429, "too_many_streams", "Too many event streams are open; close a tab.", {"Retry-After": "5"}
            )
        listener = Listener(session)
        self._listeners.add(listener)
        return listener

    def end(self) -> None:
        """End every stream: the server goes down."""
        self.is_over = True
        self.send(b"")

    def close(self, listener: Listener) -> None:
        """Its browser went away."""
        self._listeners.discard(listener)

    def send(self, batch: bytes) -> None:
        """Hand a batch to every stream."""
        for listener in self._listeners:
            try:
                listener.waiting.put_nowait(batch)
            except asyncio.QueueFull:
                listener.is_lost = True

    async def next_batch(self, listener: Listener, seq: int) -> bytes:
        """What to send to one browser next; one that fell behind reads everything again."""
        batch = await listener.waiting.get()
        if not listener.is_lost:
            return batch
        while not listener.waiting.empty():
            listener.waiting.get_nowait()
        listener.is_lost = False
        return message("reset", Reset(seq=seq))


def message(event: str, data: BaseModel, seq: int | None = None) -> bytes:
    """One event in the words of the wire; JSON holds no line end of its own."""
    head = "" if seq is None else f"id: {seq}\n"
    return f"{head}event: {event}\ndata: {data.model_dump_json()}\n\n".encode()


def told(
    news: Sequence[News], cause: LeaderFillObserved | None, mode: str, titles: Titles
) -> tuple[bytes, LeaderFillObserved | None]:
    """What a batch of news tells by itself: signals and commands. Returns: it, and the last leader's fill."""
    said: list[bytes] = []
    for one in news:
        match one.event:
            case LeaderFillObserved():
                cause = one.event
            case SignalCopied() | SignalRejected() | MirrorOwed():
                row = signal_row(one.seq, one.event, cause, titles.question(one.event.condition_id))
                if row is not None:
                    said.append(message("signal", row, one.seq))
            case OperatorCommanded():
                said.append(message("audit", command_of(one.event, one.seq, mode), one.seq))
            case _:
                pass
    return b"".join(said), cause


def command_of(event: OperatorCommanded, seq: int, mode: str) -> Command:
    """A journaled command as the audit trail shows it."""
    return Command(
        command_id=visible(event.command_id),
        journal="live" if mode == "live" else "paper",
        verb=event.verb.value,
        wallet=event.wallet,
        argument=visible(event.argument),
        note=visible(event.note),
        by=visible(event.by),
        asked_at=max(0, event.event_at),
        taken_seq=seq,
        taken_at=event.observed_at,
    )
