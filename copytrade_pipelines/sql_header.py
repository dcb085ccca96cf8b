"""Reads the comment at the head of a SQL model: its grain, its as-of column and its column contract."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from copytrade_live.errors import SqlModelError

NO_AS_OF = "none"
GRAIN_OPENING = "one row per "

_COLUMN = re.compile(r"(?P<name>\w+)\s+(?P<type>.+?)(?P<rules>(?:\s+(?:not_null|unique|accepted\([^)]*\)))*)")
_ACCEPTED = re.compile(r"accepted\(([^)]*)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column a model promises. Shape: accepted is empty when any value will do."""

    name: str
    type: str
    meaning: str
    is_not_null: bool = False
    is_unique: bool = False
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What the head of a model promises. as_of is None where a row has no time of its own.

    changes names the column whose number grows whenever a row is written or changed, None where there is none.
    """

    description: str
    grain: str
    as_of: str | None
    changes: str | None
    is_blocking: bool
    columns: tuple[Column, ...]
    keys: tuple[tuple[str, ...], ...]


def parse_header(text: str, path: Path) -> Contract:
    """Read the leading comment lines of a model. Raises: SqlModelError naming the file, the line and the fix."""
    lines = leading_comment(text)
    prose = tuple(line for line in lines if not _LABEL.match(line))
    columns = tuple(_column(value, path) for value in _labelled(lines, "column"))
    if not prose:
        raise SqlModelError(f"{path}: no description; open the file with '-- what this model is for.'")
    if not columns:
        raise SqlModelError(f"{path}: no columns declared; add '-- column: name type [not_null] -- meaning' lines")
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise SqlModelError(f"{path}: column {name} is declared twice; keep one '-- column:' line")
    keys = tuple(_key(value, names, path) for value in _labelled(lines, "unique"))
    return Contract(
        description=" ".join(prose),
        grain=_grain(lines, path),
        as_of=_as_of(lines, names, path),
        changes=_changes(lines, names, path),
        is_blocking=_is_blocking(lines, path),
        columns=columns,
        keys=(*((column.name,) for column in columns if column.is_unique), *keys),
    )


def leading_comment(text: str) -> tuple[str, ...]:
    """The comment lines a file opens with, without their dashes."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return tuple(line for line in lines if line)


def is_blocking_comment(text: str, path: Path) -> bool:
    """Whether the leading comment says 'checks: blocking'."""
    return _is_blocking(leading_comment(text), path)


def prose_of(text: str) -> str:
    """The leading comment without its labelled lines."""
    return " ".join(line for line in leading_comment(text) if not _LABEL.match(line))


_LABEL = re.compile(r"(column|grain|as of|changes|checks|unique):")


def _labelled(lines: tuple[str, ...], label: str) -> list[str]:
    return [line.removeprefix(f"{label}:").strip() for line in lines if line.startswith(f"{label}:")]


def _column(value: str, path: Path) -> Column:
    head, _, meaning = value.partition(" -- ")
    match = _COLUMN.fullmatch(head.strip())
    if match is None or not meaning.strip():
        raise SqlModelError(
            f"{path}: column line was '{value}'; write it as "
            "'-- column: name type [not_null] [unique] [accepted(a,b)] -- meaning'"
        )
    rules = match["rules"]
    accepted = _ACCEPTED.search(rules)
    words = _ACCEPTED.sub("", rules).split()
    return Column(
        name=match["name"],
        type=_type(match["type"], match["name"], path),
        meaning=meaning.strip(),
        is_not_null="not_null" in words,
        is_unique="unique" in words,
        accepted=tuple(word.strip() for word in accepted[1].split(",")) if accepted else (),
    )


def _type(declared: str, column: str, path: Path) -> str:
    # DuckDB's own parser settles aliases, so that text and varchar are one type.
    try:
        return str(duckdb.sqltype(declared))
    except duckdb.Error as error:
        raise SqlModelError(
            f"{path}: column {column} has type '{declared}', which DuckDB does not know ({error}); "
            "write a type as DESCRIBE prints it, such as varchar, double, bigint, boolean, timestamp"
        ) from error


def _grain(lines: tuple[str, ...], path: Path) -> str:
    grains = _labelled(lines, "grain")
    if len(grains) != 1 or not grains[0].startswith(GRAIN_OPENING):
        raise SqlModelError(f"{path}: grain was {grains}; add one line '-- grain: one row per ...'")
    return grains[0]


def _as_of(lines: tuple[str, ...], names: list[str], path: Path) -> str | None:
    columns = _labelled(lines, "as of")
    if len(columns) != 1 or columns[0] not in (*names, NO_AS_OF):
        raise SqlModelError(
            f"{path}: as of was {columns}; add one line '-- as of: <a declared column>', or '-- as of: {NO_AS_OF}'"
        )
    return None if columns[0] == NO_AS_OF else columns[0]


def _changes(lines: tuple[str, ...], names: list[str], path: Path) -> str | None:
    columns = _labelled(lines, "changes")
    if not columns:
        return None
    if len(columns) != 1 or columns[0] not in names:
        raise SqlModelError(
            f"{path}: changes was {columns}; name the one declared column whose number grows with every change of a row"
        )
    return columns[0]


def _is_blocking(lines: tuple[str, ...], path: Path) -> bool:
    values = _labelled(lines, "checks")
    if values not in ([], ["blocking"]):
        raise SqlModelError(f"{path}: checks was {values}; write '-- checks: blocking' or leave the line out")
    return bool(values)


def _key(value: str, names: list[str], path: Path) -> tuple[str, ...]:
    key = tuple(part.strip() for part in value.split(","))
    missing = [part for part in key if part not in names]
    if missing:
        raise SqlModelError(f"{path}: unique names undeclared columns {missing}; declare them or mend '-- unique:'")
    return key
