"""The risk manager: the gates an entry must pass, and the room that every cap leaves."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.context import Context, EntryGate
from copytrade_live.core.filters import within_price_limit
from copytrade_live.core.market import Market
from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import Rejected, RejectReason, Verdict, reaching
from copytrade_live.core.valuation import fall_from, room_left


def no_fate_is_unknown(c: Context) -> Verdict:
    """We know the fate of every order of ours in this market."""
    return Rejected(reason=RejectReason.UNKNOWN_ORDER) if c.portfolio.unknown_in(c.signal.condition_id) else None


def no_order_is_in_flight(c: Context) -> Verdict:
    """No other order of ours works in this market."""
    if c.portfolio.works_in(c.signal.condition_id):
        return Rejected(reason=RejectReason.ORDER_IN_FLIGHT)
    return None


def day_is_not_stopped(c: Context) -> Verdict:
    """Equity has not fallen too far since the day began. Measured as a fraction."""
    opened = c.portfolio.day_equity
    if opened is None or opened <= 0.0:
        return None
    fall = fall_from(opened, c.portfolio.equity)
    return reaching(RejectReason.DAILY_SOFT_STOP, fall, c.config.risk.daily_soft_stop)


def positions_are_few(c: Context) -> Verdict:
    """There is a free position slot, counting entries that still work."""
    entries = sum(1 for entry in c.portfolio.working.values() if entry.order.exit_reason is None)
    count = len(c.portfolio.positions) + entries
    return reaching(RejectReason.MAX_POSITIONS, float(count), float(c.config.risk.max_positions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What one cap still allows. Units: collateral."""

    reason: RejectReason
    used: float
    limit: float

    @property
    def left(self) -> float:
        """Collateral that fits under the cap."""
        return room_left(self.limit, self.used)


def gross_exposure_limit(portfolio: Portfolio, config: DecisionConfig) -> float:
    """What gross exposure may reach at today's equity. Units: collateral."""
    return config.risk.max_gross_exposure * portfolio.equity


def rooms(c: Context, market: Market) -> tuple[Room, ...]:
    """The room under every cap, in the order in which they are named."""
    equity = c.portfolio.equity
    sizing, risk = c.config.sizing, c.config.risk
    cash = from_micro(c.portfolio.free_cash)
    own = c.config.leader(c.signal.wallet).max_exposure
    per_leader = sizing.max_per_leader if own is None else min(own, sizing.max_per_leader)
    return (
        Room(
            reason=RejectReason.MARKET_EXPOSURE,
            used=c.portfolio.market_exposure(market.condition_id),
            limit=sizing.max_per_market * equity,
        ),
        Room(
            reason=RejectReason.LEADER_EXPOSURE,
            used=c.portfolio.leader_exposure(c.signal.wallet),
            limit=per_leader * equity,
        ),
        Room(
            reason=RejectReason.EVENT_EXPOSURE,
            used=c.portfolio.event_loss(market.event_id),
            limit=sizing.max_per_event * equity,
        ),
        Room(
            reason=RejectReason.GROSS_EXPOSURE,
            used=c.portfolio.gross_exposure,
            limit=gross_exposure_limit(c.portfolio, c.config),
        ),
        Room(reason=RejectReason.NO_CASH, used=risk.reserve * equity, limit=cash),
    )


LIMITS: tuple[EntryGate, ...] = (
    no_fate_is_unknown,
    no_order_is_in_flight,
    day_is_not_stopped,
    positions_are_few,
    within_price_limit,
)
