"""A venue that answers as badly as a real one: unknown fates, provisional fills, voids, late fills, late payouts."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import replace
from random import Random

from copytrade_live.core.engine import CancelOrder, Intent, PlaceOrder, State
from copytrade_live.core.events import (
    AccountObserved,
    FillConfirmed,
    FillVoided,
    Observation,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    OrderNotPlaced,
    OrderRefusedByVenue,
    OrderSigned,
    OrderUnknown,
    RedemptionFailed,
    RedemptionPaid,
)
from copytrade_live.core.fills import fill_against
from copytrade_live.core.market import MINUTE, SECOND, Instant, Level, Micro, Side
from copytrade_live.core.orders import Fill, Order
from tests.builders import at, book


class Answers:
    """What the venue will say, by time; and what its account truly holds, so that books can be compared with it."""

    def __init__(self, seed: int, cash: Micro, *, is_real: bool) -> None:
        self._rng = Random(seed)
        self._due: list[tuple[Instant, int, Observation]] = []
        self._said = 0
        self._dead: set[str] = set()
        self._is_real = is_real
        self.cash = cash
        self.holdings: Counter[str] = Counter()
        self._promised: Counter[str] = Counter()

    def due(self, until: Instant) -> Observation | None:
        """The next thing said by then."""
        if not self._due or self._due[0][0] > until:
            return None
        said = heapq.heappop(self._due)[2]
        return said

    def settle(self, observation: Observation, state: State) -> None:
        """Move the account as what was said does. Call it before the observation is folded."""
        if isinstance(observation, OrderFilled) and observation.fill.is_final:
            if observation.fill.fill_id not in _known(state, observation.fill.order_id):
                self._move(observation.fill)
        elif isinstance(observation, RedemptionPaid):
            self.cash += observation.cash
        elif isinstance(observation, FillConfirmed) and observation.fill_id in state.portfolio.provisional:
            self._move(state.portfolio.provisional[observation.fill_id].fill)

    def account(self, now: Instant, state: State, *, is_used: bool = True) -> AccountObserved:
        """What the venue shows of every token that the books know. Now and then its owner has used it meanwhile."""
        if is_used and state.standing.account and self._rng.random() < 0.1:
            self.cash += self._rng.choice([-3_000_000, 5_000_000])
            for token in sorted(state.portfolio.positions)[:1]:
                self.holdings[token] += self._rng.choice([-1_000_000, 2_000_000])
        tokens = state.portfolio.positions.keys() | state.portfolio.foreign.keys()
        return AccountObserved(
            **at(now), cash=self.cash, holdings=tuple((token, self.holdings[token]) for token in sorted(tokens))
        )

    def answer(self, intent: Intent, now: Instant, state: State) -> None:
        """Plan what the venue says to an intent."""
        if isinstance(intent, PlaceOrder):
            self._work(intent.order, now)
        elif isinstance(intent, CancelOrder):
            self._end(intent.order_id, now + SECOND)
        else:
            self._pay(intent.condition_id, now, state)

    def _work(self, order: Order, now: Instant) -> None:
        name, luck = order.order_id, self._rng.random()
        self._say(now, OrderSigned(**at(now), order_id=name, venue_order_id=f"0x{name}"))
        if luck < 0.08:
            self._say(now, OrderRefusedByVenue(**at(now), order_id=name, code="400", message="no"))
            return
        if luck < 0.25 and self._is_real:
            self._say(now, OrderUnknown(**at(now), order_id=name, cause="timeout"))
        if luck < 0.14 and self._is_real:
            self._say(now + MINUTE, OrderNotPlaced(**at(now + MINUTE), order_id=name))
            return
        self._say(now, OrderAccepted(**at(now), order_id=name))
        share = self._rng.choice([0.4, 1.0, 1.0])
        size = min(order.size, round(order.size * share / 10_000) * 10_000)
        for number in range(1, self._rng.choice([2, 2, 3])):
            self._fill(order, size if number == 1 else order.size - size, number, now + number * SECOND)
        end = now + self._rng.choice([15, 15, 40]) * SECOND
        self._end(name, end, order)
        if self._is_real and self._rng.random() < 0.2:
            self._fill(order, 7_000_000, 9, end + self._rng.randrange(1, 90) * SECOND)

    def _fill(self, order: Order, size: Micro, number: int, when: Instant) -> None:
        if order.side is Side.SELL:
            size = min(size, self.holdings[order.token_id] - self._promised[order.token_id]) // 10_000 * 10_000
        for fill in fill_against(order, size, (Level(order.limit, 9e9),), number):
            if order.side is Side.SELL:
                self._promised[order.token_id] += fill.size
            self._report(fill, when)

    def _report(self, fill: Fill, when: Instant) -> None:
        is_final = not self._is_real or self._rng.random() < 0.2
        told = OrderFilled(**at(when), fill=replace(fill, is_final=is_final, trade_id=f"t-{fill.fill_id}"))
        self._say(when, told)
        if self._rng.random() < 0.2:
            self._say(when + SECOND, told)
        if is_final:
            return
        later = when + self._rng.randrange(1, 600) * SECOND
        is_void = self._rng.random() < 0.3
        for again in range(2 if self._rng.random() < 0.2 else 1):
            moment = later + again * SECOND
            names = {"fill_id": fill.fill_id, "order_id": fill.order_id}
            if is_void:
                self._say(moment, FillVoided(**at(moment), **names, cause="failed"))
            else:
                self._say(moment, FillConfirmed(**at(moment), **names, tx_hash="0x2"))
        if is_void and fill.side is Side.SELL:
            self._promised[fill.token_id] -= fill.size

    def _end(self, order_id: str, when: Instant, order: Order | None = None) -> None:
        shown = order and book(
            token_id=order.token_id, bids=(Level(order.limit, 9e3),), asks=(Level(order.limit, 9e3),)
        )
        self._say(when, OrderExpired(**at(when), order_id=order_id, book=shown))

    def _pay(self, condition_id: str, now: Instant, state: State) -> None:
        owed = state.portfolio.receivable[condition_id]
        when = now + (self._rng.randrange(0, 600) * SECOND if self._is_real else 0)
        if self._is_real and self._rng.random() < 0.3:
            self._say(now, RedemptionFailed(**at(now), condition_id=condition_id, message="relayer is down"))
        paid = RedemptionPaid(**at(when), condition_id=condition_id, cash=owed - (self._rng.random() < 0.1))
        self._say(when, paid)

    def _move(self, fill: Fill) -> None:
        sign = 1 if fill.side is Side.BUY else -1
        self.cash -= sign * fill.cash
        self.holdings[fill.token_id] += sign * fill.size
        if fill.side is Side.SELL:
            self._promised[fill.token_id] -= fill.size

    def _say(self, when: Instant, said: Observation) -> None:
        self._said += 1
        heapq.heappush(self._due, (when, self._said, said))


def _known(state: State, order_id: str) -> tuple[str, ...]:
    entry = state.portfolio.order_of(order_id)
    return entry.fill_ids if entry else ()
