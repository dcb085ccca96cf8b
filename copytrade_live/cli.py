"""The one command `copytrade`: live verbs here, pipeline verbs attached through an entry point when one is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Annotated

import typer

from copytrade_live import __version__
from copytrade_live.commands import (
    backups,
    control,
    dagster_door,
    dashboard,
    demonstrate,
    export,
    keys,
    notify,
    observe,
    setup,
    simulate,
    stack,
    status,
    trade,
    traders,
    what_if,
    why,
)
from copytrade_live.errors import CopytradeError
from copytrade_live.redaction import PROCESS, mask_tracebacks
from copytrade_live.stray_secrets import check_arguments
from copytrade_live.supervise import ProcessDied

ENTRY_POINTS = "copytrade.commands"
FAILED = 1

LIVE_VERBS = (
    demonstrate.app,
    stack.app,
    setup.app,
    keys.app,
    trade.app,
    status.app,
    observe.app,
    traders.app,
    why.app,
    what_if.app,
    export.app,
    control.app,
    backups.app,
    dashboard.app,
    simulate.app,
    dagster_door.app,
    notify.app,
)


def main() -> None:
    """Run the command line. Exit codes: 0 ok, 1 failed, 2 usage, 3 difference found."""
    try:
        check_arguments(sys.argv[1:])
        build_app(sys.argv[1:])()
    except ProcessDied as error:
        _complain(error)
        sys.exit(error.exit_code)
    except CopytradeError as error:
        _complain(error)
        sys.exit(FAILED)
    finally:
        # Typer has put its own hook in place by now.
        mask_tracebacks()


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """The command with the verbs that these arguments need.

    What other packages bring is left out when a verb of this half is called: that one starts without them.
    """
    app = typer.Typer(
        name="copytrade",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(copytrade)
    for verbs in LIVE_VERBS:
        app.add_typer(verbs)
    called = next((word for word in arguments if not word.startswith("-")), None)
    if called not in live_names():
        for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
            app.add_typer(entry.load())
    return app


def live_names() -> set[str]:
    """The verbs of this half."""
    commands = [command for verbs in LIVE_VERBS for command in verbs.registered_commands]
    groups = {str(group.name) for verbs in LIVE_VERBS for group in verbs.registered_groups}
    return groups | {str(command.name or getattr(command.callback, "__name__", "")) for command in commands}


def copytrade(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda asked: _print_version(asked), is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Copy skilled Polymarket traders, only while score, book, clock and risk limits agree."""


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"copytrade {__version__}")
        raise typer.Exit


def _complain(error: CopytradeError) -> None:
    for line in str(error).splitlines():
        print(f"copytrade: {PROCESS.redact(line)}", file=sys.stderr)
