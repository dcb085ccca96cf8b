"""Live execution: every order its own task, so a slow one delays no other, and everything ended by what is proven."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from copytrade_live.clock import Clock
from copytrade_live.core.events import (
    JournalEvent,
    OperatorCommanded,
    OrderAbandoned,
    OrderFilled,
    OrderSigned,
    Verb,
)
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.orders import Order
from copytrade_live.core.reasons import Condition
from copytrade_live.errors import DiskFull, PolicyRefused, VenueError
from copytrade_live.failpoints import Failpoint, reach
from copytrade_live.logs import logger
from copytrade_live.ports import HintKind, SignedOrder, SignsAtOnce, TradingVenue
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.execution import Record, RoomyRecord, Signing
from copytrade_live.runner.health import Health
from copytrade_live.runner.live.ceiling import Ceiling, Urgency
from copytrade_live.runner.live.conditions import Conditions, ErrorCount
from copytrade_live.runner.live.fills_seen import FillNotes, FillsSeen
from copytrade_live.runner.live.look import Looker
from copytrade_live.runner.live.openness import Openness
from copytrade_live.runner.live.order_work import Bench, OrderWork, urgency_of
from copytrade_live.runner.live.reconcile import Reconciler
from copytrade_live.runner.live.redeeming import PayoutNotes, Redeemer
from copytrade_live.runner.live.venue_time import VenueTime
from copytrade_live.runner.live.waiting import wait_for
from copytrade_live.settings import LiveOptions

# How often the small chores are looked at.
_CHORES_SECONDS = 1.0
_HINTS_AGAIN_SECONDS = 5.0

_log = logger("orders")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveNotes:
    """What the executor remembers of the journal."""

    fills: FillNotes = field(default_factory=FillNotes)
    payouts: PayoutNotes = field(default_factory=PayoutNotes)


class LiveExecutor:
    """Places, watches, cancels, reconciles and redeems at one venue, for one account.

    begin it inside the loop, end it in the end. What it knows is a fold of the journal (apply) and what the venue
    answers; place, cancel and redeem only begin work and never wait.
    """

    def __init__(
        self, venue: TradingVenue, books: BookDesk, clock: Clock, health: Health, options: LiveOptions | None = None
    ) -> None:
        self._venue = venue
        self._signer = venue if isinstance(venue, SignsAtOnce) else None
        self._books = books
        self._clock = clock
        self._health = health
        self._options = options or LiveOptions()
        self._seen = FillsSeen()
        self._ceiling = Ceiling(self._options.requests_per_second, self._options.entries_per_second, clock)
        self._openness = Openness(clock, self._options)
        self._conditions = Conditions(clock)
        self._errors = ErrorCount(clock)
        self._venue_time = VenueTime(clock)
        self._looker = Looker(venue, self._seen, self._ceiling, clock, self._venue_time, self._options)
        self._redeemer = Redeemer(venue, self._ceiling, clock, self._venue_time, self._options)
        self._reconciler = Reconciler(venue, self._looker, self._redeemer, self._ceiling, clock)
        self._works: dict[str, OrderWork] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._look_due = asyncio.Event()
        self._account_due = asyncio.Event()
        self._is_closing = False
        self._strangers: frozenset[str] = frozenset()
        self._record: RoomyRecord

    # --- what the recorder calls -------------------------------------------------------------------------------

    def apply(self, event: JournalEvent) -> None:
        """Fold one journaled event, and wake what it concerns."""
        self._seen.apply(event)
        self._redeemer.apply(event)
        if isinstance(event, OperatorCommanded) and event.verb is Verb.RESUME:
            self._openness.lift()
            self._account_due.set()
        elif isinstance(event, OrderFilled) and event.fill.order_id in self._works:
            self._works[event.fill.order_id].nudge()
        elif isinstance(event, OrderAbandoned) and event.order_id in self._works:
            self._works[event.order_id].nudge()

    notes_kind = LiveNotes

    def notes(self, working: Collection[str]) -> LiveNotes:
        """All that a run which follows needs of the journal."""
        return LiveNotes(fills=self._seen.notes(), payouts=self._redeemer.notes())

    def recall(self, notes: object) -> None:
        """Remember exactly this."""
        if isinstance(notes, LiveNotes):
            self._seen.recall(notes.fills)
            self._redeemer.recall(notes.payouts)

    def sign_now(self, order: Order) -> Signing | None:
        """Sign at once, where the venue is open, its terms are at hand, and our ceiling has room."""
        if self._is_closing or order.order_id in self._works or self._signer is None:
            return None
        if not self._openness.may_post or not self._signer.may_sign_at_once(order):
            return None
        if not self._ceiling.take_now(urgency_of(order)):
            return None
        reach(Failpoint.SIGN_BEFORE, order.order_id)
        try:
            signed = self._signer.sign_at_once(order)
        except (PolicyRefused, VenueError):
            # It is asked again by the order's own task, which says what comes of it.
            return None
        reach(Failpoint.SIGN_AFTER, order.order_id)
        return (
            OrderSigned(
                event_at=signed.signed_at,
                observed_at=self._clock.now(),
                order_id=order.order_id,
                venue_order_id=signed.venue_order_id,
            ),
            signed,
        )

    def place(self, order: Order, signed: SignedOrder | None = None) -> None:
        """Begin to work an order, beside all others."""
        life = OrderWork.run if signed is None else partial(OrderWork.run_signed, signed=signed)
        work = OrderWork(order, self._bench)
        if self._is_closing:
            # What replaces an order that ended at the shutdown would rest with nobody to watch it.
            work.cancel()
        self._begin(work, order, life)

    def cancel(self, order_id: str) -> None:
        """Have an order ended at the venue."""
        if order_id in self._works:
            self._works[order_id].cancel()

    def redeem(self, condition_id: str) -> None:
        """A market paid out; the chores ask for it within a second, and again until it came."""

    # --- life ------------------------------------------------------------------------------------------------------

    def begin(self, record: RoomyRecord, last_heard: Instant | None) -> None:
        """Take over what the run before left, and begin to watch. last_heard: the journal's last event of that run."""
        self._record = record
        self._bench = Bench(
            venue=self._venue,
            record=record,
            seen=self._seen,
            looker=self._looker,
            ceiling=self._ceiling,
            openness=self._openness,
            books=self._books,
            clock=self._clock,
            health=self._health,
            options=self._options,
            on_error=self._count_error,
            on_restriction=self._tell_openness,
        )

        self._looker.last_heard = last_heard
        for entry in list(record.state.portfolio.working.values()):
            work = OrderWork(entry.order, self._bench, is_new=False)
            is_signed = self._seen.venue_id(entry.order.order_id) is not None
            self._begin(work, entry.order, OrderWork.resume if is_signed else OrderWork.run)
            if entry.ending is not None:
                work.cancel()
        for chore, name in (
            (self._keep_time, "venue clock"),
            (self._keep_looking, "looks"),
            (self._keep_reconciling, "account"),
            (self._keep_redeeming, "payouts"),
            (self._keep_telling, "conditions"),
            (self._hear_hints, "user stream"),
        ):
            self._spawn(self._endure(chore), name)

    async def get_ready(self, token_ids: Collection[str]) -> None:
        """Have the venue's terms of these tokens at hand, so that signing need not wait for them."""
        for token_id in token_ids:
            try:
                await self._venue.prepare(None, token_id)
            except VenueError as error:
                self._health.failed("terms", error)

    async def progress(self, record: Record) -> None:
        """Everything is done in tasks. Raises what broke one: whoever runs the executor must end with it."""
        if self._failure is not None:
            raise self._failure

    async def end(self, *, cancels: bool) -> None:
        """Stop, cancelling what rests if asked to, within the time the options allow."""
        self._is_closing = True
        if cancels and self._works:
            for work in list(self._works.values()):
                work.cancel()
            done = asyncio.Event()
            limit = asyncio.ensure_future(self._clock.sleep(self._options.shutdown_seconds))
            limit.add_done_callback(lambda _: done.set())
            while self._works and not done.is_set():
                await wait_for(done, 0.05, self._clock)
            limit.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def open_works(self) -> int:
        """How many orders are being worked."""
        return len(self._works)

    # --- tasks ------------------------------------------------------------------------------------------------------

    def _begin(self, work: OrderWork, order: Order, life: Callable[[OrderWork], Coroutine[Any, Any, None]]) -> None:
        if order.order_id in self._works:
            return
        self._works[order.order_id] = work
        self._spawn(self._live(order.order_id, work, life), order.order_id)

    async def _live(
        self, order_id: str, work: OrderWork, life: Callable[[OrderWork], Coroutine[Any, Any, None]]
    ) -> None:
        again: OrderWork | None = work
        try:
            while again is not None:
                try:
                    await life(again)
                    return
                except DiskFull as error:
                    self._health.failed("disk", error)
                again, life = await self._take_up(order_id, again)
        finally:
            self._works.pop(order_id, None)

    async def _take_up(
        self, order_id: str, work: OrderWork
    ) -> tuple[OrderWork | None, Callable[[OrderWork], Coroutine[Any, Any, None]]]:
        """After a disk that was full: once there is room, go on as a run would that is started then.

        What was found meanwhile could not be written, so it is looked for again. What may still buy is cancelled.
        """
        venue_id = self._seen.venue_id(order_id)
        while True:
            await self._clock.sleep(_CHORES_SECONDS)
            if self._record.has_room(self._clock.now()):
                break
            if venue_id is not None and work.should_end:
                with suppress(VenueError):
                    await self._ceiling.wait(Urgency.EXIT)
                    await self._venue.cancel([venue_id])
        entry = self._record.state.portfolio.working.get(order_id)
        if entry is None:
            return None, OrderWork.resume
        again = self._works[order_id] = OrderWork(entry.order, self._bench, is_new=False)
        if entry.ending is not None or work.should_end:
            again.cancel()
        return again, OrderWork.resume if venue_id is not None else OrderWork.run

    async def _endure(self, chore: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A chore that is begun again after a disk that was full."""
        while True:
            try:
                await chore()
                return
            except DiskFull as error:
                self._health.failed("disk", error)
                await self._clock.sleep(_CHORES_SECONDS)

    def _spawn(self, life: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(life, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s broke: %r", task.get_name(), error)
            self._failure = self._failure or error

    # --- chores -----------------------------------------------------------------------------------------------------

    async def _keep_looking(self) -> None:
        while True:
            try:
                found = await self._looker.look(self._record)
                self._health.succeeded("look", self._clock.now())
                self._tell_strangers(found.strangers)
                await self._end_leftovers(found.resting)
            except VenueError as error:
                self._health.failed("look", error)
            await wait_for(self._look_due, self._options.look_seconds, self._clock)
            self._look_due.clear()
            await self._clock.sleep(self._options.look_gap_seconds)

    def _tell_strangers(self, strangers: frozenset[str]) -> None:
        """Log what someone else does with the account; the comparison with the ledger is what acts on it."""
        if strangers - self._strangers:
            _log.warning("the account has orders or trades that are not ours: %s", ", ".join(sorted(strangers)[:5]))
        self._strangers = strangers

    async def _end_leftovers(self, resting: Iterable[str]) -> None:
        """Cancel orders of ours that rest although nothing works them: lost cancels, late bookings, dust."""
        leftovers = [
            venue_id
            for venue_id in sorted(resting)
            if (order_id := self._seen.order_id(venue_id)) is not None and order_id not in self._works
        ]
        if leftovers:
            await self._ceiling.wait(Urgency.EXIT)
            await self._venue.cancel(leftovers)

    async def _keep_reconciling(self) -> None:
        options = self._options
        while True:
            is_done = False
            try:
                is_done = await self._reconciler.reconcile(self._record)
            except VenueError as error:
                self._health.failed("account", error)
            else:
                self._health.succeeded("account", self._clock.now())
            seconds = options.account_seconds if is_done else options.account_retry_seconds
            await wait_for(self._account_due, seconds, self._clock)
            self._account_due.clear()

    async def _keep_redeeming(self) -> None:
        while True:
            try:
                await self._redeemer.work(self._record)
            except VenueError as error:
                self._health.failed("payouts", error)
            await self._clock.sleep(_CHORES_SECONDS)

    async def _keep_telling(self) -> None:
        # Apart from payouts: a relayer that answers late must not make a restriction outlast its end.
        while True:
            self._tell_openness()
            self._tell_errors()
            await self._clock.sleep(_CHORES_SECONDS)

    async def _keep_time(self) -> None:
        limit = self._options.max_clock_skew_seconds
        while True:
            asked_at = self._clock.now()
            try:
                theirs = await self._venue.server_time()
            except VenueError as error:
                self._health.failed("venue clock", error)
            else:
                # The venue may have read its clock at any moment between our question and its answer.
                heard_at = self._clock.now()
                self._venue_time.learn(theirs)
                skew = max(asked_at - theirs, theirs - heard_at, 0) / SECOND
                self._health.succeeded("venue clock", heard_at)
                self._conditions.tell(
                    self._record, Condition.CLOCK_SKEW, is_ok=skew <= limit, measured=skew, limit=limit
                )
            await self._clock.sleep(self._options.clock_seconds)

    async def _hear_hints(self) -> None:
        while True:
            try:
                async for hint in self._venue.hints():
                    self._look_due.set()
                    if hint.kind in (HintKind.RECONNECTED, HintKind.GAP):
                        self._account_due.set()
            except VenueError as error:
                self._health.failed("user stream", error)
            await self._clock.sleep(_HINTS_AGAIN_SECONDS)

    # --- conditions -------------------------------------------------------------------------------------------------

    def _count_error(self) -> None:
        self._errors.add()
        self._tell_errors()

    def _tell_errors(self) -> None:
        count, limit = self._errors.count, self._options.max_order_errors
        self._conditions.tell(
            self._record,
            Condition.ORDER_ERRORS,
            is_ok=count < limit,
            measured=float(count),
            limit=float(limit),
        )

    def _tell_openness(self) -> None:
        openness = self._openness
        is_ok = openness.restriction is None or (openness.may_post and not openness.is_lasting)
        self._conditions.tell(
            self._record,
            Condition.VENUE_RESTRICTED,
            is_ok=is_ok,
            measured=openness.seconds_left,
            limit=0.0,
            detail=openness.restriction or "",
        )
