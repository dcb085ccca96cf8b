"""Leaves commands for runners and lists who left which: the dashboard's only way to change anything."""

from __future__ import annotations

from typing import Literal

from copytrade_live.clock import Clock
from copytrade_live.core.events import Verb
from copytrade_live.dashboard.access.sessions import Session
from copytrade_live.dashboard.problems import Refused
from copytrade_live.dashboard.schemas.controls import Audit, Command
from copytrade_live.logs import logger
from copytrade_live.settings import Home
from copytrade_live.store.commands import ask, list_commands
from copytrade_live.visible import visible

_log = logger("dashboard")


def leave(
    home: Home,
    clock: Clock,
    session: Session,
    verb: Verb,
    *,
    note: str,
    wallet: str | None = None,
    argument: str = "",
) -> Command:
    """Leave one command in the journal of a home. Raises: Refused when no runner ever started there."""
    by, said, now = f"dashboard:{session.user}", visible(note), clock.now()
    if not home.state.exists():
        raise Refused(409, "no_journal", "No runner ever started here, so there is nobody to tell: copytrade run")
    command_id = ask(home.state, verb, by=by, asked_at=now, note=said, wallet=wallet, argument=argument)
    _log.info("%s left %s for %s %s%s", by, command_id, verb.value, wallet or "", argument)
    return Command(
        command_id=command_id,
        journal=journal_of(home),
        verb=verb.value,
        wallet=wallet,
        argument=argument,
        note=said,
        by=by,
        asked_at=now,
        taken_seq=None,
        taken_at=None,
    )


def audit(home: Home, before: int | None, limit: int) -> Audit:
    """Commands of both journals by when they were asked, newest first. before: milliseconds."""
    found = [
        Command(
            command_id=one.command_id,
            journal=journal_of(place),
            verb=one.verb,
            wallet=one.wallet,
            argument=one.argument,
            note=visible(one.note),
            by=visible(one.by),
            asked_at=one.asked_at,
            taken_seq=one.taken_seq,
            taken_at=one.taken_at,
        )
        for place in home.both()
        if place.state.exists()
        for one in list_commands(place.state, before, limit + 1)
    ]
    found.sort(key=lambda one: (-one.asked_at, one.journal, one.command_id))
    items = found[:limit]
    return Audit(items=items, next_before=items[-1].asked_at if len(found) > limit else None)


def journal_of(home: Home) -> Literal["paper", "live"]:
    """Which journal a home's runner writes."""
    return "live" if home.is_live else "paper"
