"""Payouts: asked for when a market of ours resolved, asked again until they came, and noted when they did."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.clock import Clock
from copytrade_live.core.events import JournalEvent, RedemptionFailed, RedemptionPaid
from copytrade_live.core.market import DAY, Instant
from copytrade_live.failpoints import Failpoint, reach
from copytrade_live.ports import RedeemFailed, TradingVenue
from copytrade_live.runner.execution import Record
from copytrade_live.runner.live.ceiling import Ceiling, Urgency
from copytrade_live.runner.live.venue_time import VenueTime
from copytrade_live.settings import LiveOptions

# Payouts are read this far back: the venue may pay before it tells of the resolution, and we may have been away.
_REACH: Instant = 7 * DAY


@dataclass(slots=True)
class _Asked:
    """What was done about one condition. Units: next_at and pause in seconds of the clock that only goes forwards.

    reference: of the transaction that the venue took last, and that should have paid by next_at.
    """

    next_at: float
    pause: float
    is_hopeless: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutNotes:
    """What a Redeemer remembers of the journal: the payouts it has, by the venue's id."""

    noted: frozenset[str] = frozenset()


class Redeemer:
    """Works off what resolved markets owe us. Which they are is in the state, so a restart forgets none."""

    def __init__(
        self, venue: TradingVenue, ceiling: Ceiling, clock: Clock, venue_time: VenueTime, options: LiveOptions
    ) -> None:
        self._venue = venue
        self._ceiling = ceiling
        self._clock = clock
        self._venue_time = venue_time
        self._options = options
        self._noted: set[str] = set()
        self._asked: dict[str, _Asked] = {}

    def apply(self, event: JournalEvent) -> None:
        """Fold one journaled event: a payout is noted once, however often the venue lists it."""
        if isinstance(event, RedemptionPaid):
            self._noted.add(event.redemption_id)

    def notes(self) -> PayoutNotes:
        """All that a run which follows needs."""
        return PayoutNotes(noted=frozenset(self._noted))

    def recall(self, notes: PayoutNotes) -> None:
        """Remember exactly these payouts."""
        self._noted = set(notes.noted)

    async def look(self, record: Record) -> int:
        """Note payouts that came. Returns: how many. Raises: VenueError."""
        if not _concerned(record):
            return 0
        await self._ceiling.wait(Urgency.READ)
        paid = 0
        for redemption in await self._venue.redemptions(after=self._venue_time.now() - _REACH):
            if redemption.redemption_id in self._noted or redemption.condition_id not in _concerned(record):
                continue
            now = self._clock.now()
            record.observe(
                RedemptionPaid(
                    event_at=min(redemption.redeemed_at, now),
                    observed_at=now,
                    condition_id=redemption.condition_id,
                    cash=redemption.cash,
                    redemption_id=redemption.redemption_id,
                )
            )
            self._asked.pop(redemption.condition_id, None)
            paid += 1
        return paid

    async def work(self, record: Record) -> None:
        """Ask for every payout that is due to be asked for. Raises: VenueError."""
        owed = [condition for condition, cash in record.state.portfolio.receivable.items() if cash > 0]
        for condition in self._asked.keys() - set(owed):
            del self._asked[condition]
        if not any(self._is_due(condition) for condition in owed):
            return
        await self.look(record)
        for condition in sorted(owed):
            if self._is_due(condition) and record.state.portfolio.receivable.get(condition, 0) > 0:
                await self._ask(condition, record)

    def _is_due(self, condition_id: str) -> bool:
        asked = self._asked.get(condition_id)
        return asked is None or self._clock.monotonic() >= asked.next_at

    async def _ask(self, condition_id: str, record: Record) -> None:
        asked = self._asked.setdefault(condition_id, _Asked(0.0, self._options.redeem_retry_seconds / 2))
        if asked.reference:
            said = f"transaction {asked.reference} was taken and has not paid in {asked.pause:.0f} s; asking again"
            self._fail(condition_id, said, record)
            asked.reference = ""
        asked.pause = min(2 * asked.pause, self._options.longest_redeem_retry_seconds)
        asked.next_at = self._clock.monotonic() + asked.pause
        if asked.is_hopeless:
            # It is left to whoever may redeem; we only go on looking whether it was paid.
            return
        await self._ceiling.wait(Urgency.READ)
        reach(Failpoint.REDEEM_BEFORE, condition_id)
        answer = await self._venue.redeem(condition_id)
        reach(Failpoint.REDEEM_AFTER, condition_id)
        if isinstance(answer, RedeemFailed):
            asked.is_hopeless = not answer.may_retry
            self._fail(condition_id, answer.message, record)
        else:
            asked.reference = answer.reference

    def _fail(self, condition_id: str, message: str, record: Record) -> None:
        now = self._clock.now()
        record.observe(RedemptionFailed(event_at=now, observed_at=now, condition_id=condition_id, message=message))


def _concerned(record: Record) -> set[str]:
    """Conditions whose payout is ours: those that owe us, and those we hold, for the venue may pay before it tells."""
    portfolio = record.state.portfolio
    held = {position.market.condition_id for position in portfolio.positions.values()}
    return held | set(portfolio.receivable)
