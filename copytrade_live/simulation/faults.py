"""The faults a simulation can strike with, by the catalogue's number, and the one who decides when they do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Self

from copytrade_live.simulation.luck import stream


class SimFault(StrEnum):
    """One fault of the catalogue. The value is its mark in reports."""

    number: str
    summary: str

    def __new__(cls, value: str, number: str, summary: str) -> Self:
        """A member with its number in the catalogue and what happens."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.number, member.summary = number, summary
        return member

    NOT_SENT = "not_sent", "F01", "The connection breaks before the order leaves."
    ANSWER_LOST = "answer_lost", "F02", "The order is taken, and no answer comes for 5 to 10 seconds."
    ANSWER_LATE = "answer_late", "F03", "The order arrives at the venue long after it was sent."
    SERVER_ERROR = "server_error", "F04", "5xx, before or after the order was taken."
    RESTART = "restart", "F05", "425 for 20 to 90 seconds, then post-only."
    RATE_LIMITED = "rate_limited", "F06", "429, with or without Retry-After."
    GEOBLOCKED = "geoblocked", "F07", "403 for a while."
    TRADING_DISABLED = "trading_disabled", "F08", "503 for a while: disabled, or cancel-only."
    UNAUTHORISED = "unauthorised", "F09", "401 for a while."
    FALSE_BALANCE = "false_balance", "F10", "Not enough balance, it says, and that is not true."
    TICK_CHANGED = "tick_changed", "F11", "The market's grid changes between signing and posting."
    GARBLED_ANSWER = "garbled_answer", "F12", "The order is taken or not, and the answer cannot be read."
    DELAYED_MATCH = "delayed_match", "F14", "Delayed, then matched, resting or killed."
    DUST_FILL = "dust_fill", "F15", "The book is thinner than it looked: a partial fill."
    GHOST_FILL = "ghost_fill", "F16", "A match fails to settle, or settles at a second attempt."
    REDEEM_FAILED = "redeem_failed", "F47", "A payout reverts."
    CANCEL_LOST = "cancel_lost", "F18", "A cancel has no answer, or comes before the order is booked."
    VENUE_CANCELS = "venue_cancels", "F19", "The venue takes a resting order off by itself."
    LISTING_LATE = "listing_late", "F28", "Our own order or trade is listed a moment late."
    HINT_LOST = "hint_lost", "F20", "The user stream drops, mutes or repeats what it says."
    STREAM_DROPPED = "stream_dropped", "F20", "The activity stream hangs up."
    STREAM_FROZEN = "stream_frozen", "F21", "The activity stream says nothing any more, but answers pings."
    FILL_MISSING = "fill_missing", "F22", "A listing leaves a leader's fill out, for a while."
    FILL_REPEATED = "fill_repeated", "F23", "A listing shows a fill twice."
    FILL_LATE = "fill_late", "F24", "A leader's fill is shown half a minute late, or later."
    READ_FAILED = "read_failed", "F28", "A read fails, after a moment or after a timeout."
    SHARED_TRANSACTION = "shared_transaction", "F30", "Several fills settle in one transaction."
    KILLED = "killed", "F31", "SIGKILL at a write or send point."
    STOPPED = "stopped", "F33", "A stop with orders in flight."
    DATABASE_BUSY = "database_busy", "F34", "Somebody reads the state database for long."
    DISK_FULL = "disk_full", "F35", "The disk takes nothing for a while."
    SECOND_RUNNER = "second_runner", "F38", "A second runner is started."
    STALLED = "stalled", "F39", "Nothing runs for 5 to 60 seconds."
    CLOCK_STEPPED = "clock_stepped", "F40", "The wall clock jumps."
    SNAPSHOT_BROKEN = "snapshot_broken", "F43", "The score snapshot cannot be read."
    SNAPSHOT_STALE = "snapshot_stale", "F44", "The score snapshot is too old."
    GATE_GONE = "gate_gone", "F45", "The gate closes, runs out, or cannot be read."
    OPERATOR_STORM = "operator_storm", "F46", "Halts, resumes, cutoffs and the kill switch file in quick turns."
    MARKET_ENDS = "market_ends", "F47", "A market closes or resolves with orders in flight."
    OWNER_TRADES = "owner_trades", "F48", "The owner moves money or shares of the same wallet."
    HOSTILE_LEADER = "hostile_leader", "F50", "A leader floods us with dust and crosses itself."


class Mischief:
    """Draws by seed whether a fault strikes, and counts those that did. It rests once is_over says so."""

    def __init__(self, seed: int, odds: Mapping[SimFault, float], is_over: Callable[[], bool]) -> None:
        self._odds = odds
        self._is_over = is_over
        self._streams = {fault: stream(seed, f"fault {fault}") for fault in odds}
        self.met: Counter[str] = Counter()

    def strikes(self, fault: SimFault) -> bool:
        """Whether it happens here and now."""
        odds = self._odds.get(fault, 0.0)
        if not odds or self._is_over() or self._streams[fault].random() >= odds:
            return False
        self.met[fault.value] += 1
        return True

    def note(self, fault: SimFault) -> None:
        """Count one that was planned rather than drawn."""
        self.met[fault.value] += 1

    def odds(self, fault: SimFault) -> float:
        """How likely it is here, 0 where the profile leaves it out."""
        return self._odds.get(fault, 0.0)

    def draw(self, fault: SimFault, low: float, high: float) -> float:
        """How much of it, from the fault's own stream."""
        return self._streams[fault].uniform(low, high)
