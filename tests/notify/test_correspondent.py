"""A journal is told of over real sockets: grouped, masked, in words, and never twice."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.core.events import HaltTripped, OperatorCommanded, TimerFired, Verb
from copytrade_live.core.market import DAY, HOUR, SECOND
from copytrade_live.core.reasons import HaltReason
from copytrade_live.errors import StateError
from copytrade_live.notify import correspondent as module
from copytrade_live.notify.channel import Channel
from copytrade_live.notify.correspondent import Correspondent, folder_of
from copytrade_live.notify.place import Place, PlaceFile
from copytrade_live.redaction import MASK, Redactor
from copytrade_live.secret import Secret
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_live.store.journal import Journal
from tests import builders
from tests.builders import NOW, WALLET, at
from tests.cli.journals import write_journal
from tests.notify.receiver import Receiver, receiving
from tests.predecessor.test_defects import CONFIG, losing_run

OPENING = builders.opening()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


class Desk:
    """A home, somebody who is told, and a clock that stands still."""

    def __init__(self, home: Home, receiver: Receiver, **settings: Any) -> None:
        self.home, self.clock = home, ManualClock(NOW)
        self.config = CopytradeConfig.model_validate({"notifications": settings})
        self.channel = Channel([Secret(receiver.url)])
        self.begins()

    def begins(self) -> Correspondent:
        self.told = Correspondent(self.home, self.config, self.channel, self.clock)
        return self.told

    def looks(self, *, after: float = 31.0) -> None:
        """Look, let the time of grouping pass, and look again."""
        self.told.look()
        self.clock.set(self.clock.now() + round(after * SECOND))
        self.told.look()


def desk(receiver: Receiver, **settings: Any) -> Desk:
    home = Home(Path(os.environ["COPYTRADE_HOME"]))
    write_journal(home.state, OPENING, CONFIG)
    made = Desk(home, receiver, **settings)
    made.told.look()
    return made


def goes_on(home: Home, *observations: Any) -> None:
    """Let the runner write more; the journal's rows before stay."""
    home.state.unlink()
    write_journal(home.state, [*OPENING, *observations], CONFIG)


def test_a_copy_and_its_end_are_one_message_in_words_without_the_leader(receiver: Receiver) -> None:
    made = desk(receiver)
    assert receiver.came == []
    goes_on(made.home, *losing_run()[len(OPENING) :])
    made.looks()
    [text] = receiver.texts
    assert text.startswith("copytrade: copies and ")
    assert "a leader BUY Yes at 0.5" in text
    assert "PnL -" in text
    assert WALLET[:8] not in text
    assert receiver.came[0]["type"] == "info"


def test_nothing_is_told_twice_however_often_it_starts(receiver: Receiver) -> None:
    made = desk(receiver)
    goes_on(made.home, *losing_run()[len(OPENING) :])
    made.looks()
    for _ in range(3):
        made.begins()
        made.looks()
    assert len(receiver.came) == 1


def test_a_journal_that_was_restored_to_less_is_told_on_from_there(receiver: Receiver) -> None:
    made = desk(receiver)
    goes_on(made.home, *losing_run()[len(OPENING) :])
    made.looks()
    assert len(receiver.came) == 1
    goes_on(made.home)
    made.told.look()
    # Also by one that starts then.
    made.begins()
    goes_on(made.home, OperatorCommanded(**at(NOW), command_id="c", verb=Verb.HALT, by="me"))
    made.looks()
    [_, text] = receiver.texts
    assert "halt" in text.lower()


def test_what_waits_when_it_is_killed_is_told_by_the_next_and_a_message_on_its_way_is_not(receiver: Receiver) -> None:
    made = desk(receiver)
    goes_on(made.home, *losing_run()[len(OPENING) :])
    made.told.look()
    made.begins()
    made.looks()
    assert len(receiver.came) == 1
    places = PlaceFile(folder_of(made.home) / "place.json")
    place = places.read()
    assert place is not None
    places.write(Place(told=place.told, sending=3))
    made.begins()
    made.looks()
    assert "may not have arrived" in receiver.texts[1]
    assert len(receiver.came) == 2


def test_a_halt_waits_for_nobody_and_says_why(receiver: Receiver) -> None:
    made = desk(receiver, group_seconds=3600, quiet_from_hour=0, quiet_until_hour=23)
    halt = OperatorCommanded(**at(NOW), command_id="c", verb=Verb.HALT, by="me", note="lunch")
    goes_on(made.home, halt)
    made.told.look()
    assert receiver.came == []
    with Journal.open(made.home.state, "paper") as journal:
        tripped = HaltTripped(**at(NOW), reason=HaltReason.WEEKLY_DRAWDOWN, measured=0.31, limit=0.3)
        journal.append("run-1", [tripped])
    made.told.look()
    [text] = receiver.texts
    assert "halts and 1 more" in text
    assert "weekly_drawdown" in text
    assert "halt by me lunch" in text
    assert receiver.came[0]["type"] == "failure"


def test_only_the_kinds_that_are_asked_for_are_told_and_leaders_named_on_request(receiver: Receiver) -> None:
    made = desk(receiver, kinds=["copies"], name_leaders=True)
    goes_on(made.home, *losing_run()[len(OPENING) :])
    made.looks()
    [text] = receiver.texts
    assert text.startswith("copytrade: copies\n")
    assert f"{WALLET[:8]}…" in text


def test_an_address_that_refuses_is_asked_again_and_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE_SECONDS", 0.01)
    made = desk(receiver)
    receiver.refusals = 2
    goes_on(made.home, *losing_run()[len(OPENING) :])
    made.looks()
    assert len(receiver.came) == 1
    receiver.refusals = 9
    halt = OperatorCommanded(**at(NOW + HOUR), command_id="c", verb=Verb.HALT, by="me")
    goes_on(made.home, *losing_run()[len(OPENING) :], halt)
    made.looks()
    receiver.refusals = 0
    made.looks()
    assert len(receiver.came) == 1


def test_the_day_that_is_over_is_told_once_with_its_chart(receiver: Receiver) -> None:
    made = desk(receiver, kinds=["daily"])
    later = TimerFired(**at(NOW + DAY))
    goes_on(made.home, *losing_run()[len(OPENING) :], later)
    made.looks()
    [told] = receiver.came
    assert told["title"] == "copytrade: 2026-03-02"
    assert "closed 1 copies, 0 won: PnL -" in told["message"]
    assert "copied 1 signals, refused 0" in told["message"]
    [picture] = told["attachments"]
    assert picture["mimetype"] == "image/png"
    assert base64.b64decode(picture["base64"]).startswith(b"\x89PNG")
    made.begins()
    made.looks()
    assert len(receiver.came) == 1


def test_secrets_are_masked_before_they_leave(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    redactor = Redactor()
    redactor.hide("canary-in-a-note-0123456789")
    monkeypatch.setattr("copytrade_live.notify.channel.PROCESS", redactor)
    made = desk(receiver)
    note = "canary-in-a-note-0123456789 \u202egpj.exe\nx"
    goes_on(made.home, OperatorCommanded(**at(NOW), command_id="c", verb=Verb.HALT, by="me", note=note))
    made.looks()
    [text] = receiver.texts
    assert "canary" not in text
    assert MASK in text
    assert "\\u202egpj.exe\\nx" in text


def test_another_journal_is_not_taken_for_this_one(receiver: Receiver) -> None:
    made = desk(receiver)
    PlaceFile(folder_of(made.home) / "place.json").write(replace(Place(told=10**6)))
    made.begins()
    with pytest.raises(StateError, match="another one"):
        made.told.look()
