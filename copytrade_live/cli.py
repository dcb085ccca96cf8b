"""The one command `copytrade`: live verbs here, pipeline verbs attached through an entry point when one is called."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import Annotated

import typer

from copytrade_live import __version__
from copytrade_live.commands import control, demonstrate, observe, setup, stack, trade
from copytrade_live.errors import CopytradeError
from copytrade_live.supervise import ProcessDied

ENTRY_POINTS = "copytrade.commands"
FAILED, DIFFERS = 1, 3

app = typer.Typer(
    name="copytrade",
    help="Copy skilled Polymarket traders, only while score, book, clock and risk limits agree.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verbs in (demonstrate.app, stack.app, setup.app, trade.app, observe.app, control.app):
    app.add_typer(verbs)


def main() -> None:
    """Run the command line. Exit codes: 0 ok, 1 failed, 2 usage, 3 difference found."""
    attach_verbs(app, sys.argv[1:])
    try:
        app()
    except ProcessDied as error:
        _complain(error)
        sys.exit(error.exit_code)
    except CopytradeError as error:
        _complain(error)
        sys.exit(FAILED)


def attach_verbs(to: typer.Typer, arguments: list[str]) -> None:
    """Add the verbs other packages bring, unless a verb of this half is called: that one starts without them."""
    called = next((word for word in arguments if not word.startswith("-")), None)
    if called in live_verbs():
        return
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        to.add_typer(entry.load())


def live_verbs() -> set[str]:
    """The verbs of the live half."""
    groups = (demonstrate.app, stack.app, setup.app, trade.app, observe.app, control.app)
    return {str(command.name) for group in groups for command in group.registered_commands}


def _complain(error: CopytradeError) -> None:
    for line in str(error).splitlines():
        print(f"copytrade: {line}", file=sys.stderr)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"copytrade {__version__}")
        raise typer.Exit


@app.callback()
def copytrade(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Copy skilled Polymarket traders, only while score, book, clock and risk limits agree."""
