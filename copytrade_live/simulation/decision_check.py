"""Whether every leader's fill was decided once, and every entry was allowed by the truth at its moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    JournalEvent,
    LeaderFillObserved,
    MirrorOwed,
    OperatorCommanded,
    SignalCopied,
    SignalRejected,
    Verb,
)
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.reasons import RejectReason
from copytrade_live.simulation.control import Control
from copytrade_live.simulation.invariants import Invariant, Verdict
from copytrade_live.simulation.pipelines import MAX_SCORE_AGE, Pipelines
from copytrade_live.simulation.world import World

# A halt acts within a second; what was decided at the same instant may still be on its way to the disk.
HALT_WITHIN: Instant = SECOND + 200
# The gate is looked at twice a second.
_GATE_WITHIN: Instant = SECOND + 200
_TAKEN_WITHIN: Instant = 5 * SECOND
_DECIDED_WITHIN: Instant = 20 * SECOND


@dataclass
class DecisionCheck:
    """Follows signals and their answers."""

    config: DecisionConfig
    world: World
    pipelines: Pipelines
    control: Control
    verdict: Verdict
    answers: dict[str, str] = field(default_factory=dict)
    decided_at: dict[str, Instant] = field(default_factory=dict)
    commands: Counter[str] = field(default_factory=Counter)
    _asked: str | None = None
    _halted: bool = False

    def __post_init__(self) -> None:
        self._fills = {one.fill.fill_id: one for fills in self.world.fills.values() for one in fills}

    def see(self, event: JournalEvent, at: Instant) -> None:
        """Follow one event."""
        match event:
            case LeaderFillObserved():
                self._check_answered(at)
                self._asked = event.signal.signal_id
                self._check_signal(event, at)
            case SignalCopied():
                self._answer(event.signal_id, "copied", at)
                self._check_entry(event, at)
            case SignalRejected():
                self._answer(event.signal_id, event.reason.value, at)
            case MirrorOwed():
                self._answer(event.signal_id, "mirror", at)
            case OperatorCommanded():
                self.commands[event.command_id] += 1
                once = self.commands[event.command_id] == 1
                self.verdict.hold(once, Invariant.I22, at, f"{event.command_id} is taken again")
                if event.verb in (Verb.HALT, Verb.STOP, Verb.RESUME):
                    self._halted = event.verb is not Verb.RESUME
            case _:
                pass

    def finish(self, at: Instant) -> None:
        """Check what must have happened by the end."""
        self._check_answered(at)
        for fill_id, one in self._fills.items():
            # Hidden rows come back within 15 seconds.
            due = one.shown_at + 15 * SECOND + _DECIDED_WITHIN
            if due <= at:
                text = f"{fill_id} of {one.fill.wallet[:10]} at {one.fill.event_at - self.world.start} ms"
                self.verdict.hold(fill_id in self.answers, Invariant.I13, at, f"never decided: {text}")
        for command_id, asked_at in self.control.asked:
            is_taken = command_id in self.commands or at - asked_at < _TAKEN_WITHIN
            self.verdict.hold(is_taken, Invariant.I22, at, f"{command_id} was never taken")

    def _check_answered(self, at: Instant) -> None:
        if self._asked is not None:
            self.verdict.hold(False, Invariant.I13, at, f"{self._asked} was seen and not answered")
        self._asked = None

    def _check_signal(self, event: LeaderFillObserved, at: Instant) -> None:
        known = self._fills.get(event.signal.signal_id)
        text = f"{event.signal.signal_id} is no fill of a leader"
        self.verdict.hold(known is not None, Invariant.I13, at, text)
        if known is not None:
            seen = (event.signal.wallet, event.signal.token_id, event.signal.side, event.signal.size)
            true = (known.fill.wallet, known.fill.token_id, known.fill.side, known.fill.size)
            self.verdict.hold(seen == true, Invariant.I13, at, f"{event.signal.signal_id} was {true}, seen as {seen}")

    def _answer(self, signal_id: str, answer: str, at: Instant) -> None:
        if self._asked == signal_id:
            self._asked = None
        before = self.answers.get(signal_id)
        is_again = before is not None and answer != RejectReason.DUPLICATE_SIGNAL.value
        self.verdict.hold(not is_again, Invariant.I13, at, f"{signal_id} was {before} and is now {answer}")
        self.answers.setdefault(signal_id, answer)
        self.decided_at.setdefault(signal_id, at)

    def _check_entry(self, event: SignalCopied, at: Instant) -> None:
        hold, name = self.verdict.hold, event.order.order_id
        hold(not self._halted, Invariant.I08, at, f"{name} while an operator's halt stands")
        since = self.control.stopped_since(event.wallet)
        is_late = since is not None and at - since > HALT_WITHIN
        hold(not is_late, Invariant.I08, at, f"{name} {at - (since or at)} ms after a stop")
        paper = self.control.paper_since
        is_late = paper is not None and at - paper > HALT_WITHIN
        hold(not is_late, Invariant.I10, at, f"{name} {at - (paper or at)} ms after the mode was set to paper")
        gone = self.pipelines.gate_gone_since()
        is_late = gone is not None and at - gone > _GATE_WITHIN
        hold(not is_late, Invariant.I08, at, f"{name} {at - (gone or at)} ms after the gate closed")
        known = self._fills.get(event.signal_id)
        if known is not None and not self.control.is_clock_wrong:
            age = (at - known.fill.event_at) / SECOND
            limit = self.config.filter.max_signal_age_seconds + 1.5
            hold(age <= limit, Invariant.I11, at, f"{name} on a signal {age:.1f} s old")
        as_of = self.pipelines.as_of_truth.get(event.snapshot_id or "")
        hold(as_of is not None, Invariant.I11, at, f"{name} by scores {event.snapshot_id}, which nobody published")
        if as_of is not None and not self.control.is_clock_wrong:
            age = (at - as_of) / SECOND
            hold(age <= MAX_SCORE_AGE + 1.5, Invariant.I11, at, f"{name} by scores {age:.1f} s old")
        market = self.world.by_condition[event.condition_id]
        if not self.control.is_clock_wrong:
            hours = (market.end_at - at) / (3600 * SECOND)
            text = f"{name} {hours:.4f} h before the end"
            hold(hours >= self.config.filter.min_hours_to_resolution - 1e-3, Invariant.I11, at, text)
