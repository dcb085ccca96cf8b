"""The light world's markets: a mid that walks by seed, a few levels about it, and sometimes an early end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - for its type alone

from copytrade_live.core.market import DAY, MICRO, SECOND, Book, Instant, Level, Market, MarketStatus, Micro

_CENT: Micro = 10_000
_LEVELS = 5
_LOWEST, _HIGHEST = 15, 85
Rung = tuple[Micro, Micro]


@dataclass(slots=True, kw_only=True)
class SimMarket:
    """One condition with two outcomes. walk is outcome 0's best bid in cents, second by second from start.

    Units: sizes in micro-shares by level; closes_at and resolves_at None for never. Until coarse_from its grid is a
    tenth of a cent, then a cent.
    """

    condition_id: str
    token_ids: tuple[str, str]
    event_id: str
    neg_risk: bool
    fee_rate: float
    start: Instant
    walk: list[int]
    sizes: tuple[Micro, ...]
    end_at: Instant
    closes_at: Instant | None = None
    resolves_at: Instant | None = None
    winner: int = 0
    coarse_from: Instant = 0
    _shown: dict[tuple[int, int], tuple[tuple[Rung, ...], tuple[Rung, ...]]] = field(default_factory=dict)

    def rungs(self, outcome: int, now: Instant) -> tuple[tuple[Rung, ...], tuple[Rung, ...]]:
        """What strangers bid and ask for an outcome, best first."""
        second = min(max(0, (now - self.start) // SECOND), len(self.walk) - 1)
        key = (outcome, second)
        found = self._shown.get(key)
        if found is None:
            cents = self.walk[second]
            bid = cents if outcome == 0 else 99 - cents
            turn = second % len(self.sizes)
            sizes = self.sizes[turn:] + self.sizes[:turn]
            bids = tuple(((bid - n) * _CENT, sizes[n]) for n in range(_LEVELS))
            asks = tuple(((bid + 1 + n) * _CENT, sizes[-n - 1]) for n in range(_LEVELS))
            found = self._shown[key] = (bids, asks)
        return found

    def book(self, outcome: int, now: Instant, observed_at: Instant) -> Book | None:
        """The book as a reader sees it; a closed market has none."""
        if not self.is_trading(now):
            return None
        bids, asks = self.rungs(outcome, now)
        return Book(
            token_id=self.token_ids[outcome],
            bids=tuple(Level(price / MICRO, size / MICRO) for price, size in bids),
            asks=tuple(Level(price / MICRO, size / MICRO) for price, size in asks),
            event_at=min(now // SECOND * SECOND, observed_at),
            observed_at=observed_at,
        )

    def tick(self, now: Instant) -> Micro:
        """The grid of prices, micro-dollars."""
        return _CENT if now >= self.coarse_from else _CENT // 10

    def is_trading(self, now: Instant) -> bool:
        """Whether orders are taken."""
        return self.closes_at is None or now < self.closes_at

    def is_resolved(self, now: Instant) -> bool:
        """Whether it has paid out."""
        return self.resolves_at is not None and now >= self.resolves_at

    @property
    def payouts(self) -> tuple[float, float]:
        """What each outcome pays once resolved."""
        return (1.0, 0.0) if self.winner == 0 else (0.0, 1.0)

    def as_market(self, now: Instant, observed_at: Instant) -> Market:
        """What a decision is told of it."""
        status = MarketStatus.OPEN if self.is_trading(now) else MarketStatus.CLOSED
        return Market(
            condition_id=self.condition_id,
            token_ids=self.token_ids,
            outcomes=("Yes", "No"),
            event_id=self.event_id,
            category="sim",
            tick_size=self.tick(now) / MICRO,
            min_order_size=5.0,
            fee_rate=self.fee_rate,
            fee_exponent=1.0,
            neg_risk=self.neg_risk,
            end_at=self.end_at,
            status=MarketStatus.RESOLVED if self.is_resolved(now) else status,
            accepting_orders=self.is_trading(now),
            observed_at=observed_at,
        )


def make_market(luck: Random, name: str, *, event_id: str, neg_risk: bool, start: Instant, seconds: int) -> SimMarket:
    """A market whose mid walks by luck for so many seconds and then stands still."""
    cents, walk = luck.randint(35, 65), []
    for _ in range(seconds):
        chance = luck.random()
        if chance < 0.10:
            cents += 1 if chance < 0.05 else -1
        elif chance < 0.106:
            cents += luck.choice((-9, -6, 6, 9, 14))
        cents = min(max(cents, _LOWEST), _HIGHEST)
        walk.append(cents)
    return SimMarket(
        condition_id="0x" + _digits(f"condition {name}"),
        token_ids=(str(int(_digits(f"yes {name}"), 16)), str(int(_digits(f"no {name}"), 16))),
        event_id=event_id,
        neg_risk=neg_risk,
        fee_rate=luck.choice((0.0, 0.03)),
        start=start,
        walk=walk,
        sizes=tuple(luck.choice((20, 60, 150, 400, 900)) * MICRO for _ in range(_LEVELS + 2)),
        end_at=start + 3 * DAY,
        winner=luck.randint(0, 1),
    )


def _digits(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
