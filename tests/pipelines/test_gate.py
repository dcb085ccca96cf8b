"""When the gate is open, and why it is closed."""

from __future__ import annotations

import dataclasses

import pytest

from copytrade_live.settings import GateClosing
from copytrade_pipelines.gating import CardFact, FailedCheck, GateFacts, GateReason, PublishedFact, decide_gate
from copytrade_pipelines.scoring.report_card.rules import Verdict

NOW = 1_760_000_000_000
FACTS = GateFacts(
    now=NOW,
    valid_seconds=90.0,
    max_age_seconds=3600.0,
    pointer=PublishedFact(snapshot_id="s1", as_of=NOW - 3_600_000),
    materialized="s1",
)


def test_a_fresh_snapshot_and_nothing_wrong_opens_it_for_a_while() -> None:
    gate = decide_gate(FACTS)
    assert (gate.is_open, gate.reasons, gate.snapshot_id) == (True, (), "s1")
    assert (gate.written_at, gate.valid_until) == (NOW, NOW + 90_000)


FAILED_CARD = CardFact(version="v1", verdict=Verdict.FAILED, as_of="2026-01-05", said="return of the top list -0.100")
CLOSED = [
    ({"pointer": None}, "no_snapshot: nothing is published yet; run refresh_scores"),
    ({"pointer": None, "unreadable": "torn"}, "snapshot_unreadable: torn"),
    (
        {"materialized": "s0"},
        "snapshot_mismatch: s1 is on disk, Dagster recorded s0; materialise published_scores",
    ),
    (
        {"now": NOW + 1000},
        "stale_snapshot: as of 2025-10-09T07:53:20.000Z, 3601 s ago, allowed are 3600 s",
    ),
    (
        {"failed_checks": (FailedCheck(asset="trader_scores", check="contract"),)},
        "check_failed: trader_scores.contract",
    ),
    ({"failed_run": "r1"}, "refresh_failed: run r1 was to publish scores and failed"),
    ({"card": FAILED_CARD}, "report_card: v1 as of 2026-01-05 failed: return of the top list -0.100"),
]


@pytest.mark.parametrize(("changed", "reason"), CLOSED, ids=[reason.split(":")[0] for _, reason in CLOSED])
def test_one_thing_wrong_closes_it_with_that_reason(changed: dict[str, object], reason: str) -> None:
    gate = decide_gate(dataclasses.replace(FACTS, **changed))  # type: ignore[arg-type]
    assert not gate.is_open
    assert gate.reasons == (reason,)


def closed_by(verdict: Verdict | None, closes_when: GateClosing) -> bool:
    card = None if verdict is None else dataclasses.replace(FAILED_CARD, verdict=verdict)
    return not decide_gate(dataclasses.replace(FACTS, card=card, card_closes_when=closes_when)).is_open


def test_a_card_closes_it_as_the_config_says_and_a_passed_one_never() -> None:
    verdicts = (Verdict.FAILED, Verdict.INSUFFICIENT, None, Verdict.PASSED)
    assert [closed_by(verdict, GateClosing.FAILED) for verdict in verdicts] == [True, False, False, False]
    assert [closed_by(verdict, GateClosing.INSUFFICIENT) for verdict in verdicts] == [True, True, True, False]
    assert [closed_by(verdict, GateClosing.NEVER) for verdict in verdicts] == [False] * 4


def test_every_reason_is_reached() -> None:
    assert {reason.split(":")[0] for _, reason in CLOSED} == {str(reason) for reason in GateReason}


def test_all_that_is_wrong_is_said_and_the_snapshot_in_use_named() -> None:
    checks = (FailedCheck(asset="raw/fills", check="contract"), FailedCheck(asset="raw/books", check="contract"))
    gate = decide_gate(dataclasses.replace(FACTS, failed_checks=checks, failed_run="r1"))
    assert [reason.split(":")[1] for reason in gate.reasons[:2]] == [" raw/books.contract", " raw/fills.contract"]
    assert len(gate.reasons) == 3
    assert gate.snapshot_id == "s1"
