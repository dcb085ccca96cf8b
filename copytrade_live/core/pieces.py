"""What a fold remembers as JSON text in small pieces, so that whoever writes it can pause between any two of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, cast, get_args, get_origin, get_type_hints

from copytrade_live.core.codec import plain
from copytrade_live.core.encoders import record_converter

# Values of a long row that go into one piece.
_ROW = 8
_COMPACT = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def pieces(value: Any) -> Iterator[str]:
    """The text of a value, read while it is written: hand it what nobody changes.

    The order of mappings is kept, for sums go through them in that order.
    """
    if not _is_long(value):
        yield _text(value)
    elif isinstance(value, tuple | frozenset):
        row = list(value)
        if any(map(_is_long, row)):
            yield from _items(row)
            return
        for start in range(0, len(row), _ROW):
            yield ("," if start else "[") + _text(tuple(row[start : start + _ROW]))[1:-1]
        yield "]"
    elif isinstance(value, Mapping):
        yield from _members(value.items())
    else:
        yield from _members((item.name, getattr(value, item.name)) for item in fields(value))


def shape(*kinds: type) -> dict[type, str]:
    """The types that values of some kinds are made of, each with its fields or members."""
    found: dict[type, str] = {}
    for kind in kinds:
        _look(kind, found)
    return found


def _items(row: Iterable[Any]) -> Iterator[str]:
    mark = "["
    for item in row:
        yield mark
        yield from pieces(item)
        mark = ","
    yield "]"


def _members(items: Iterable[tuple[str, Any]]) -> Iterator[str]:
    mark = "{"
    for name, item in items:
        head = f"{mark}{json.dumps(name)}:"
        if _is_long(item):
            yield head
            yield from pieces(item)
        else:
            yield head + _text(item)
        mark = ","
    yield "}" if mark == "," else "{}"


def _is_long(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value)
    if isinstance(value, tuple | frozenset):
        return len(value) > _ROW or any(map(_is_long, value))
    return is_dataclass(value) and _is_wide(cast(Any, type(value)))


def _text(value: Any) -> str:
    # Compiled for its type: a book has a hundred levels, and this is all the work of a piece.
    known = record_converter(cast(Any, type(value)))(value) if is_dataclass(value) else plain(value)
    return _COMPACT.encode(known)


@cache
def _is_wide(kind: type) -> bool:
    """Whether values of a dataclass may hold any number of things."""
    return any(_may_be_long(hint) for hint in get_type_hints(kind).values())


def _may_be_long(hint: Any) -> bool:
    origin = get_origin(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping | frozenset):
        return True
    if is_dataclass(hint) and isinstance(hint, type):
        return _is_wide(hint)
    # A row inside a thing is as long as a book is deep, not as a portfolio is wide.
    return any(_may_be_long(part) for part in get_args(hint))


def _look(hint: Any, found: dict[type, str]) -> None:
    for part in get_args(hint):
        _look(part, found)
    if not isinstance(hint, type) or hint in found:
        return
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        found[hint] = ", ".join(f"{item.name}: {hints[item.name]}" for item in fields(hint))
        for inner in hints.values():
            _look(inner, found)
    elif issubclass(hint, Enum):
        found[hint] = ", ".join(f"{one.name}={one.value}" for one in hint)
