"""Reasons with their sentences."""

from __future__ import annotations

from copytrade_live.core.reason_units import unit_of
from copytrade_live.core.reasons import ExitReason, HaltReason, Mode, RejectReason
from copytrade_live.dashboard.schemas.model import Refusal
from copytrade_live.situation import Blocker

_SENTENCES: dict[str, str] = {
    "stopped": "An operator stopped everything: nothing is posted, only cancels go.",
    "no_runner": "No runner runs.",
    **{one.value: one.summary for kind in (ExitReason, HaltReason) for one in kind},
    **{one.value: one.summary for one in RejectReason},
    Mode.PAPER.value: Mode.PAPER.summary,
}
NO_RUNNER = Refusal(reason="no_runner", summary=_SENTENCES["no_runner"], measured=None, limit=None, unit=None)


def sentence(reason: str) -> str:
    """What a reason means; empty for one that is not known."""
    return _SENTENCES.get(reason, "")


def refusal(blocker: Blocker) -> Refusal:
    """A blocker with its sentence."""
    return Refusal(
        reason=blocker.reason,
        summary=sentence(blocker.reason),
        measured=blocker.measured,
        limit=blocker.limit,
        unit=unit_of(blocker.reason),
    )
