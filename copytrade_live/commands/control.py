"""Verbs that tell a runner something: halt, resume, cutoff, uncutoff."""

from __future__ import annotations

import getpass
import time
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from copytrade_live.core.events import Verb

app = typer.Typer()
PANEL = "Telling a runner"
# A runner takes commands within a second of its own clock.
PATIENCE_SECONDS = 3.0
_LOOK_SECONDS = 0.1

WalletArgument = Annotated[str, typer.Argument(metavar="WALLET", help="0x and 40 hex digits.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is journaled.")]


@app.command(rich_help_panel=PANEL)
def halt(reason: ReasonOption = "") -> None:
    """Make no new entries until resume; exits go on."""
    from copytrade_live.core.events import Verb

    _ask(Verb.HALT, note=reason)


@app.command(rich_help_panel=PANEL)
def resume(reason: ReasonOption = "") -> None:
    """Allow entries again after a halt."""
    from copytrade_live.core.events import Verb

    _ask(Verb.RESUME, note=reason)


@app.command(rich_help_panel=PANEL)
def cutoff(wallet: WalletArgument, reason: ReasonOption = "") -> None:
    """Copy nothing more from a leader; its positions are still left in order."""
    from copytrade_live.core.events import Verb

    _ask(Verb.CUTOFF, note=reason, wallet=_wallet(wallet))


@app.command(rich_help_panel=PANEL)
def uncutoff(wallet: WalletArgument, reason: ReasonOption = "") -> None:
    """Copy a leader again after a cutoff."""
    from copytrade_live.core.events import Verb

    _ask(Verb.UNCUTOFF, note=reason, wallet=_wallet(wallet))


def _wallet(text: str) -> str:
    import re

    wallet = text.lower()
    if not re.fullmatch(r"0x[0-9a-f]{40}", wallet):
        raise typer.BadParameter(f"a wallet is 0x and 40 hex digits, was {text!r}")
    return wallet


def _ask(verb: Verb, *, note: str, wallet: str | None = None) -> None:
    from copytrade_live.clock import SystemClock
    from copytrade_live.settings import home_from_environment
    from copytrade_live.store import commands

    state = home_from_environment().state
    asked_at = SystemClock().now()
    command_id = commands.ask(state, verb, by=getpass.getuser(), asked_at=asked_at, note=note, wallet=wallet)
    subject = f"{verb.value} {wallet}" if wallet else verb.value
    for _ in range(round(PATIENCE_SECONDS / _LOOK_SECONDS)):
        seq = commands.taken_seq(state, command_id)
        if seq is not None:
            print(f"{subject}: taken by the runner, journal event {seq}")
            return
        time.sleep(_LOOK_SECONDS)
    print(f"{subject}: left for the runner ({command_id}); none took it yet, the next one to start will")
