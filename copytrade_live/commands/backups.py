"""Verbs against the loss of the journal: backup, restore."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from copytrade_live.commands.options import JsonOption, LiveOption, chosen_home

app = typer.Typer()
PANEL = "Setting up"


@app.command(rich_help_panel=PANEL)
def backup(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Where to; default: backups beside the state, better another disk."),
    ] = None,
    keep: Annotated[int, typer.Option(min=1, help="How many copies stay in the folder, the newest ones.")] = 14,
    live: LiveOption = False,
    as_json: JsonOption = False,
) -> None:
    """Copy the state database, while its runner runs; the copy holds signed orders, and no key."""
    from copytrade_live.clock import SystemClock
    from copytrade_live.output import counted, print_json, time_text
    from copytrade_live.store.backup import back_up, forget_old

    home = chosen_home(live)
    chosen = folder or home.backups
    with _shown("copying", "bytes") as told:
        made = back_up(home.state, chosen, SystemClock().now(), told)
    gone = forget_old(chosen, made.mode, keep)
    if as_json:
        print_json(
            {
                "path": str(made.path),
                "mode": made.mode,
                "last_seq": made.last_seq,
                "observed_at": made.observed_at,
                "bytes": made.size,
                "removed": [str(path) for path in gone],
            }
        )
        return
    print(f"wrote {made.path}: {counted(made.last_seq, 'event')}, the last of {time_text(made.observed_at) or 'never'}")
    if gone:
        print(f"removed the oldest: {', '.join(path.name for path in gone)}")


@app.command(rich_help_panel=PANEL)
def restore(
    backup: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A copy that backup made; default: the exported journal alone."),
    ] = None,
    live: LiveOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make the state database again from a backup and the exported journal; what is there is set aside.

    The runner must not run meanwhile; the dashboard and the messages notice by themselves.
    """
    from copytrade_live.clock import SystemClock
    from copytrade_live.output import counted, print_json, time_text
    from copytrade_live.store.decision_log import cut_after
    from copytrade_live.store.restoring import restore as make_again

    home = chosen_home(live)
    with _shown("reading the exported journal", "events") as told:
        done = make_again(
            home.state, home.export, "live" if live else "paper", SystemClock().now(), backup=backup, told=told
        )
    # What the journal no longer knows would keep the decisions that take its place out of the log.
    cut_after(home.decisions, done.last_seq)
    if as_json:
        print_json(
            {
                "from_backup": done.from_backup,
                "from_export": done.from_export,
                "last_seq": done.last_seq,
                "observed_at": done.observed_at,
                "set_aside": str(done.set_aside) if done.set_aside else None,
            }
        )
        return
    print(
        f"restored {home.state}: {counted(done.from_backup, 'event')} of the backup, "
        f"{done.from_export:,} of the export, the last of {time_text(done.observed_at) or 'never'}"
    )
    if done.set_aside:
        print(f"what was there is now {done.set_aside}")
    print(
        "next: copytrade run; entries stay off until the venue's account agrees with it"
        if live
        else "next: copytrade run"
    )


@contextmanager
def _shown(doing: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda done, whole: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(f"{doing}, {unit}"), BarColumn(), TextColumn("{task.percentage:.0f}%"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, whole: bar.update(task, completed=min(done, whole), total=whole)
