"""How patient live execution is."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from copytrade_live.core.config import Section

Seconds = Annotated[float, Field(ge=0)]


class LiveOptions(Section):
    """How patient live execution is, in seconds of the runner's clock. ADR 0022 has the reasons for the defaults."""

    quiet_seconds: float = Field(
        60.0,
        gt=0,
        description="How long after an order was sent its absence everywhere proves that it was never placed, or is "
        "gone, seconds.",
    )
    listing_seconds: float = Field(
        3.0,
        ge=0,
        description="How long the venue may take to list a match that came before an order was cancelled, seconds.",
    )
    cancel_schedule: tuple[Seconds, ...] = Field(
        (0.0, 2.0, 5.0, 15.0, 60.0),
        min_length=1,
        description="When an order whose fate is open is cancelled (again), from when it came into doubt, rising, "
        "seconds.",
    )
    cancel_again_seconds: float = Field(30.0, gt=0, description="And every so often after that, seconds.")
    look_seconds: float = Field(
        5.0, gt=0, description="Time between two looks at open orders and trades when nothing calls for one, seconds."
    )
    look_gap_seconds: float = Field(
        0.25, gt=0, description="Least time between two looks that the user stream calls for, seconds."
    )
    account_seconds: float = Field(
        60.0,
        gt=0,
        description="Time between two comparisons of the account with the ledger, below "
        "risk.reconciled_within_seconds, seconds.",
    )
    account_retry_seconds: float = Field(
        2.0, gt=0, description="And between two tries while it does not agree, or has not been read, seconds."
    )
    overlap_seconds: float = Field(
        900.0, gt=0, description="How far each look at trades reaches back over the last one that succeeded, seconds."
    )
    first_overlap_seconds: float = Field(
        86_400.0,
        gt=0,
        description="And the first look of a run, over when the journal last heard anything, seconds.",
    )
    clock_seconds: float = Field(30.0, gt=0, description="Time between two looks at the venue's clock, seconds.")
    max_clock_skew_seconds: float = Field(
        2.0,
        gt=0,
        description="Furthest that our clock may be from the venue's before entries stop, seconds; 300 at least where "
        "venue.clock is venue.",
    )
    entries_per_second: float = Field(
        5.0, gt=0, description="Our own ceiling on entries, far below the venue's, orders a second."
    )
    requests_per_second: float = Field(
        20.0, gt=0, description="Our own ceiling on requests to the trading side, requests a second."
    )
    shortest_pause_seconds: float = Field(
        1.0, gt=0, description="Shortest wait after the venue said that it takes no orders now, seconds."
    )
    longest_pause_seconds: float = Field(30.0, gt=0, description="Longest such wait, seconds.")
    redeem_retry_seconds: float = Field(
        60.0, gt=0, description="Time between two tries of one redemption, doubling each time, seconds."
    )
    longest_redeem_retry_seconds: float = Field(3600.0, gt=0, description="Longest such time, seconds.")
    max_order_errors: int = Field(5, ge=1, description="Refused or doubtful orders within a minute that halt entries.")
    shutdown_seconds: float = Field(
        8.0, ge=0, description="How long a shutdown may take to cancel what rests, seconds."
    )

    @model_validator(mode="after")
    def _waits_are_ordered(self) -> LiveOptions:
        if any(
            later <= earlier for earlier, later in zip(self.cancel_schedule, self.cancel_schedule[1:], strict=False)
        ):
            raise ValueError(f"cancel_schedule must rise, was {list(self.cancel_schedule)}")
        for shortest, longest in (
            ("shortest_pause_seconds", "longest_pause_seconds"),
            ("redeem_retry_seconds", "longest_redeem_retry_seconds"),
        ):
            if getattr(self, shortest) > getattr(self, longest):
                raise ValueError(
                    f"{shortest} must not exceed {longest}, was {getattr(self, shortest)} and {getattr(self, longest)}"
                )
        return self
