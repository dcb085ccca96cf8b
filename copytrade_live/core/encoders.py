"""Events as plain JSON values, by a converter that is made once for each type.

An order does not leave before its decision is written down, so this looks at no type twice: scalars are left to the
JSON encoder (an enum of strings is a string to it), and only what holds other records is taken apart.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Union, get_args, get_origin, get_type_hints

Converter = Callable[[Any], Any]


@cache
def record_converter(kind: Any, without: frozenset[str] = frozenset()) -> Callable[[Any], dict[str, Any]]:
    """What makes a dictionary of a dataclass, in the order of its keys, some of its fields left out."""
    hints = get_type_hints(kind)
    names = sorted(item.name for item in fields(kind) if item.name not in without)
    if len(names) < 2:
        # attrgetter gives a tuple only for two names or more.
        return lambda value: {name: _converted(hints[name], getattr(value, name)) for name in names}
    get = attrgetter(*names)
    nested = [(name, convert) for name in names if (convert := _converter(hints[name])) is not None]
    if not nested:
        return lambda value: dict(zip(names, get(value), strict=True))

    def convert_all(value: Any) -> dict[str, Any]:
        plain = dict(zip(names, get(value), strict=True))
        for name, convert in nested:
            plain[name] = convert(plain[name])
        return plain

    return convert_all


def _converted(kind: Any, value: Any) -> Any:
    convert = _converter(kind)
    return value if convert is None else convert(value)


@cache
def _converter(kind: Any) -> Converter | None:
    """What makes plain values of a type's, None where they are plain already."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (option for option in get_args(kind) if option is not type(None))
        return _optional(_converter(inner))
    if origin is tuple:
        return _tuple(get_args(kind))
    if origin in (dict, Mapping):
        return _mapping(_converter(get_args(kind)[1]))
    is_record: bool = is_dataclass(kind)
    return record_converter(kind) if is_record else None


def _optional(convert: Converter | None) -> Converter | None:
    return None if convert is None else lambda value: None if value is None else convert(value)


def _tuple(items: tuple[Any, ...]) -> Converter | None:
    # Of records all the items are alike; whatever else a tuple holds is plain.
    (convert,) = {_converter(item) for item in items if item is not Ellipsis}
    return None if convert is None else lambda value: [convert(item) for item in value]


def _mapping(convert: Converter | None) -> Converter | None:
    return None if convert is None else lambda value: {key: convert(item) for key, item in value.items()}
