"""Events to JSON and back: the only serialiser, driven by the types themselves."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from copytrade_live.core import events
from copytrade_live.core.encoders import record_converter
from copytrade_live.core.events import JournalEvent
from copytrade_live.core.record_text import record_text

VERSION = 2
# Version 1 lacks fields that have defaults, and events that did not exist; what it has means the same.
READABLE = (1, VERSION)
EVENT_TYPES: Mapping[str, type] = {
    kind.__name__: kind for kind in (*get_args(events.Observation), *get_args(events.Fact))
}
TIMES = ("event_at", "observed_at")
_TIMES = frozenset(TIMES)
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
# Every line names its run.
_quoted = lru_cache(maxsize=64)(encode_basestring_ascii)
T = TypeVar("T")


class CodecError(ValueError):
    """A journal line does not hold an event this version knows."""


def encode(event: JournalEvent) -> dict[str, Any]:
    """An event as plain JSON values: type, version, both times and the payload."""
    payload = {item.name: plain(getattr(event, item.name)) for item in fields(event) if item.name not in TIMES}
    return {
        "type": type(event).__name__,
        "version": VERSION,
        "event_at": event.event_at,
        "observed_at": event.observed_at,
        "payload": payload,
    }


def payload_text(event: JournalEvent) -> str:
    """The payload of encode as canonical JSON: the same bytes as dumps gives, several times faster."""
    kind: Any = event.__class__
    try:
        return record_text(kind, _TIMES)(event)
    except TypeError:
        # A whole number where the type says float, or a type without a text of its own.
        return _CANONICAL.encode(record_converter(kind, _TIMES)(event))


def line_text(event: JournalEvent, *, seq: int, run_id: str, caused_by: int | None) -> str:
    """One line of a journal as canonical JSON, without its end."""
    return (
        f'{{"caused_by":{"null" if caused_by is None else caused_by},"event_at":{event.event_at},'
        f'"observed_at":{event.observed_at},"payload":{payload_text(event)},"run_id":{_quoted(run_id)},'
        f'"seq":{seq},"type":"{event.__class__.__name__}","version":{VERSION}}}'
    )


def decode(line: Mapping[str, Any]) -> JournalEvent:
    """The event a mapping stands for. Raises: CodecError naming the type or field that does not fit."""
    try:
        kind = EVENT_TYPES[line["type"]]
        version = line["version"]
    except KeyError as error:
        raise CodecError(f"no event type or version this code knows: {error}") from None
    if version not in READABLE:
        raise CodecError(f"{line['type']} has version {version}, this code reads versions up to {VERSION}")
    values = {**line["payload"], "event_at": line["event_at"], "observed_at": line["observed_at"]}
    event: JournalEvent = _reader(kind)(values)
    return event


def read_as(kind: type[T], value: object) -> T:
    """A value of a type from plain JSON values. Raises: CodecError naming the type or field that does not fit."""
    read: Callable[[Any], T] = _reader(cast(Any, kind))
    return read(value)


def dumps(value: object) -> str:
    """Canonical JSON: sorted keys, no spaces, no NaN; equal values give equal bytes."""
    return _CANONICAL.encode(value)


def plain(value: Any) -> Any:
    """A value as what JSON knows."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | frozenset):
        return [plain(item) for item in value]
    return value


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional_reader(kind)
    if origin is tuple:
        return _tuple_reader(get_args(kind))
    if origin in (dict, Mapping):
        name, read = (_reader(part) for part in get_args(kind))
        return lambda value: {name(key): read(item) for key, item in value.items()}
    if origin is frozenset:
        member = _reader(get_args(kind)[0])
        return lambda value: frozenset(member(item) for item in value)
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind is float:
        return float
    return lambda value: value


def _optional_reader(kind: Any) -> Callable[[Any], Any]:
    (inner,) = (option for option in get_args(kind) if option is not type(None))
    read = _reader(inner)
    return lambda value: None if value is None else read(value)


def _tuple_reader(items: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(items) == 2 and items[1] is Ellipsis:
        read = _reader(items[0])
        return lambda value: tuple(read(item) for item in value)
    readers = [_reader(item) for item in items]
    return lambda value: tuple(read(item) for read, item in zip(readers, value, strict=True))


def _dataclass_reader(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers = {item.name: _reader(hints[item.name]) for item in fields(kind)}
    optional = {item.name for item in fields(kind) if item.default is not MISSING}

    def read(value: Any) -> Any:
        try:
            return kind(
                **{
                    name: reader(value[name])
                    for name, reader in readers.items()
                    if name in value or name not in optional
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CodecError(f"{kind.__name__} cannot be read: {error!r}") from None

    return read
