"""Verbs that tell a runner something: halt, resume, cutoff, uncutoff, mode, close, reload.

A command is left in the state database of each mode it concerns; the runner there takes it within a second.
"""

from __future__ import annotations

import getpass
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_live.commands.options import LiveOption

if TYPE_CHECKING:
    from copytrade_live.core.events import Verb
    from copytrade_live.settings import Home

app = typer.Typer()
PANEL = "Telling a runner"
# A runner takes commands within a second of its own clock.
PATIENCE_SECONDS = 3.0
_LOOK_SECONDS = 0.1
ALL = "all"

WalletArgument = Annotated[str, typer.Argument(metavar="WALLET", help="0x and 40 hex digits.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is journaled.")]


class ModeChoice(StrEnum):
    """What to do about the mode."""

    PAPER = "paper"
    LIVE = "live"
    SHOW = "show"


@app.command(rich_help_panel=PANEL)
def halt(
    stop: Annotated[
        bool, typer.Option("--stop", help="Exits too: nothing is posted any more, only cancels go.")
    ] = False,
    reason: ReasonOption = "",
) -> None:
    """Make no new entries until resume, on paper and live; exits go on unless --stop."""
    from copytrade_live.core.events import Verb

    _tell(Verb.STOP if stop else Verb.HALT, note=reason)


@app.command(rich_help_panel=PANEL)
def resume(reason: ReasonOption = "") -> None:
    """Allow entries again after a halt."""
    from copytrade_live.core.events import Verb

    _tell(Verb.RESUME, note=reason)


@app.command(rich_help_panel=PANEL)
def cutoff(wallet: WalletArgument, reason: ReasonOption = "") -> None:
    """Copy nothing more from a leader; its positions are still left in order."""
    from copytrade_live.core.events import Verb

    _tell(Verb.CUTOFF, note=reason, wallet=_wallet(wallet))


@app.command(rich_help_panel=PANEL)
def uncutoff(wallet: WalletArgument, reason: ReasonOption = "") -> None:
    """Copy a leader again after a cutoff."""
    from copytrade_live.core.events import Verb

    _tell(Verb.UNCUTOFF, note=reason, wallet=_wallet(wallet))


@app.command(rich_help_panel=PANEL)
def mode(
    choice: Annotated[
        ModeChoice, typer.Argument(help="paper: live trading only leaves what it holds; live: it trades.")
    ],
    reason: ReasonOption = "",
) -> None:
    """Switch live trading to paper and back while it runs; never above safety.dry_run of the config file."""
    from copytrade_live.core.events import Verb
    from copytrade_live.errors import ConfigError
    from copytrade_live.settings import home_from_environment, load_config

    home = home_from_environment()
    is_paper_only = load_config(None, home).safety.dry_run
    if choice is ModeChoice.SHOW:
        _show_mode(home, is_paper_only=is_paper_only)
        return
    if choice is ModeChoice.LIVE and is_paper_only:
        raise ConfigError(
            "safety.dry_run is true in the config file: nothing at runtime may trade real money; "
            "set it to false there and start the runner with --live"
        )
    if not home.live().state.exists():
        raise ConfigError(
            "live trading never ran in this home, so there is nothing to switch; start it: copytrade run --live"
        )
    _leave(home.live(), Verb.MODE, note=reason, argument=choice.value)


@app.command(rich_help_panel=PANEL)
def close(
    position: Annotated[
        str, typer.Argument(metavar="TOKEN", help="A position's token id or its first digits, or 'all'.")
    ],
    live: LiveOption = False,
    reason: ReasonOption = "",
) -> None:
    """Sell a position, whatever its exit policy says; the leader's next trades are still followed."""
    from copytrade_live.commands.options import chosen_home
    from copytrade_live.core.events import Verb
    from copytrade_live.errors import InputFileError
    from copytrade_live.store.views import read_view

    home = chosen_home(live)
    held = sorted(read_view(home.state).state.portfolio.positions)
    found = held if position == ALL else [one for one in held if one.startswith(position)]
    if not found or (position != ALL and len(found) > 1):
        what = "no position" if not found else "more than one position"
        raise InputFileError(f"{what} matches {position!r}; copytrade positions --json lists their token ids")
    for token_id in found:
        _leave(home, Verb.CLOSE_POSITION, note=reason, argument=token_id)


@app.command("reload", rich_help_panel=PANEL)
def reload_config() -> None:
    """Have the runner read its config file again; what cannot change while it runs is named."""
    from copytrade_live.core.events import Verb
    from copytrade_live.settings import home_from_environment, load_config

    load_config(None, home_from_environment())
    _tell(Verb.RELOAD, note="")
    print("what changed, and what waits for a restart: copytrade status")


def _show_mode(home: Home, *, is_paper_only: bool) -> None:
    from copytrade_live.output import print_facts
    from copytrade_live.store.views import read_view

    told: str | None = None
    if home.live().state.exists():
        standing = read_view(home.live().state).state.standing
        told = "live" if standing.mode is None else standing.mode.value
    print_facts("mode", {"ceiling": "paper" if is_paper_only else "live", "live trading": told or "never ran"})


def _wallet(text: str) -> str:
    import re

    wallet = text.lower()
    if not re.fullmatch(r"0x[0-9a-f]{40}", wallet):
        raise typer.BadParameter(f"a wallet is 0x and 40 hex digits, was {text!r}")
    return wallet


def _tell(verb: Verb, *, note: str, wallet: str | None = None) -> None:
    """Tell the runners of both modes, those that ever ran."""
    from copytrade_live.settings import home_from_environment

    for one in home_from_environment().concerned():
        _leave(one, verb, note=note, wallet=wallet)


def _leave(home: Home, verb: Verb, *, note: str, wallet: str | None = None, argument: str = "") -> None:
    from copytrade_live.clock import SystemClock
    from copytrade_live.output import short_id
    from copytrade_live.store import commands

    state = home.state
    asked_at, by = SystemClock().now(), getpass.getuser()
    command_id = commands.ask(state, verb, by=by, asked_at=asked_at, note=note, wallet=wallet, argument=argument)
    about = wallet or short_id(argument)
    subject = " ".join(filter(None, ("live" if home.is_live else "paper", verb.value, about)))
    for _ in range(round(PATIENCE_SECONDS / _LOOK_SECONDS)):
        seq = commands.taken_seq(state, command_id)
        if seq is not None:
            print(f"{subject}: taken by the runner, journal event {seq}")
            return
        time.sleep(_LOOK_SECONDS)
    print(f"{subject}: left for the runner ({command_id}); none took it yet, the next one to start will")
