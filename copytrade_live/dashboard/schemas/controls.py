"""Telling the runner something, and who told it what."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from copytrade_live.dashboard.schemas.model import At, Model, Note
from copytrade_live.dashboard.schemas.session import ApiKey

Confirmation = Annotated[str, StringConstraints(max_length=100)]


class HaltNow(Model):
    """Make no new entries; with stop nothing is posted any more, exits included."""

    note: Note = ""
    stop: bool = False


class Resume(Model):
    """Allow entries again: the API key once more, and the word resume typed."""

    note: Note = ""
    confirm: Confirmation
    api_key: ApiKey


class SetMode(Model):
    """Switch live trading to paper and back: the API key once more, and the mode typed."""

    mode: Literal["paper", "live"]
    note: Note = ""
    confirm: Confirmation
    api_key: ApiKey


class LeaderNote(Model):
    """Why a leader is cut off, or no longer."""

    note: Note = ""


class Command(Model):
    """One command left for a runner. taken_seq is the journal event that answers it, None while none did.

    asked_at is of this machine's clock, taken_at of the runner's, which a sandbox lets run fast.
    """

    command_id: str
    journal: Literal["paper", "live"]
    verb: str
    wallet: str | None
    argument: str
    note: str
    by: str
    asked_at: At
    taken_seq: int | None
    taken_at: At | None


class Receipt(Model):
    """The commands that a request left, one for each journal it concerns."""

    commands: list[Command]


class Audit(Model):
    """Newest first; next_before is the before of the next page."""

    items: list[Command]
    next_before: int | None


class Controls(Model):
    """What may be switched, and how it stands. confirm_resume is the word to type."""

    mode: str
    live_mode: Literal["paper", "live"] | None
    ceiling: Literal["paper", "live"]
    has_live_journal: bool
    is_halted: bool
    is_stopped: bool
    kill_switch: bool
    halt_reason: str | None
    cut_off: list[str]
    confirm_resume: str
