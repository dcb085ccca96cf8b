"""Whether the runner may copy: one pure decision over what Dagster, the disk and the clock say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from copytrade_live.clock import to_iso
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.score import Gate
from copytrade_live.settings import GateClosing
from copytrade_pipelines.scoring.report_card.rules import Verdict


class GateReason(StrEnum):
    """Why the gate is closed; each is the first word of a reason."""

    NO_SNAPSHOT = "no_snapshot"
    SNAPSHOT_UNREADABLE = "snapshot_unreadable"
    SNAPSHOT_MISMATCH = "snapshot_mismatch"
    STALE_SNAPSHOT = "stale_snapshot"
    CHECK_FAILED = "check_failed"
    REFRESH_FAILED = "refresh_failed"
    REPORT_CARD = "report_card"

    @property
    def summary(self) -> str:
        """One sentence for people."""
        return _SUMMARIES[self]


_SUMMARIES = {
    GateReason.NO_SNAPSHOT: "Nothing has been published yet.",
    GateReason.SNAPSHOT_UNREADABLE: "The published file is missing, or not what its pointer says.",
    GateReason.SNAPSHOT_MISMATCH: "Dagster recorded another snapshot than the pointer names.",
    GateReason.STALE_SNAPSHOT: "The snapshot is too old to act on.",
    GateReason.CHECK_FAILED: "The newest result of a blocking check is an error.",
    GateReason.REFRESH_FAILED: "The newest finished run that was to publish scores failed.",
    GateReason.REPORT_CARD: "The report card says that scores do not hold, or not yet, as the config asks.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCheck:
    """A blocking check whose newest result is an error."""

    asset: str
    check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFact:
    """The snapshot that the pointer on disk names."""

    snapshot_id: str
    as_of: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFact:
    """The newest report card of the version that is followed: its verdict, as of when, and the first reason."""

    version: str
    verdict: Verdict
    as_of: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFacts:
    """All that the gate is decided from.

    pointer is None when nothing is published; unreadable says why a pointer cannot be trusted. materialized is the
    snapshot id that Dagster last recorded for published_scores. failed_run is the newest finished run that was to
    publish scores, if it failed, and failed_because one line that says why. card is None while there is none.
    """

    now: Instant
    valid_seconds: float
    max_age_seconds: float
    pointer: PublishedFact | None
    unreadable: str | None = None
    materialized: str | None = None
    failed_checks: tuple[FailedCheck, ...] = ()
    failed_run: str | None = None
    failed_because: str = ""
    card: CardFact | None = None
    card_closes_when: GateClosing = GateClosing.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """The gate and the facts behind it."""

    gate: Gate
    facts: GateFacts


def decide_gate(facts: GateFacts) -> Gate:
    """Open only while a fresh snapshot is published and nothing it was made from failed its checks."""
    reasons = (*_snapshot_reasons(facts), *_check_reasons(facts), *_run_reasons(facts), *_card_reasons(facts))
    return Gate(
        is_open=not reasons,
        reasons=reasons,
        snapshot_id=None if facts.pointer is None else facts.pointer.snapshot_id,
        written_at=facts.now,
        valid_until=facts.now + round(facts.valid_seconds * SECOND),
    )


def _snapshot_reasons(facts: GateFacts) -> tuple[str, ...]:
    pointer = facts.pointer
    if facts.unreadable is not None:
        return (_because(GateReason.SNAPSHOT_UNREADABLE, facts.unreadable),)
    if pointer is None:
        return (_because(GateReason.NO_SNAPSHOT, "nothing is published yet; run refresh_scores"),)
    found: list[str] = []
    if facts.materialized != pointer.snapshot_id:
        recorded = facts.materialized or "none"
        said = f"{pointer.snapshot_id} is on disk, Dagster recorded {recorded}; materialise published_scores"
        found.append(_because(GateReason.SNAPSHOT_MISMATCH, said))
    age = (facts.now - pointer.as_of) / SECOND
    if age > facts.max_age_seconds:
        said = f"as of {to_iso(pointer.as_of)}, {age:.0f} s ago, allowed are {facts.max_age_seconds:.0f} s"
        found.append(_because(GateReason.STALE_SNAPSHOT, said))
    return tuple(found)


def _check_reasons(facts: GateFacts) -> tuple[str, ...]:
    failed = sorted(facts.failed_checks, key=lambda check: (check.asset, check.check))
    return tuple(_because(GateReason.CHECK_FAILED, f"{check.asset}.{check.check}") for check in failed)


def _run_reasons(facts: GateFacts) -> tuple[str, ...]:
    if facts.failed_run is None:
        return ()
    why = f": {facts.failed_because}" if facts.failed_because else ""
    return (_because(GateReason.REFRESH_FAILED, f"run {facts.failed_run} was to publish scores and failed{why}"),)


def _card_reasons(facts: GateFacts) -> tuple[str, ...]:
    card, closes_when = facts.card, facts.card_closes_when
    if closes_when is GateClosing.NEVER:
        return ()
    if card is None:
        missing = "there is no card yet; run weekly_report_card"
        return (_because(GateReason.REPORT_CARD, missing),) if closes_when is GateClosing.INSUFFICIENT else ()
    if card.verdict is Verdict.FAILED or (
        card.verdict is not Verdict.PASSED and closes_when is GateClosing.INSUFFICIENT
    ):
        said = f"{card.version} as of {card.as_of} {card.verdict}: {card.said}"
        return (_because(GateReason.REPORT_CARD, said),)
    return ()


def _because(reason: GateReason, said: str) -> str:
    return f"{reason}: {said}"
