"""Planted bugs of the order path: what is sent, what is believed of the answer, and what a fill is taken for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from copytrade_live.core.events import FillVoided, JournalEvent, Observation, OrderSigned
from copytrade_live.core.market import Micro, Side
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.portfolio import OrderStatus, Portfolio, Position, WorkingOrder
from copytrade_live.ports import PostAnswer, PostRefused, PostUnknown, SignedOrder, TradeStatus, VenueTrade
from copytrade_live.runner.live import look
from copytrade_live.runner.live.executor import LiveExecutor
from copytrade_live.runner.live.fills_seen import Stand
from copytrade_live.runner.live.look import Looker
from copytrade_live.runner.live.order_work import OrderWork
from copytrade_live.runner.recorder import Recorder
from copytrade_live.simulation.planted import Bug, swapped

Post = Callable[[OrderWork, SignedOrder], object]


@contextmanager
def _sign_again() -> Iterator[None]:
    right = OrderWork._post

    async def post(self: OrderWork, signed: SignedOrder) -> PostAnswer:
        answer = await right(self, signed)
        if isinstance(answer, PostUnknown):
            again = await self._bench.venue.sign(self._order)
            return await self._bench.venue.post(again)
        return answer

    with swapped(OrderWork, "_post", post):
        yield


@contextmanager
def _send_first() -> Iterator[None]:
    observe, right = Recorder.observe, OrderWork._post
    held: dict[str, tuple[Recorder, Observation, SignedOrder]] = {}

    def observe_later(self: Recorder, observation: Observation, signed: SignedOrder | None = None) -> None:
        if isinstance(observation, OrderSigned) and signed is not None:
            held[observation.order_id] = (self, observation, signed)
        else:
            observe(self, observation, signed)

    async def post(self: OrderWork, signed: SignedOrder) -> PostAnswer:
        try:
            return await right(self, signed)
        finally:
            recorder, observation, kept = held.pop(signed.order_id)
            observe(recorder, observation, kept)

    with (
        swapped(LiveExecutor, "sign_now", lambda self, order: None),
        swapped(Recorder, "observe", observe_later),
        swapped(OrderWork, "_post", post),
    ):
        yield


def _refusing(cause: str) -> Callable[[], Iterator[None]]:
    def plant() -> Iterator[None]:
        right = OrderWork._post

        async def post(self: OrderWork, signed: SignedOrder) -> PostAnswer:
            answer = await right(self, signed)
            if isinstance(answer, PostUnknown) and answer.cause == cause:
                return PostRefused(code=cause, message="taken for a refusal")
            return answer

        with swapped(OrderWork, "_post", post):
            yield

    return plant


@contextmanager
def _not_found_is_gone() -> Iterator[None]:
    async def resume(self: OrderWork) -> None:
        self._doubt("the run before ended before its fate was known")
        venue_id = self._bench.seen.venue_id(self._order.order_id)
        found = None
        while found is None:
            found = await self._look()
        if venue_id in found.resting:
            await self._end("restart")
        else:
            await self._say_dead("expired")

    with swapped(OrderWork, "resume", resume):
        yield


@contextmanager
def _matched_is_settled() -> Iterator[None]:
    right = look._fill_of

    def fill_of(trade: VenueTrade, fill_id: str, order_id: str) -> Fill:
        return replace(right(trade, fill_id, order_id), is_final=True)

    with swapped(look, "_fill_of", fill_of):
        yield


@contextmanager
def _buy_again() -> Iterator[None]:
    right = LiveExecutor.apply

    def apply(self: LiveExecutor, event: JournalEvent) -> None:
        right(self, event)
        if isinstance(event, FillVoided) and hasattr(self, "_record"):
            entry = self._record.state.portfolio.order_of(event.order_id)
            if entry is not None and entry.order.side is Side.BUY:
                self._spawn(_send(self, entry.order), "again")

    async def _send(self: LiveExecutor, order: Order) -> None:
        await self._venue.post(await self._venue.sign(order))

    with swapped(LiveExecutor, "apply", apply):
        yield


@contextmanager
def _void_twice() -> Iterator[None]:
    right = Looker._take

    def take(self: Looker, trade: VenueTrade, *rest: object) -> bool:
        order_id = self._seen.order_id(trade.venue_order_id)
        fill_id = f"{order_id}/{trade.trade_id}"
        seen = self._seen._fills.get(fill_id)
        if trade.status is TradeStatus.FAILED and seen is not None and seen.stand is Stand.VOIDED:
            self._seen._fills[fill_id] = replace(seen, stand=Stand.PROVISIONAL)
        return right(self, trade, *rest)  # type: ignore[arg-type]

    with swapped(Looker, "_take", take):
        yield


@contextmanager
def _unknown_is_free() -> Iterator[None]:
    reserved, works_in = vars(WorkingOrder)["reserved"], Portfolio.works_in

    def less(self: WorkingOrder) -> Micro:
        return 0 if self.status is OrderStatus.UNKNOWN else int(reserved.__get__(self))

    def works(self: Portfolio, condition_id: str) -> bool:
        known = {name: one for name, one in self.working.items() if one.status is not OrderStatus.UNKNOWN}
        return works_in(replace(self, working=known), condition_id)

    with (
        swapped(WorkingOrder, "reserved", property(less)),
        swapped(Portfolio, "works_in", works),
        swapped(Portfolio, "unknown_in", lambda self, condition_id: False),
    ):
        yield


@contextmanager
def _sell_matched() -> Iterator[None]:
    # What orders matched, whatever arrived of it.
    with swapped(Position, "sellable", property(lambda self: self.size + self.coming - self.going)):
        yield


LIVE_BUGS = (
    Bug(
        name="sign-again-on-timeout",
        summary="An order without an answer is signed and sent once more.",
        profile="orders",
        plant=_sign_again,
    ),
    Bug(
        name="send-before-commit",
        summary="The order leaves before it is on disk.",
        profile="orders",
        plant=_send_first,
    ),
    Bug(
        name="5xx-is-rejected",
        summary="A server error is taken for a refusal.",
        profile="orders",
        plant=contextmanager(_refusing("server_error")),
    ),
    Bug(
        name="unknown-is-rejected",
        summary="An answer that cannot be read is taken for a refusal.",
        profile="orders",
        plant=contextmanager(_refusing("garbled_answer")),
    ),
    Bug(
        name="not-found-is-cancelled",
        summary="An order that a new run does not find resting counts as cancelled.",
        profile="restarts",
        plant=_not_found_is_gone,
    ),
    Bug(
        name="matched-is-settled",
        summary="A match counts as settled.",
        profile="ghosts",
        plant=_matched_is_settled,
    ),
    Bug(
        name="ghost-bought-again",
        summary="A fill that failed to settle is bought once more.",
        profile="ghosts",
        plant=_buy_again,
    ),
    Bug(
        name="void-twice",
        summary="A failed fill is taken back every time it is seen.",
        profile="ghosts",
        plant=_void_twice,
    ),
    Bug(
        name="unknown-is-free",
        summary="An order of unknown fate holds neither cash nor its market.",
        profile="orders",
        plant=_unknown_is_free,
    ),
    Bug(
        name="sell-what-matched",
        summary="What matched is sold, not what arrived.",
        profile="ghosts",
        plant=_sell_matched,
    ),
)
