"""Every event survives the journal, and what does not fit is named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from copytrade_live.core.codec import EVENT_TYPES, CodecError, decode, dumps, encode, line_text, payload_text
from copytrade_live.core.events import RunStarted
from copytrade_live.core.market import Level
from tests.builders import NOW, book_seen, leader_fill, market
from tests.parity.tape import random_tape, run_tape


def test_every_kind_of_event_survives_a_round_trip() -> None:
    seen: set[str] = set()
    for seed in range(20):
        for event in run_tape(random_tape(seed)):
            line = json.loads(dumps(encode(event)))
            assert decode(line) == event
            assert payload_text(event) == dumps(encode(event)["payload"])
            content = {**encode(event), "seq": 7, "run_id": "r", "caused_by": None}
            assert line_text(event, seq=7, run_id="r", caused_by=None) == dumps(content)
            seen.add(line["type"])
    assert seen == set(EVENT_TYPES)


def test_text_written_at_once_is_what_the_values_give_whatever_they_are() -> None:
    started = next(event for event in run_tape(random_tape(1)) if isinstance(event, RunStarted))
    odd = replace(started, run_id='Ω "run"\n\x7f', starting_cash=10**30)
    assert payload_text(odd) == dumps(encode(odd)["payload"])
    missing = replace(started, run_id=None)  # type: ignore[arg-type]
    assert payload_text(missing) == dumps(encode(missing)["payload"])


def test_a_fill_is_written_the_same_however_many_markets_were_written_before() -> None:
    for number in range(4100):
        seen = leader_fill(NOW, with_market=market(condition_id=f"0x{number}"))
        assert payload_text(seen) == payload_text(seen)
    for seen in (leader_fill(NOW), leader_fill(NOW, with_book=None, with_market=None)):
        assert payload_text(seen) == dumps(encode(seen)["payload"])


@pytest.mark.parametrize("number", [5, True, 1e-7, 1e22, 0.1])
def test_a_book_is_written_as_every_other_event_whatever_its_numbers_are(number: float) -> None:
    shown = book_seen(NOW, 0.4, 0.5)
    odd = replace(shown, book=replace(shown.book, bids=(Level(0.4, number), Level(number, 1.0))))
    assert payload_text(odd) == dumps(encode(odd)["payload"])


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_book_that_no_json_can_hold_is_refused(number: float) -> None:
    shown = book_seen(NOW, 0.4, 0.5)
    with pytest.raises(ValueError, match="JSON"):
        payload_text(replace(shown, book=replace(shown.book, asks=(Level(number, 1.0),))))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda line: line.pop("type"), "type"),
        (lambda line: line.update(type="Gossip"), "Gossip"),
        (lambda line: line.update(version=99), "version 99"),
        (lambda line: line["payload"].pop("run_id"), "RunStarted"),
    ],
)
def test_a_line_that_does_not_fit_is_named(damage: Any, message: str) -> None:
    line = encode(run_tape(random_tape(1))[0])
    damage(line)
    with pytest.raises(CodecError, match=message):
        decode(line)


def test_a_line_of_the_first_version_is_read_with_what_it_lacked() -> None:
    line = encode(run_tape(random_tape(1))[0])
    line["version"] = 1
    for name in ("is_real", "account"):
        del line["payload"][name]
    started = decode(line)
    assert isinstance(started, RunStarted)
    assert not started.is_real
