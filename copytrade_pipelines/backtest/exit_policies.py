"""Follows the copies that were made under every exit policy: the same entry, left by another rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import LeaderFillObserved, MarketResolved
from copytrade_live.core.execution import entry_root
from copytrade_live.core.exits import EXIT_POLICIES, Exit, decide_exit, mirror_fraction, mirrors
from copytrade_live.core.market import HOUR, Book, Instant, Market, Micro, Side
from copytrade_live.core.portfolio import Portfolio, Position
from copytrade_live.core.pricing import from_micro, settle_cash
from copytrade_live.core.reasons import ExitReason
from copytrade_pipelines.backtest.afterwards import Afterwards
from copytrade_pipelines.backtest.ledger import CopyTrade
from copytrade_pipelines.backtest.shadow_orders import ShadowTerms

COMPARED = ("rules", "mirror", "hold", "take_profit", "stop_loss")
# Looks at books in all: beyond it they are further apart, which the report says.
MOST_LOOKS = 300_000
_NOTHING = Portfolio()
# What only waits for its leader or the resolution is marked this many times less often.
_MARKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOutcome:
    """One copy under one policy. Units: pnl in collateral, what is still held at its last bid. reason is None then."""

    root_id: str
    policy: str
    pnl: float
    closed_at: Instant | None
    reason: ExitReason | None


def policies(config: DecisionConfig) -> Mapping[str, DecisionConfig]:
    """The settings of a run with each policy for every leader, the configured one first where it is one's own."""
    names = dict.fromkeys((*(() if config.exit.policy in COMPARED else (config.exit.policy,)), *COMPARED))
    return {name: _with_policy(config, name) for name in names}


def _with_policy(config: DecisionConfig, name: str) -> DecisionConfig:
    leaders = {wallet: one.model_copy(update={"exit_policy": None}) for wallet, one in config.leaders.items()}
    exits = {"policy": name} | ({"mirror_leader_exits": True} if name == "mirror" else {})
    return config.model_copy(update={"exit": config.exit.model_copy(update=exits), "leaders": leaders})


@dataclass(slots=True)
class _Held:
    """What one policy still holds of a copy. works is set between the decision to sell and the sale; again says that
    the sale found too little."""

    policy: str
    config: DecisionConfig
    position: Position
    received: Micro = 0
    reason: ExitReason | None = None
    closed_at: Instant | None = None
    works: bool = False
    again: bool = False


@dataclass(slots=True)
class _Copy:
    """A copy and what each policy holds of it."""

    trade: CopyTrade
    signal_id: str
    market: Market
    held: tuple[_Held, ...] = ()
    bid: float | None = None
    is_looked_at: bool = False

    @property
    def open(self) -> Iterator[_Held]:
        return (one for one in self.held if one.position.size > 0)

    @property
    def is_watched(self) -> bool:
        """Whether anything still looks at its book: holding and mirroring alone need none."""
        return any(one.position.owed or one.again or EXIT_POLICIES.find(one.policy).rules for one in self.open)


