"""How patient live execution is. Times are seconds of the runner's clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """The defaults are those of ADR 0022; only tests and accelerated worlds have reason to change them."""

    # How long after an order was sent its absence everywhere proves that it was never placed, or is gone.
    quiet_seconds: float = 60.0
    # How long the venue may take to list a match that came before an order was cancelled.
    listing_seconds: float = 3.0
    # When an order whose fate is open is cancelled (again), counted from when it came into doubt.
    cancel_schedule: tuple[float, ...] = (0.0, 2.0, 5.0, 15.0, 60.0)
    # And every so often after that.
    cancel_again_seconds: float = 30.0
    # Between two looks at open orders and trades when nothing calls for one.
    look_seconds: float = 5.0
    # Least time between two looks that hints call for.
    look_gap_seconds: float = 0.25
    # Between two comparisons of the account with the ledger.
    account_seconds: float = 60.0
    # And between two tries while it does not agree, or has not been read.
    account_retry_seconds: float = 2.0
    # How far each look at trades reaches back over the last one that succeeded.
    overlap_seconds: float = 900.0
    # And the first look of a run, over when the journal last heard anything.
    first_overlap_seconds: float = 86_400.0
    # Between two looks at the venue's clock.
    clock_seconds: float = 30.0
    max_clock_skew_seconds: float = 2.0
    # Our own ceiling, far below the venue's.
    entries_per_second: float = 5.0
    requests_per_second: float = 20.0
    # Longest and shortest wait after the venue said that it takes no orders now.
    shortest_pause_seconds: float = 1.0
    longest_pause_seconds: float = 30.0
    # Tries of one redemption are this far apart, doubling up to the longest.
    redeem_retry_seconds: float = 60.0
    longest_redeem_retry_seconds: float = 3600.0
    # This many refused or doubtful orders within a minute are too many.
    max_order_errors: int = 5
    # How long a shutdown may take to cancel what rests.
    shutdown_seconds: float = 8.0
