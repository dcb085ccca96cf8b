"""Keeps the status on the screen until Ctrl-C, also while no runner runs or none has run yet."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import typer
from rich.console import Console, RenderableType
from rich.live import Live

from copytrade_live.commands.status import status_facts
from copytrade_live.errors import StateError
from copytrade_live.runtime_file import read_runtime
from copytrade_live.settings import Home, load_config
from copytrade_live.status_screen import screen, trouble
from copytrade_live.store.views import read_decisions, read_view


def watch_status(home: Home, config: Path | None, every: float) -> None:
    """Show it and look again every so many seconds. Raises: ConfigError, BadParameter without a terminal."""
    if not sys.stdout.isatty():
        raise typer.BadParameter("--watch needs a terminal; programs ask: copytrade status --json")
    loaded, console = load_config(config, home), Console()
    is_checked = False

    def look() -> RenderableType:
        nonlocal is_checked
        width, height = console.size
        try:
            view = read_view(home.state, is_checked=is_checked)
            # A check reads all of the file: once is enough.
            is_checked = True
            facts = status_facts(view, read_runtime(home.state), loaded)
            decisions = read_decisions(home.state, height, is_checked=True)
        except StateError as error:
            return trouble(str(error), width)
        return screen(facts, decisions, width=width, height=height)

    with _interrupt() as is_over, Live(look(), console=console, screen=True, auto_refresh=False) as live:
        while not is_over.wait(every):
            live.update(look(), refresh=True)


@contextmanager
def _interrupt() -> Iterator[Event]:
    """What Ctrl-C sets. Raised as an exception it is lost where Python lets none through, as in a finaliser."""
    is_over = Event()
    before = signal.signal(signal.SIGINT, lambda number, frame: is_over.set())
    try:
        yield is_over
    finally:
        signal.signal(signal.SIGINT, before)