class CopiesUnderPolicies:
    """Begins with each copy's own entry and looks at its book as often as the run did."""

    def __init__(
        self, after: Afterwards, terms: ShadowTerms, trades: Iterable[CopyTrade], pace: Instant | None = None
    ) -> None:
        self._after = after
        self._terms = terms
        self._pace = pace or terms.held_pace
        self._configs = policies(terms.config)
        self._trades = {trade.root_id: trade for trade in trades if trade.is_filled}
        # By market and root id.
        self._open: dict[str, dict[str, _Copy]] = {}
        self._all: list[_Copy] = []

    def before(self, now: Instant) -> None:
        """Nothing begins here by itself: copies begin with their leader's fill."""

    def saw_fill(self, seen: LeaderFillObserved) -> None:
        """A copied buy begins; a sale is mirrored by the policies that mirror."""
        signal = seen.signal
        if signal.side is Side.BUY:
            trade = self._trades.pop(entry_root(signal.signal_id), None)
            if trade is not None and trade.opened_at is not None and seen.market is not None:
                copy = _Copy(trade, signal.signal_id, seen.market)
                self._after.at(max(trade.opened_at, seen.observed_at), lambda now: self._begin(copy, now))
            return
        for copy in list(self._open.get(signal.condition_id, {}).values()):
            if (copy.trade.wallet, copy.trade.token_id) == (signal.wallet, signal.token_id):
                self._owe(copy, mirror_fraction(signal), seen.observed_at)
                self._decide(copy, seen.book, seen.observed_at)

    def saw_resolution(self, seen: MarketResolved) -> None:
        """Pay out what is held."""
        payouts = dict(seen.payouts)
        for copy in self._open.pop(seen.condition_id, {}).values():
            for held in copy.open:
                held.received += settle_cash(held.position.size, payouts.get(copy.trade.token_id, 0.0))
                _close(held, ExitReason.RESOLUTION, seen.observed_at)

    def outcomes(self) -> Iterator[PolicyOutcome]:
        """What each policy made of each copy."""
        for copy in self._all:
            for held in copy.held:
                value = from_micro(held.position.size) * (copy.bid or 0.0)
                yield PolicyOutcome(
                    root_id=copy.trade.root_id,
                    policy=held.policy,
                    pnl=from_micro(held.received - copy.trade.paid) + value,
                    closed_at=held.closed_at,
                    reason=held.reason if held.closed_at is not None else None,
                )

    def _begin(self, copy: _Copy, now: Instant) -> None:
        trade = copy.trade
        position = Position(
            token_id=trade.token_id,
            wallet=trade.wallet,
            market=copy.market,
            root_id=trade.root_id,
            size=trade.size,
            cost=trade.paid,
            realised=0,
            opened_at=now,
        )
        copy.held = tuple(_Held(name, config, position) for name, config in self._configs.items())
        self._open.setdefault(trade.condition_id, {})[trade.root_id] = copy
        self._all.append(copy)
        self._after.at(now + self._pace, lambda at: self._look(copy, at))

    def _look(self, copy: _Copy, now: Instant) -> None:
        copy.is_looked_at = copy.is_watched
        if not copy.is_looked_at and not any(True for _ in copy.open):
            return
        book = self._after.book(copy.trade.token_id, now)
        if book is not None and book.best_bid is not None:
            self._decide(copy, book, now)
        pace = self._pace if copy.is_looked_at else self._pace * _MARKS
        self._after.at(now + pace, lambda at: self._look(copy, at))

    def _owe(self, copy: _Copy, fraction: float, now: Instant) -> None:
        for held in copy.open:
            if mirrors(held.config, copy.trade.wallet):
                position = held.position
                owed = position.owed + round((position.held - position.owed) * fraction)
                held.position = replace(position, owed=owed)

    def _decide(self, copy: _Copy, book: Book | None, now: Instant) -> None:
        if book is None or book.best_bid is None:
            return
        is_same, copy.bid = book.best_bid == copy.bid, book.best_bid
        for held in copy.open:
            # Rules look at the bid, at what is owed and at the time that is left: the rest cannot have changed.
            is_due = held.position.owed or held.again or _is_near_end(copy, held.config, now)
            if held.works or (is_same and not is_due):
                continue
            answer = decide_exit(held.position, book, _NOTHING, held.config, now)
            if isinstance(answer, Exit):
                self._ask(copy, held, answer, now)

    def _ask(self, copy: _Copy, held: _Held, answer: Exit, now: Instant) -> None:
        held.works = True
        held.position = replace(held.position, exits=held.position.exits + 1)
        lag = self._terms.lag(copy.signal_id, held.position.exits, 1)
        self._after.at(now + lag, lambda at: self._sell(copy, held, answer, at))

    def _sell(self, copy: _Copy, held: _Held, answer: Exit, now: Instant) -> None:
        held.works = False
        position = held.position
        if position.size == 0:
            return
        book = self._after.book(position.token_id, now)
        size = min(answer.order.size, position.size)
        fills = self._terms.sell(copy.market, position.token_id, size, book, now) if book else []
        sold = sum(fill.size for fill in fills)
        held.received += sum(fill.cash for fill in fills)
        rest = position.size - sold
        owed = max(0, min(position.owed - sold if answer.reason is ExitReason.MIRROR else position.owed, rest))
        # Cost leaves with the shares, so that what is left cost as much a share as before.
        held.position = replace(position, size=rest, owed=owed, cost=round(position.cost * rest / position.size))
        held.again = rest > 0
        if rest == 0:
            _close(held, answer.reason, now)


def _close(held: _Held, reason: ExitReason, now: Instant) -> None:
    held.position = replace(held.position, size=0, owed=0)
    held.reason, held.closed_at = reason, now


def _is_near_end(copy: _Copy, config: DecisionConfig, now: Instant) -> bool:
    end_at = copy.market.end_at
    return end_at is not None and (end_at - now) / HOUR <= config.exit.time_exit_hours


def pace_for(trades: Sequence[CopyTrade], held_pace: Instant, until: Instant, most: int = MOST_LOOKS) -> Instant:
    """How far apart looks are: as in the run, unless that would be more than so many looks in all."""
    time = sum(until - trade.opened_at for trade in trades if trade.opened_at is not None)
    return max(held_pace, -(-time // most))
