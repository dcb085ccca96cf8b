"""What a world is: an immutable, time-indexed venue, of which now is only a view."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from copytrade_live.core.market import Instant, MarketStatus
from copytrade_live.sandbox.ladder import Ladder
from copytrade_live.sandbox.ledger import Ledger

Floats = NDArray[np.float64]
Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldWallet:
    """One trader; kind and skill are the truth that scores are judged by.

    Units: skill in dollars per share of true edge at the price paid, after fees; None where unknown.
    """

    address: str
    kind: str
    skill: float | None
    name: str
    pseudonym: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldMarket:
    """One condition with its whole life, known from the start.

    Shape: outcomes and token_ids are pairs; payouts is None while nobody knows how it ends.
    """

    market_id: str
    condition_id: str
    question_id: str
    question: str
    slug: str
    event_id: str
    event_slug: str
    event_title: str
    category: str
    group_item: str
    outcomes: tuple[str, str]
    token_ids: tuple[str, str]
    tick_size: float
    min_order_size: float
    fee_rate: float
    neg_risk: bool
    opened_at: Instant
    end_at: Instant
    proposed_at: Instant | None
    disputed_at: Instant | None
    resolved_at: Instant | None
    payouts: tuple[float, float] | None

    @property
    def has_fees(self) -> bool:
        """Whether a taker pays a fee here."""
        return self.fee_rate > 0

    def is_closed(self, now: Instant) -> bool:
        """Whether trading has ended."""
        return now >= self.end_at

    def final_payouts(self, now: Instant) -> tuple[float, float] | None:
        """What each outcome pays, once resolved."""
        return self.payouts if self.resolved_at is not None and now >= self.resolved_at else None

    def status(self, now: Instant) -> MarketStatus:
        """Where the market stands now."""
        if self.final_payouts(now) is not None:
            return MarketStatus.RESOLVED
        if self.disputed_at is not None and now >= self.disputed_at:
            return MarketStatus.DISPUTED
        if self.proposed_at is not None and now >= self.proposed_at:
            return MarketStatus.PROPOSED
        return MarketStatus.CLOSED if self.is_closed(now) else MarketStatus.OPEN


class World(Protocol):
    """A venue's whole past and future; wallets and markets are numbered, the ledger refers to them by number."""

    @property
    def kind(self) -> str:
        """synthetic or recorded."""
        ...

    @property
    def seed(self) -> int | None:
        """What a synthetic world was made from."""
        ...

    @property
    def first_at(self) -> Instant:
        """When the world's history begins."""
        ...

    @property
    def start_at(self) -> Instant:
        """What now is when the sandbox starts, unless told otherwise."""
        ...

    @property
    def wallets(self) -> tuple[WorldWallet, ...]:
        """Every trader."""
        ...

    @property
    def markets(self) -> tuple[WorldMarket, ...]:
        """Every market, in order of opening."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Everything the wallets ever do, in order of time."""
        ...

    def ladder(self, market: int, at: Instant) -> Ladder | None:
        """The first outcome's book then; None when nobody quotes or trading has ended."""
        ...

    def mids(self, market: int, at: Instants) -> Floats:
        """The first outcome's public mid at each instant, NaN where there is none."""
        ...


def with_ledger(world: World, ledger: Ledger) -> World:
    """The same world in which something else happens."""
    changed: World = copy(world)
    object.__setattr__(changed, "ledger", ledger)
    return changed
