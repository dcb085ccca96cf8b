"""What verbs print: rich tables on a terminal, plain aligned lines anywhere else, JSON when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

from copytrade_live.core.market import Instant
from copytrade_live.visible import visible


def print_json(content: object) -> None:
    """Print one JSON document with sorted keys."""
    print(json.dumps(content, sort_keys=True, indent=2, default=str))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their columns."""
    texts = [[cell_text(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _print_rich(title, columns, texts)
    else:
        _print_plain(title, columns, texts)


def print_facts(title: str, facts: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    print_table(title, ["", ""], facts.items())


def cell_text(value: object) -> str:
    """A value as people read it."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 10 else f"{value:,.2f}"
        case int():
            return f"{value:,}"
        case tuple() | list() | frozenset():
            return visible(", ".join(map(str, value))) or "-"
        case _:
            return visible(str(value))


def time_text(instant: Instant | None) -> str | None:
    """An instant as people read it."""
    from copytrade_live.clock import to_iso

    return None if instant is None else to_iso(instant)


def span_text(seconds: float) -> str:
    """A span of time as people read it."""
    for size, unit in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def counted(count: int, what: str) -> str:
    """So many of something."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def short_id(identifier: str) -> str:
    """The recognisable ends of a wallet, token or condition id."""
    return identifier if len(identifier) <= 14 else f"{identifier[:8]}…{identifier[-4:]}"


def _print_rich(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", show_header=any(columns))
    for column in columns:
        table.add_column(column)
    for row in rows:
        # As text: a title in square brackets is no markup.
        table.add_row(*map(Text, row))
    Console().print(table)


def _print_plain(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [list(columns), *rows] if any(columns) else list(rows)
    widths = [max((len(line[place]) for line in lines), default=0) for place in range(len(columns))]
    print(title)
    for line in lines:
        print("  " + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
