"""What a look at the set-up found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a finding stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. advice is empty when there is nothing to do."""

    subject: str
    verdict: Verdict
    found: str
    advice: str = ""

    def content(self) -> dict[str, str]:
        """As plain values."""
        return {"subject": self.subject, "verdict": self.verdict, "found": self.found, "advice": self.advice}


def ok(subject: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(subject=subject, verdict=Verdict.OK, found=found)


def warn(subject: str, found: str, advice: str) -> Finding:
    """It works, but somebody should look."""
    return Finding(subject=subject, verdict=Verdict.WARN, found=found, advice=advice)


def fail(subject: str, found: str, advice: str) -> Finding:
    """It cannot work like that."""
    return Finding(subject=subject, verdict=Verdict.FAIL, found=found, advice=advice)
