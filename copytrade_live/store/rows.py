"""A journal row, and its one spelling as a line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from copytrade_live.core.codec import VERSION, CodecError, decode, dumps, payload_text
from copytrade_live.core.events import JournalEvent
from copytrade_live.core.market import Instant
from copytrade_live.errors import InputFileError

_FIELDS = ("seq", "run_id", "type", "version", "caused_by", "event_at", "observed_at", "payload")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One event as the journal keeps it. caused_by is the seq of the observation a fact answers.

    Shape: payload is JSON text with sorted keys and no spaces, what core/codec.py makes of the event.
    """

    seq: int
    run_id: str
    type: str
    version: int
    caused_by: int | None
    event_at: Instant
    observed_at: Instant
    payload: str

    @property
    def event(self) -> JournalEvent:
        """The event this row holds. Raises: InputFileError when this version cannot read it."""
        content = {name: getattr(self, name) for name in ("type", "version", "event_at", "observed_at")}
        try:
            return decode(content | {"payload": json.loads(self.payload)})
        except CodecError as error:
            raise InputFileError(
                f"journal event {self.seq} cannot be read: {error}; was it written by another version?"
            ) from error


def to_row(event: JournalEvent, *, seq: int, run_id: str, caused_by: int | None) -> JournalRow:
    """The row that keeps an event."""
    return JournalRow(
        seq=seq,
        run_id=run_id,
        type=type(event).__name__,
        version=VERSION,
        caused_by=caused_by,
        event_at=event.event_at,
        observed_at=event.observed_at,
        payload=payload_text(event),
    )


def to_line(row: JournalRow) -> bytes:
    """One line of an exported segment, newline included."""
    content = {name: getattr(row, name) for name in _FIELDS} | {"payload": json.loads(row.payload)}
    return dumps(content).encode() + b"\n"


def from_line(line: str, *, origin: str) -> JournalRow:
    """Read a line of a segment; origin names the file and line. Raises: InputFileError."""
    try:
        content = json.loads(line)
    except ValueError as error:
        raise InputFileError(f"{origin} is not a whole JSON object ({error}); was the file cut off?") from error
    if not isinstance(content, Mapping) or set(content) != set(_FIELDS):
        raise InputFileError(f"{origin} is not a journal line; it needs exactly the keys {', '.join(_FIELDS)}")
    return JournalRow(
        seq=_whole(content["seq"], origin),
        run_id=str(content["run_id"]),
        type=str(content["type"]),
        version=_whole(content["version"], origin),
        caused_by=None if content["caused_by"] is None else _whole(content["caused_by"], origin),
        event_at=_whole(content["event_at"], origin),
        observed_at=_whole(content["observed_at"], origin),
        payload=dumps(content["payload"]),
    )


def _whole(value: object, origin: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputFileError(f"{origin} holds {value!r} where a whole number belongs")
    return value
