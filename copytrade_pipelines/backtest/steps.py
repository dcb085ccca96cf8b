"""A journal as steps: each observation with the facts that answered it, read one at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copytrade_live.core.codec import CodecError, decode, dumps
from copytrade_live.core.events import (
    ExitDecided,
    JournalEvent,
    LeaderFillObserved,
    OrderFilled,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.market import Instant
from copytrade_live.errors import InputFileError

Line = dict[str, Any]
# What an audit compares: what was decided and what came of it. The rest is what was looked at.
DECIDED = frozenset(
    {
        "SignalCopied",
        "SignalRejected",
        "MirrorOwed",
        "ExitDecided",
        "OrderReposted",
        "OrderAbandoned",
        "OrderFilled",
        "HaltTripped",
        "LeaderMuted",
        "PositionSettled",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One observation and its answer, as journal lines. text holds them without what names the run."""

    at: Instant
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """Canonical text: equal steps have equal texts."""
        return dumps(
            [{key: line[key] for key in ("type", "event_at", "observed_at", "payload")} for line in self.lines]
        )

    @property
    def is_decided(self) -> bool:
        """Whether something was decided or done in it."""
        return any(line["type"] in DECIDED for line in self.lines)

    @property
    def events(self) -> tuple[JournalEvent, ...]:
        """The events themselves, the observation first."""
        return tuple(decode(line) for line in self.lines)

    @property
    def subject(self) -> str:
        """The signal, order, condition or token it is about."""
        payload = self.lines[0]["payload"]
        for name in ("signal", "fill", "book", "market", "snapshot"):
            if isinstance(inner := payload.get(name), dict):
                payload = inner
        names = ("signal_id", "order_id", "condition_id", "token_id", "snapshot_id")
        return next((str(payload[name]) for name in names if payload.get(name)), "")

    @property
    def words(self) -> str:
        """What happened, in a few words."""
        answers = [_word(decode(line)) for line in self.lines[1:]] if len(self.lines) > 1 else []
        return " + ".join(filter(None, [_word(decode(self.lines[0])), *answers])) or "nothing"


def read_steps(path: Path) -> Iterator[Step]:
    """The steps of a journal segment, in order. Raises: InputFileError naming the line that cannot be read."""
    return steps_in(read_lines(path))


def segment_of(folder: Path) -> Path | None:
    """The segment of a backtest's journal folder, None when there is none."""
    return next(iter(sorted(folder.glob("events-*.jsonl"))), None) if folder.is_dir() else None


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a journal segment. Raises: InputFileError naming the one that cannot be read."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, start=1):
                try:
                    line = json.loads(text)
                    line["seq"], line["type"], line["payload"]
                except (ValueError, KeyError, TypeError) as error:
                    raise InputFileError(f"{path} line {number} is no journal event: {error}") from None
                yield line
    except OSError as error:
        raise InputFileError(f"{path} cannot be read as a journal: {error}") from error


def steps_in(lines: Iterable[Line]) -> Iterator[Step]:
    """Lines put together to steps: an observation is caused by nothing, its answers by it."""
    current: list[Line] = []
    for line in lines:
        if line.get("caused_by") is None and current:
            yield Step(at=current[0]["observed_at"], lines=tuple(current))
            current = []
        current.append(line)
    if current:
        yield Step(at=current[0]["observed_at"], lines=tuple(current))


def decoded(step: Step) -> tuple[JournalEvent, ...]:
    """The events of a step. Raises: InputFileError when this code does not know one."""
    try:
        return step.events
    except CodecError as error:
        raise InputFileError(f"event {step.lines[0]['seq']} of the journal: {error}") from None


def _word(event: JournalEvent) -> str:
    match event:
        case LeaderFillObserved():
            return ""
        case SignalCopied():
            order = event.order
            return f"copied {order.size / 1e6:g} at {order.limit:g}"
        case SignalRejected():
            return event.reason.value
        case ExitDecided():
            return f"exit {event.reason.value} {event.order.size / 1e6:g} at {event.order.limit:g}"
        case OrderFilled():
            return f"filled {event.fill.size / 1e6:g} at {event.fill.price:g}"
        case _:
            return type(event).__name__
