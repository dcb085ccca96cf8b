"""One order of ours: signed, committed, sent once, watched, and followed to its proven end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from copytrade_live.clock import Clock
from copytrade_live.core.events import (
    OrderAccepted,
    OrderExpired,
    OrderNotPlaced,
    OrderRefusedByVenue,
    OrderSigned,
    OrderUnknown,
)
from copytrade_live.core.market import SECOND, Book, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.pricing import SIZE_STEP
from copytrade_live.errors import PolicyRefused, VenueError, VenueRestricted
from copytrade_live.failpoints import Failpoint, reach
from copytrade_live.logs import logger
from copytrade_live.ports import (
    PostAccepted,
    PostRefused,
    PostStatus,
    PostUnknown,
    SignedOrder,
    TradingVenue,
    VenueRestriction,
)
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.execution import Record
from copytrade_live.runner.health import Health
from copytrade_live.runner.live.ceiling import Ceiling, Urgency
from copytrade_live.runner.live.fills_seen import FillsSeen
from copytrade_live.runner.live.look import Look, Looker
from copytrade_live.runner.live.openness import Openness
from copytrade_live.runner.live.waiting import wait_for
from copytrade_live.settings import LiveOptions

# How long preparing waits before it asks again.
_PREPARE_AGAIN_SECONDS = 1.0
# Looks that follow a match the venue told of, until its trades show.
_AFTER_MATCH = (0.0, 0.5, 1.0, 2.0)

_log = logger("orders")


@dataclass(slots=True, kw_only=True)
class Bench:
    """What every order is worked with."""

    venue: TradingVenue
    record: Record
    seen: FillsSeen
    looker: Looker
    ceiling: Ceiling
    openness: Openness
    books: BookDesk
    clock: Clock
    health: Health
    options: LiveOptions
    # Told of every answer that was not a plain yes.
    on_error: Callable[[], None]
    on_restriction: Callable[[], None]


class OrderWork:
    """The life of one order at the venue. Everything it learns goes into the record at once."""

    def __init__(self, order: Order, bench: Bench, *, is_new: bool = True) -> None:
        self._order = order
        self._bench = bench
        self._news = asyncio.Event()
        self._cancel_asked = False
        self._is_placed = False
        # When the venue said that it is cancelled, and the most that it said is matched.
        self._cancelled_at: float | None = None
        self._matched_there = 0
        # The time it may rest counts from here, whatever is done to the time of day.
        left = (order.expires_at - order.submitted_at) / SECOND
        if not is_new:
            # What a run before decided may be old; only the time of day can tell.
            left = min(left, (order.expires_at - bench.clock.now()) / SECOND)
        self._ends_at = bench.clock.monotonic() + left

    def nudge(self) -> None:
        """Something about this order changed: look at it now."""
        self._news.set()

    def cancel(self) -> None:
        """End it at the venue as soon as may be."""
        self._cancel_asked = True
        self._news.set()

    @property
    def should_end(self) -> bool:
        """Whether it must not rest while nothing can be written: it buys, was cancelled, or its time is over."""
        return self._order.exit_reason is None or self._why_stop() is not None

    # --- the ways to begin ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work an order that nothing was signed for yet."""
        signed = await self._sign()
        if signed is not None:
            await self.run_signed(signed)

    async def run_signed(self, signed: SignedOrder) -> None:
        """Work an order that was signed and committed with what decided it."""
        # Others had their turn since: what they stopped is not sent, and so it never was.
        if self._why_stop() is not None:
            self._not_placed()
            return
        await self._send(signed)

    async def _send(self, signed: SignedOrder) -> None:
        answer = await self._post(signed)
        match answer:
            case PostAccepted():
                self._accepted(answer)
                await self._watch(looks=answer.status is PostStatus.MATCHED or bool(answer.trade_ids))
                await self._end(self._why_ended())
            case PostRefused():
                self._refused(answer)
            case PostUnknown():
                self._doubt(answer.cause)
                await self._end("doubt")

    async def resume(self) -> None:
        """Go on with an order that the run before had signed: what became of it is open until it is proven."""
        self._doubt("the run before ended before its fate was known")
        await self._end("restart")

    # --- before the venue has it --------------------------------------------------------------------------------

    async def _sign(self) -> SignedOrder | None:
        """Wait for its turn, sign and commit. Returns: None when it ended before anything was signed."""
        bench, order = self._bench, self._order
        if not await self._prepare() or not await self._turn():
            self._not_placed()
            return None
        reach(Failpoint.SIGN_BEFORE, order.order_id)
        try:
            signed = await bench.venue.sign(order)
        except PolicyRefused as refusal:
            bench.on_error()
            self._observe_refusal("policy", str(refusal))
            return None
        except VenueError as error:
            bench.health.failed("signing", error)
            self._not_placed()
            return None
        reach(Failpoint.SIGN_AFTER, order.order_id)
        # Signing may have taken a while: ask again, for nothing may be sent after a halt was committed.
        if self._why_stop() is not None:
            self._not_placed()
            return None
        now = bench.clock.now()
        bench.record.observe(
            OrderSigned(
                event_at=signed.signed_at,
                observed_at=now,
                order_id=order.order_id,
                venue_order_id=signed.venue_order_id,
            ),
            signed,
        )
        return signed

    async def _prepare(self) -> bool:
        """Have the venue's terms at hand. Returns: whether it may go on."""
        bench = self._bench
        while self._why_stop() is None:
            entry = bench.record.state.portfolio.working.get(self._order.order_id)
            if entry is None:
                return False
            try:
                await bench.venue.prepare(entry.market, self._order.token_id)
            except VenueError as error:
                bench.health.failed("terms", error)
                await wait_for(self._news, _PREPARE_AGAIN_SECONDS, bench.clock)
            else:
                return True
        return False

    async def _turn(self) -> bool:
        """Wait until the venue is open and our ceiling has room. Returns: whether it may go on."""
        bench = self._bench
        urgency = urgency_of(self._order)
        while self._why_stop() is None:
            if not bench.openness.may_post:
                seconds = min(bench.openness.seconds_left, self._seconds_left())
                await wait_for(self._news, max(seconds, 0.05), bench.clock)
                continue
            await bench.ceiling.wait(urgency)
            if bench.openness.may_post:
                return self._why_stop() is None
        return False

    async def _post(self, signed: SignedOrder) -> PostAccepted | PostRefused | PostUnknown:
        # Nothing may come between the commit of the signed order and this, and nothing ever sends it again.
        reach(Failpoint.POST_BEFORE, self._order.order_id)
        answer = await self._bench.venue.post(signed)
        reach(Failpoint.POST_AFTER, self._order.order_id)
        return answer

    # --- what the venue said ------------------------------------------------------------------------------------

    def _accepted(self, answer: PostAccepted) -> None:
        now = self._bench.clock.now()
        self._is_placed = True
        self._bench.openness.answered(is_entry=self._order.side is Side.BUY)
        self._bench.on_restriction()
        self._bench.record.observe(OrderAccepted(event_at=now, observed_at=now, order_id=self._order.order_id))
        if answer.venue_order_id not in ("", self._bench.seen.venue_id(self._order.order_id)):
            _log.error("order %s: the venue calls it %s", self._order.order_id, answer.venue_order_id)

    def _refused(self, answer: PostRefused) -> None:
        is_restriction = self._bench.openness.refused(answer, is_entry=self._order.side is Side.BUY)
        self._bench.on_restriction()
        if not is_restriction:
            self._bench.on_error()
        self._observe_refusal(answer.code, answer.message)

    def _observe_refusal(self, code: str, message: str) -> None:
        now = self._bench.clock.now()
        self._bench.record.observe(
            OrderRefusedByVenue(
                event_at=now, observed_at=now, order_id=self._order.order_id, code=code, message=message
            )
        )

    def _doubt(self, cause: str) -> None:
        now = self._bench.clock.now()
        self._bench.on_error()
        self._bench.record.observe(
            OrderUnknown(event_at=now, observed_at=now, order_id=self._order.order_id, cause=cause)
        )

    # --- while it rests -----------------------------------------------------------------------------------------

    async def _watch(self, *, looks: bool) -> None:
        """Wait until it is full, its time is up, or it must end."""
        bench = self._bench
        delays = list(_AFTER_MATCH) if looks else []
        while self._is_working() and self._why_stop() is None:
            if delays:
                await wait_for(self._news, min(delays.pop(0), self._seconds_left()), bench.clock)
                await self._look()
            else:
                await wait_for(self._news, self._seconds_left(), bench.clock)
            self._news.clear()

    async def _look(self) -> Look | None:
        try:
            found = await self._bench.looker.look(self._bench.record)
        except VenueError as error:
            self._bench.health.failed("look", error)
            return None
        self._bench.health.succeeded("look", self._bench.clock.now())
        return found

    def _why_ended(self) -> str:
        return self._why_stop() or "full"

    # --- to its proven end --------------------------------------------------------------------------------------

    async def _end(self, why: str) -> None:
        """Cancel until it is proven that nothing more will come of it, then say so."""
        bench = self._bench
        venue_id = bench.seen.venue_id(self._order.order_id)
        if venue_id is None or self._is_complete():
            return
        began_at = bench.clock.monotonic()
        for seconds in self._cancel_times():
            await self._pause_until(began_at + seconds)
            asked_at = bench.clock.monotonic()
            is_answered = await self._cancel(venue_id)
            if self._cancelled_at is not None:
                # A match that came before may be listed only now.
                await self._pause_until(self._cancelled_at + bench.options.listing_seconds)
            found = await self._look()
            if self._is_complete():
                return
            if found is not None and self._is_proven(venue_id, found, is_answered, asked_at, began_at):
                await self._say_dead(why)
                return

    def _cancel_times(self) -> _Schedule:
        return _Schedule(self._bench.options)

    async def _pause_until(self, moment: float) -> None:
        clock = self._bench.clock
        while (left := moment - clock.monotonic()) > 0 and not self._is_complete():
            self._news.clear()
            await wait_for(self._news, left, clock)

    async def _cancel(self, venue_id: str) -> bool:
        """Ask once, unless the venue has said that it is cancelled. Returns: whether it answered."""
        bench = self._bench
        if self._cancelled_at is not None:
            return True
        await bench.ceiling.wait(Urgency.EXIT)
        reach(Failpoint.CANCEL_BEFORE, self._order.order_id)
        try:
            answer = await bench.venue.cancel([venue_id])
        except VenueError as error:
            self._unanswered(error)
            return False
        reach(Failpoint.CANCEL_AFTER, self._order.order_id)
        bench.health.succeeded("cancel", bench.clock.now())
        if venue_id in answer.cancelled:
            self._is_placed, self._cancelled_at = True, bench.clock.monotonic()
        return True

    def _unanswered(self, error: VenueError) -> None:
        bench = self._bench
        bench.health.failed("cancel", error)
        if isinstance(error, VenueRestricted):
            bench.openness.unanswered(VenueRestriction(error.restriction), error.retry_after)
            bench.on_restriction()

    def _is_proven(self, venue_id: str, found: Look, is_answered: bool, asked_at: float, began_at: float) -> bool:
        """Whether nothing can come any more: cancelled with every match accounted for, or absent for long enough."""
        bench = self._bench
        if venue_id in found.resting:
            self._is_placed = True
            self._matched_there = max(self._matched_there, found.resting[venue_id].matched)
            return False
        if self._cancelled_at is not None and self._matched_there <= bench.seen.matched(self._order.order_id):
            return True
        restarting = bench.openness.restarting_at
        is_quiet = asked_at - began_at >= bench.options.quiet_seconds
        return is_quiet and is_answered and (restarting is None or asked_at > restarting)

    async def _say_dead(self, why: str) -> None:
        bench, order = self._bench, self._order
        if not self._is_working():
            return
        is_known = self._is_placed or bench.seen.matched(order.order_id) > 0
        if not is_known:
            self._not_placed()
            return
        book = await self._book() if why == "expired" else None
        now = bench.clock.now()
        # Fetching the book let others run: a fill, or the market's end, may have ended it meanwhile.
        if self._is_working():
            bench.record.observe(
                OrderExpired(event_at=min(order.expires_at, now), observed_at=now, order_id=order.order_id, book=book)
            )

    async def _book(self) -> Book | None:
        found = await self._bench.books.fresh([self._order.token_id])
        return found.get(self._order.token_id)

    def _not_placed(self) -> None:
        if self._is_working():
            now = self._bench.clock.now()
            self._bench.record.observe(OrderNotPlaced(event_at=now, observed_at=now, order_id=self._order.order_id))

    # --- what is asked again and again ----------------------------------------------------------------------------

    def _is_working(self) -> bool:
        return self._order.order_id in self._bench.record.state.portfolio.working

    def _is_complete(self) -> bool:
        return self._order.size - self._bench.seen.matched(self._order.order_id) < SIZE_STEP

    def _seconds_left(self) -> float:
        return max(0.0, self._ends_at - self._bench.clock.monotonic())

    def _why_stop(self) -> str | None:
        """Why this order must not rest any longer, None while it may."""
        if self._cancel_asked:
            return "cancelled"
        if self._seconds_left() <= 0:
            return "expired"
        return None if self._is_working() else "abandoned"


def urgency_of(order: Order) -> Urgency:
    """What lessens risk goes first."""
    return Urgency.ENTRY if order.exit_reason is None else Urgency.EXIT


class _Schedule:
    """Seconds at which an order in doubt is cancelled: those of the options, then every so often without end."""

    def __init__(self, options: LiveOptions) -> None:
        self._first = list(options.cancel_schedule)
        self._again = options.cancel_again_seconds
        self._last = 0.0

    def __iter__(self) -> _Schedule:
        return self

    def __next__(self) -> float:
        self._last = self._first.pop(0) if self._first else self._last + self._again
        return self._last
