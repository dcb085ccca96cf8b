"""Named mixtures of faults. A probability is per opportunity: a read, an order, a trade, or a second of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from copytrade_live.simulation.faults import SimFault as F


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a run meets. Units: seconds of virtual time; signals is how many fills the leaders make while faults strike.

    A live run goes on after quiet_seconds for as long as orders and fills are on their way, within reason.

    is_live has the runner sign and post orders at a simulated exchange; otherwise it trades on paper. has_stream brings
    the activity stream beside the listing.
    """

    name: str
    summary: str
    is_live: bool = False
    has_stream: bool = False
    fault_seconds: float = 120.0
    quiet_seconds: float = 60.0
    signals: int = 10
    odds: Mapping[F, float] = field(default_factory=dict)


_READS = {
    F.READ_FAILED: 0.05,
    F.FILL_MISSING: 0.15,
    F.FILL_REPEATED: 0.15,
    F.FILL_LATE: 0.06,
    F.SHARED_TRANSACTION: 0.35,
}
_PROCESS = {
    F.KILLED: 0.0015,
    F.STOPPED: 0.004,
    F.SECOND_RUNNER: 0.01,
    F.STALLED: 0.004,
}
_CONTROL = {
    F.SNAPSHOT_BROKEN: 0.02,
    F.SNAPSHOT_STALE: 0.12,
    F.GATE_GONE: 0.02,
    F.OPERATOR_STORM: 0.03,
    F.MARKET_ENDS: 0.5,
}
_ORDERS = {
    F.NOT_SENT: 0.05,
    F.ANSWER_LOST: 0.10,
    F.ANSWER_LATE: 0.06,
    F.SERVER_ERROR: 0.08,
    F.RATE_LIMITED: 0.03,
    F.GARBLED_ANSWER: 0.06,
    F.DELAYED_MATCH: 0.08,
    F.DUST_FILL: 0.25,
    F.CANCEL_LOST: 0.15,
    F.VENUE_CANCELS: 0.4,
    F.FALSE_BALANCE: 0.03,
    F.TICK_CHANGED: 0.3,
    F.OWNER_TRADES: 0.002,
    F.HINT_LOST: 0.3,
    F.LISTING_LATE: 0.08,
    F.REDEEM_FAILED: 0.3,
}
_WINDOWS = {F.RESTART: 0.004, F.GEOBLOCKED: 0.002, F.TRADING_DISABLED: 0.003, F.UNAUTHORISED: 0.002}
_SETTLEMENT = {F.GHOST_FILL: 0.25}
_WORLD = {F.CLOCK_STEPPED: 0.004, F.HOSTILE_LEADER: 0.1, F.DISK_FULL: 0.003, F.DATABASE_BUSY: 0.003}

PROFILES = {
    profile.name: profile
    for profile in (
        Profile(name="calm", summary="Paper, and nothing goes wrong."),
        Profile(
            name="paper",
            summary="Paper under failing reads, kills, stalls, stormy operators, broken scores and ending markets.",
            odds=_READS | _PROCESS | _CONTROL | _WORLD,
        ),
        Profile(name="live", summary="Orders at a simulated venue, and nothing goes wrong.", is_live=True),
        Profile(
            name="orders",
            summary="Live: orders and answers lost, late, garbled or refused, venue windows, kills.",
            is_live=True,
            quiet_seconds=50.0,
            odds=_ORDERS | _WINDOWS | _PROCESS | {F.READ_FAILED: 0.03, F.KILLED: 0.004},
        ),
        Profile(
            name="restarts",
            summary="Live: orders that arrive late, and kills around every one of them.",
            is_live=True,
            quiet_seconds=50.0,
            odds={F.ANSWER_LATE: 0.3, F.ANSWER_LOST: 0.1, F.LISTING_LATE: 0.2, F.KILLED: 0.01, F.STOPPED: 0.01},
        ),
        Profile(
            name="ghosts",
            summary="Live: a quarter of all matches fail to settle or settle late, thin books, markets that end.",
            is_live=True,
            quiet_seconds=50.0,
            odds=_SETTLEMENT | {F.DUST_FILL: 0.3, F.MARKET_ENDS: 0.6, F.REDEEM_FAILED: 0.3, F.KILLED: 0.001},
        ),
        Profile(
            name="mixed",
            summary="Live: everything at once.",
            is_live=True,
            has_stream=True,
            quiet_seconds=50.0,
            odds=_READS | _PROCESS | _CONTROL | _ORDERS | _WINDOWS | _SETTLEMENT | {F.CLOCK_STEPPED: 0.003},
        ),
        Profile(
            name="clocks",
            summary="Paper, with a wall clock that is set forwards and back again and again.",
            odds={F.CLOCK_STEPPED: 0.06, F.READ_FAILED: 0.03, F.STALLED: 0.004},
        ),
        Profile(
            name="streams",
            summary="Paper, with an activity stream that hangs up, repeats, and freezes behind working pings.",
            has_stream=True,
            odds=_READS | _PROCESS | {F.STREAM_DROPPED: 0.01, F.STREAM_FROZEN: 0.015},
        ),
    )
}
DEFAULT = "paper"
