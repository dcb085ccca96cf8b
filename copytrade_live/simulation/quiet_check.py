"""Once faults have stopped, the runner must answer leaders as on any other day."""

from __future__ import annotations

from collections.abc import Container

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.reasons import RejectReason
from copytrade_live.simulation.decision_check import DecisionCheck
from copytrade_live.simulation.faults import SimFault
from copytrade_live.simulation.invariants import Invariant, Verdict
from copytrade_live.simulation.world import World

# Answers that say that the runner itself is not well, or still believes in a fault that is over.
ILL = {
    RejectReason.KILL_SWITCH_FILE,
    RejectReason.HALTED,
    RejectReason.GATE_CLOSED,
    RejectReason.STALE_SIGNAL,
    RejectReason.FEED_LAG,
    RejectReason.NO_MARKET,
    RejectReason.NO_SCORE,
    RejectReason.STALE_SCORE,
    RejectReason.NO_BOOK,
    RejectReason.STALE_BOOK,
    RejectReason.DUPLICATE_SIGNAL,
    RejectReason.MARKET_CLOSED,
    RejectReason.NOT_RECONCILED,
    RejectReason.VENUE_RESTRICTED,
    RejectReason.CLOCK_SKEW,
    RejectReason.FEED_SILENT,
    RejectReason.UNKNOWN_ORDER,
    RejectReason.MODE_PAPER,
}
# What the owner moved is looked into before anything is bought again; clocks are compared every half minute.
EXPLAINED = {
    SimFault.OWNER_TRADES: {RejectReason.NOT_RECONCILED, RejectReason.HALTED},
    SimFault.CLOCK_STEPPED: {RejectReason.CLOCK_SKEW},
}
_ANSWERED_WITHIN: Instant = 10 * SECOND
# A market or two may be off limits for good reasons; a runner that is well copies something.
_SETTLES_IN: Instant = 5 * SECOND


def check_quiet(world: World, decisions: DecisionCheck, verdict: Verdict, now: Instant, met: Container[str]) -> None:
    """Check the answers to everything leaders did in the quiet. met: the faults that struck."""
    ill = ILL.difference(*(reasons for fault, reasons in EXPLAINED.items() if fault.value in met))
    for fills in world.fills.values():
        for one in fills:
            if one.fill.event_at < world.quiet_at + _SETTLES_IN:
                continue
            answer = decisions.answers.get(one.fill.fill_id)
            at = decisions.decided_at.get(one.fill.fill_id, now)
            late = at - one.shown_at
            text = f"in the quiet {one.fill.fill_id} was answered {answer} after {late} ms"
            verdict.hold(answer is not None and late <= _ANSWERED_WITHIN, Invariant.I19, at, text)
            verdict.hold(answer not in ill, Invariant.I19, at, text)
