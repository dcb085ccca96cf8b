"""The verb that hands the journal to other tools: export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from copytrade_live.commands.options import LiveOption, chosen_home
from copytrade_live.export_choices import Format, Subject

app = typer.Typer()


@app.command(rich_help_panel="Looking")
def export(
    subject: Annotated[
        Subject, typer.Argument(help="What: the whole journal, decisions, fills, closed copies, or a ledger.")
    ],
    kind: Annotated[
        Format | None,
        typer.Option("--format", help="JSON lines, or CSV for spreadsheets, as a ledger is."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write; default: standard output.")
    ] = None,
    since: Annotated[
        str, typer.Option("--since", "--from", metavar="TIME", help="Only from this time on, ISO 8601, UTC.")
    ] = "",
    until: Annotated[str, typer.Option("--until", "--to", metavar="TIME", help="Only before this time.")] = "",
    live: LiveOption = False,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> None:
    """Write the journal as rows; nothing a running runner does is disturbed."""
    from copytrade_live.errors import InputFileError
    from copytrade_live.export_rows import export_rows

    kind = kind or (Format.CSV if subject is Subject.ACCOUNTING else Format.JSONL)
    lines = export_rows(
        chosen_home(live).state, subject, kind, since=_instant(since, "--since"), until=_instant(until, "--until")
    )
    if output is None:
        sys.stdout.writelines(lines)
        return
    if output.exists() and not force:
        raise InputFileError(f"{output} exists; choose another name, or write over it with --force")
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            count = sum(1 for line in lines if file.write(line))
    except OSError as error:
        raise InputFileError(f"{output} cannot be written: {error}") from error
    print(f"wrote {output}, {count:,} lines", file=sys.stderr)


def _instant(text: str, flag: str) -> int | None:
    from copytrade_live.clock import from_iso

    if not text:
        return None
    try:
        return from_iso(text)
    except ValueError:
        raise typer.BadParameter(f"{flag} is a time like 2026-03-01T12:00:00, was {text!r}") from None
