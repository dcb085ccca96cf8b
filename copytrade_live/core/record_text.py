"""Records as canonical JSON, by functions that are written out once for each type, as dataclasses write an __init__.

An order does not leave before its decision is written down, and the general encoder costs four times as much. A value
that is not of its field's type raises TypeError, and whoever asked lets the general encoder deal with it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Union, get_args, get_origin, get_type_hints

from copytrade_live.core.book_text import book_text
from copytrade_live.core.market import Book, Market
from copytrade_live.core.score import TraderScore

Text = Callable[[Any], str]

# Records that stand as they are in many events: the text of each is kept.
_REPEATED = (Market, TraderScore)
_MOST_KEPT = 4096


@cache
def record_text(kind: Any, without: frozenset[str] = frozenset()) -> Text:
    """What makes the text of a record of this type, some of its fields left out."""
    hints = get_type_hints(kind)
    names = sorted(item.name for item in fields(kind) if item.name not in without)
    known: dict[str, Any] = {f"text_{name}": _text_of(hints[name]) for name in names}
    parts = ",".join(f'"{name}":{{text_{name}(value.{name})}}' for name in names)
    exec(f"def text(value):\n return f'{{{{{parts}}}}}'", known)  # noqa: S102 - names of fields only
    text: Text = known["text"]
    return text


@cache
def _text_of(kind: Any) -> Text:
    """What makes the text of a value of this type. Raises TypeError, at once or later, where it cannot."""
    if kind in _TEXTS:
        return _TEXTS[kind]
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (_text_of(part) for part in parts if part is not type(None))
        return lambda value: "null" if value is None else inner(value)
    if origin is tuple:
        return _tuple_text(parts)
    if isinstance(kind, type) and issubclass(kind, str) and issubclass(kind, Enum):
        return quoted
    if kind in _REPEATED:
        return _kept(record_text(kind))
    is_record: bool = is_dataclass(kind)
    return record_text(kind) if is_record else _refuse


def _tuple_text(parts: tuple[Any, ...]) -> Text:
    if parts[1:] == (Ellipsis,):
        item = _text_of(parts[0])
        return lambda value: f"[{','.join([item(one) for one in value])}]"
    items = [_text_of(part) for part in parts]
    return lambda value: f"[{','.join([item(one) for item, one in zip(items, value, strict=True)])}]"


def _kept(text: Text) -> Text:
    """The same, with the texts of what was asked for last kept, by identity."""
    known: dict[int, tuple[Any, str]] = {}

    def kept(value: Any) -> str:
        found = known.get(id(value))
        if found is not None:
            return found[1]
        if len(known) >= _MOST_KEPT:
            known.clear()
        made = text(value)
        # Kept with its text, so that no other can have its identity.
        known[id(value)] = value, made
        return made

    return kept


def _float_text(value: float) -> str:
    text = float.__repr__(value)
    # Infinite or no number: neither less nothing is 0.
    if value - value != 0.0:
        raise ValueError(f"Out of range float values are not JSON compliant: {text}")
    return text


def _bool_text(value: bool) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise TypeError(f"{value!r} is neither true nor false")


def _int_text(value: int) -> str:
    # A bool is one too, and has another text.
    if value.__class__ is not int:
        raise TypeError(f"{value!r} is no whole number")
    return int.__repr__(value)


def _refuse(value: Any) -> str:
    raise TypeError(f"{type(value).__name__} has no text of its own")


_TEXTS: Mapping[Any, Text] = {
    str: quoted,
    float: _float_text,
    int: _int_text,
    bool: _bool_text,
    Book: book_text,
}
