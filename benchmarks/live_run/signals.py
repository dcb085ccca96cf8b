"""Every fill of a followed leader is exactly one signal with exactly one answer, and no signal is anything else."""

from __future__ import annotations

from collections import Counter

from benchmarks.live_run.differences import Clause, Differences
from benchmarks.live_run.orders import micro
from benchmarks.live_run.venue_process import Row
from copytrade_live.core.events import (
    JournalEvent,
    LeaderFillObserved,
    MirrorOwed,
    RunStarted,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.market import MICRO, SECOND, Instant

Key = tuple[str, str, str, str, int]


def followed_since(events: list[JournalEvent]) -> Instant:
    """The second in which the leaders joined: what they did before is no signal."""
    first = next(event for event in events if isinstance(event, RunStarted))
    return first.observed_at // SECOND * SECOND


def check_signals(
    events: list[JournalEvent], truth: list[Row], since: Instant, told_until: Instant, found: Differences
) -> int:
    """Compare. Fills after told_until may be missing, never wrong. Returns: how many fills had to be signals."""
    ours = Counter(_ours(event) for event in events if isinstance(event, LeaderFillObserved))
    counted = [row for row in truth if int(row["timestamp"]) * SECOND >= since]
    due = Counter(_theirs(row) for row in counted if int(row["timestamp"]) * SECOND <= told_until)
    every = Counter(map(_theirs, counted))
    for key in ours.keys() | due.keys():
        is_right = due[key] <= ours[key] <= every[key]
        found.hold(is_right, Clause.LEADER_FILLS, " ".join(map(str, key)), ours=ours[key], theirs=every[key])
    _check_answers(events, found)
    return sum(due.values())


def _check_answers(events: list[JournalEvent], found: Differences) -> None:
    seen = [event.signal.signal_id for event in events if isinstance(event, LeaderFillObserved)]
    for one, times in Counter(seen).items():
        found.hold(times == 1, Clause.LEADER_FILLS, f"signal {one} is observed", ours=times, theirs=1)
    kinds = (SignalCopied, SignalRejected, MirrorOwed)
    answers = Counter(event.signal_id for event in events if isinstance(event, kinds))
    for one in {*seen, *answers}:
        found.hold(answers[one] == 1, Clause.LEADER_FILLS, f"signal {one} is answered", ours=answers[one], theirs=1)


def _ours(event: LeaderFillObserved) -> Key:
    signal = event.signal
    return signal.wallet.lower(), signal.tx_hash, signal.token_id, signal.side.value, round(signal.size * MICRO)


def _theirs(row: Row) -> Key:
    return str(row["wallet"]).lower(), str(row["tx"]), str(row["token_id"]), str(row["side"]), micro(row["size"])
