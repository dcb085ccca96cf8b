"""What another config would have done with a past journal: each decision made again as things stood then.

Decisions are judged one by one on the recorded state, so an early difference does not drag later ones behind it. What
that difference is worth is said where the journal knows it: copies that would not have been made, or made in another
size, have a recorded end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import evolve, initial_state, step
from copytrade_live.core.events import (
    CopyClosed,
    ExitDecided,
    Fact,
    LeaderFillObserved,
    Observation,
    RunStarted,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.market import MICRO, Micro
from copytrade_live.replay import outcome, steps_of
from copytrade_live.store.rows import JournalRow

FIRST_SHOWN = 20
_DECISIONS = (SignalCopied, SignalRejected, ExitDecided)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One decision that would have been another. Units: notionals and pnl in collateral; pnl None while not known."""

    seq: int
    signal_id: str | None
    wallet: str
    recorded: str
    then: str
    notional: float | None
    notional_then: float | None
    pnl: float | None


@dataclass(slots=True)
class WhatIf:
    """What would have changed. Shape: before and after count decisions by outcome; changes by (before, after).

    Units: collateral. known_difference is what the copies that end otherwise would have added, as far as they ended:
    one that is not made takes its recorded PnL away, one in another size scales it. unknown_copies ended nowhere in
    the journal, and new_copies have no record at all.
    """

    observations: int = 0
    decisions: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: list[Change] = field(default_factory=list)
    known_difference: float = 0.0
    known_copies: int = 0
    unknown_copies: int = 0
    new_copies: int = 0
    new_notional: float = 0.0

    @property
    def changed(self) -> int:
        """How many decisions would have been others."""
        return self.changes.total()


def what_if(rows: Iterable[JournalRow], config: DecisionConfig) -> WhatIf:
    """Decide a journal again by another config. Raises: InputFileError when the journal has a hole."""
    steps = list(steps_of(rows))
    ends = {one.root_id: one.pnl for _, _, facts in steps for one in facts if isinstance(one, CopyClosed)}
    found, state = WhatIf(), initial_state()
    for seq, observation, recorded in steps:
        if not isinstance(observation, RunStarted):
            _judge(found, seq, observation, recorded, step(state, observation, config).events[1:], ends)
        found.observations += 1
        for event in (observation, *recorded):
            state = evolve(state, event)
    return found


def _judge(
    found: WhatIf,
    seq: int,
    observation: Observation,
    recorded: Sequence[Fact],
    then: Sequence[object],
    ends: dict[str, Micro],
) -> None:
    old = [fact for fact in recorded if isinstance(fact, _DECISIONS)]
    new = [fact for fact in then if isinstance(fact, _DECISIONS)]
    if not old and not new:
        return
    before, after = outcome(old), outcome(new)
    found.decisions += 1
    found.before[before] += 1
    found.after[after] += 1
    was, now = _copy(old), _copy(new)
    if before == after and (was is None or now is None or was.order.size == now.order.size):
        return
    found.changes[before, after] += 1
    change = _change(seq, observation, before, after, was, now, ends)
    _worth(found, was, now, change.pnl)
    if len(found.first) < FIRST_SHOWN:
        found.first.append(change)


def _copy(facts: Sequence[object]) -> SignalCopied | None:
    return next((fact for fact in facts if isinstance(fact, SignalCopied)), None)


def _change(
    seq: int,
    observation: Observation,
    before: str,
    after: str,
    was: SignalCopied | None,
    now: SignalCopied | None,
    ends: dict[str, Micro],
) -> Change:
    signal = observation.signal if isinstance(observation, LeaderFillObserved) else None
    pnl = ends.get(was.order.root_id) if was else None
    return Change(
        seq=seq,
        signal_id=signal.signal_id if signal else None,
        wallet=signal.wallet if signal else "",
        recorded=before,
        then=after,
        notional=was.sizing.notional if was else None,
        notional_then=now.sizing.notional if now else None,
        pnl=None if pnl is None else pnl / MICRO,
    )


def _worth(found: WhatIf, was: SignalCopied | None, now: SignalCopied | None, pnl: float | None) -> None:
    if was is None:
        if now is not None:
            found.new_copies += 1
            found.new_notional += now.sizing.notional
        return
    if pnl is None:
        found.unknown_copies += 1
        return
    share = now.order.size / was.order.size if now else 0.0
    found.known_copies += 1
    found.known_difference += pnl * (share - 1.0)
