"""The venue's own side: one exchange for all lives of a runner, how orders take to it, and its bad hours."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from copytrade_live.core.market import MICRO, SECOND, Instant, Side
from copytrade_live.core.orders import Order
from copytrade_live.ports import VenueRestriction
from copytrade_live.sandbox.exchange.exchange import Exchange
from copytrade_live.sandbox.exchange.options import ExchangeOptions
from copytrade_live.sandbox.exchange.terms import Change, NewOrder, OrderType, Placed, Refused
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.faults import Mischief, SimFault
from copytrade_live.simulation.loop import VirtualLoop
from copytrade_live.simulation.luck import stream
from copytrade_live.simulation.mishaps import SimMishaps
from copytrade_live.simulation.quotes import SimQuotes
from copytrade_live.simulation.world import World

WALLET = "0x" + "5a" * 20
OWNER = "simulated-key"
_WINDOWS = {
    SimFault.RESTART: VenueRestriction.RESTARTING,
    SimFault.GEOBLOCKED: VenueRestriction.GEOBLOCKED,
    SimFault.TRADING_DISABLED: VenueRestriction.DISABLED,
    SimFault.UNAUTHORISED: VenueRestriction.UNAUTHORISED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One POST as the venue saw it begin."""

    venue_order_id: str
    order: Order
    began_at: Instant


@dataclass
class SimServer:
    """What the venue has and knows. Everything here goes by the truth's clock."""

    world: World
    clock: VirtualClock
    loop: VirtualLoop
    mischief: Mischief
    seed: int
    cash: int
    signed: dict[str, tuple[Order, NewOrder]] = field(default_factory=dict)
    posted: list[Posted] = field(default_factory=list)
    requests: dict[int, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    lags: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        options = ExchangeOptions(seed=self.seed)
        self.exchange = Exchange(SimQuotes(self.world), options, SimMishaps(self.mischief))
        self.exchange.account(WALLET).give("", self.cash)
        self.exchange.listeners.append(self.changes.append)
        self._luck = stream(self.seed, "server")
        self._restriction: VenueRestriction | None = None
        self._until: Instant = 0

    def live(self) -> None:
        """Once a second: settle what is due, and perhaps begin a bad hour."""
        now = self.clock.truth()
        self.exchange.advance(now)
        if self._restriction is not None and now >= self._until:
            # After a restart only orders that rest are taken, for a while.
            if self._restriction is VenueRestriction.RESTARTING:
                self._restriction, self._until = VenueRestriction.POST_ONLY, now + 6 * SECOND
            else:
                self._restriction = None
        for fault, restriction in _WINDOWS.items():
            if self._restriction is None and self.mischief.strikes(fault):
                self._restriction = restriction
                self._until = min(now + self._luck.randint(4, 40) * SECOND, self.world.quiet_at)
        if now >= self.world.quiet_at:
            self._restriction = None
        if self.mischief.strikes(SimFault.OWNER_TRADES):
            self.exchange.account(WALLET).give("", round(self._luck.uniform(-15.0, 15.0) * MICRO))

    @property
    def restriction(self) -> VenueRestriction | None:
        """What restricts trading now."""
        return self._restriction

    def sign(self, order: Order) -> str:
        """Sign: every signature has a salt, so that a second one makes another order. Returns: the hash."""
        salted = f"{order.order_id} {len(self.signed)}"
        venue_id = "0x" + hashlib.sha256(salted.encode()).hexdigest()
        worth = order.size * round(order.limit * MICRO) // MICRO
        is_buy = order.side is Side.BUY
        new = NewOrder(
            order_id=venue_id,
            account=WALLET,
            owner=OWNER,
            token_id=order.token_id,
            side=order.side,
            making=worth if is_buy else order.size,
            taking=order.size if is_buy else worth,
            order_type=OrderType.GTC,
        )
        self.signed[venue_id] = (order, new)
        return venue_id

    def place(self, venue_order_id: str) -> Placed:
        """An order arrives. Raises: Refused."""
        return self.exchange.place(self.signed[venue_order_id][1], self.clock.truth())

    def place_later(self, venue_order_id: str, seconds: float) -> None:
        """An order arrives by itself, whatever becomes of who sent it."""

        def arrive() -> None:
            try:
                self.place(venue_order_id)
            except Refused:
                return

        self.loop.call_later(seconds, arrive)

    def is_listed(self, name: str, since: Instant) -> bool:
        """Whether an order or a trade shows in listings: they are a moment behind, sometimes many seconds."""
        lag = self.lags.get(name)
        if lag is None:
            is_late = self.mischief.strikes(SimFault.LISTING_LATE)
            seconds = self._luck.uniform(0.8, 2.5) if is_late else self._luck.uniform(0.0, 0.8)
            lag = self.lags[name] = round(seconds * SECOND)
        return self.clock.truth() >= since + lag

    def count(self) -> None:
        """One request, for the budget's check."""
        second = round(self.loop.time())
        self.requests[second] = self.requests.get(second, 0) + 1
