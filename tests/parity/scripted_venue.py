"""A venue whose whole life is a function of a seed: fills of two leaders, books that move, markets that pay out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import DAY, MINUTE, SECOND, Book, Instant, Level, Side
from copytrade_live.runner.app import Sources
from copytrade_live.venue.listing import Listing
from copytrade_live.venue.rows import MarketRow, PositionRow, ResolutionRow, VenueFill
from tests.builders import NOW, OTHER_WALLET, WALLET
from tests.runner.conftest import Desk, GateDesk, SnapshotDesk, open_gate, scored

MARKETS = 3
LENGTH: Instant = 8 * MINUTE
WALLETS = (WALLET, OTHER_WALLET)


def condition(number: int) -> str:
    return f"0x{number:064x}"


def token(number: int, outcome: int = 0) -> str:
    return f"{number + 1}{outcome}" * 8


@dataclass
class ScriptedVenue:
    """Answers as the venue would at the clock's now."""

    seed: int
    clock: ManualClock
    length: Instant = LENGTH
    shown: dict[str, list[tuple[Instant, VenueFill]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        luck = Random(self.seed)
        self.resolves = {condition(0): NOW + round(self.length * luck.uniform(0.5, 0.9))}
        held: dict[tuple[str, str], float] = {}
        for number in range(luck.randrange(8, 20)):
            at = NOW + luck.randrange(5, self.length // SECOND - 30) * SECOND
            wallet, market = luck.choice(WALLETS), luck.randrange(MARKETS)
            is_sell = held.get((wallet, token(market)), 0.0) > 0 and luck.random() < 0.4
            size = luck.uniform(100, 2000)
            fill = VenueFill(
                wallet=wallet,
                condition_id=condition(market),
                token_id=token(market),
                outcome="Yes",
                outcome_index=0,
                side=Side.SELL if is_sell else Side.BUY,
                price=self._price(token(market), at),
                size=size,
                event_at=at,
                tx_hash=f"0x{number:064x}",
                title="",
                slug="",
                event_slug="",
                fill_id=f"f{self.seed}-{number}",
                occurrence=0,
            )
            held[wallet, token(market)] = held.get((wallet, token(market)), 0.0) + (-size if is_sell else size)
            self.shown.setdefault(wallet, []).append((at + luck.randrange(1, 12) * SECOND, fill))

    def sources(self, desk: Desk) -> Sources:
        return Sources(
            leaders=self,
            books=self,
            markets=self,
            resolutions=self,
            snapshots=SnapshotDesk(desk),
            gates=GateDesk(desk),
        )

    def desk(self) -> Desk:
        return Desk(scored(WALLETS, NOW), open_gate(NOW))

    async def fills(self, wallet: str, *, start: Instant | None = None) -> Listing[VenueFill]:
        now = self.clock.now()
        rows = [
            fill
            for shown_at, fill in self.shown.get(wallet, ())
            if shown_at <= now and (start is None or fill.event_at >= start)
        ]
        return _listing(sorted(rows, key=lambda fill: (fill.event_at, fill.fill_id)))

    async def positions(self, wallet: str) -> Listing[PositionRow]:
        return _listing([])

    async def books(self, token_ids: Iterable[str]) -> Listing[tuple[str, Book]]:
        now = self.clock.now()
        owners = {token(number): condition(number) for number in range(MARKETS)}
        return _listing(
            [
                (owners[one], self.book(one, now))
                for one in token_ids
                if one in owners and now < self.resolves.get(owners[one], now + 1)
            ]
        )

    def book(self, token_id: str, now: Instant) -> Book:
        """The book at a moment: another one every seven seconds."""
        luck = Random(f"{self.seed}:{token_id}:{now // (7 * SECOND)}")
        mid = self._price(token_id, now)
        bids = tuple(Level(round(mid - 0.01 * step, 2), luck.uniform(20, 3000)) for step in (1, 2, 3))
        asks = tuple(Level(round(mid + 0.01 * step, 2), luck.uniform(20, 3000)) for step in (0, 1, 2))
        return Book(token_id=token_id, bids=bids, asks=asks, event_at=now, observed_at=now)

    async def markets(self, condition_ids: Iterable[str]) -> Listing[MarketRow]:
        wanted = set(condition_ids)
        return _listing([_market(number) for number in range(MARKETS) if condition(number) in wanted])

    async def resolutions(self, condition_ids: Iterable[str]) -> Listing[ResolutionRow]:
        now = self.clock.now()
        return _listing(
            [
                ResolutionRow(
                    condition_id=one,
                    status="resolved",
                    payouts=(1.0, 0.0) if self.seed % 2 else (0.0, 1.0),
                    was_disputed=False,
                    updated_at=self.resolves[one],
                    resolved_at=self.resolves[one],
                )
                for one in condition_ids
                if one in self.resolves and self.resolves[one] <= now
            ]
        )

    def _price(self, token_id: str, now: Instant) -> float:
        # A walk in steps of a minute, within a band that filters let through.
        luck = Random(f"{self.seed}:{token_id}")
        price = luck.uniform(0.35, 0.6)
        for _ in range((now - NOW) // MINUTE):
            price += luck.uniform(-0.03, 0.03)
        return round(min(max(price, 0.2), 0.8), 2)


def _market(number: int) -> MarketRow:
    return MarketRow(
        condition_id=condition(number),
        market_id=str(number),
        question="",
        slug="",
        event_id=f"e{number}",
        event_slug="",
        category="politics",
        outcomes=("Yes", "No"),
        token_ids=(token(number), token(number, 1)),
        tick_size=0.01,
        min_order_size=5.0,
        fee_rate=0.04,
        fee_exponent=1.0,
        neg_risk=False,
        start_at=NOW - DAY,
        end_at=NOW + 5 * DAY,
        closed=False,
        closed_at=None,
        accepting_orders=True,
        updated_at=None,
        uma_statuses=(),
        outcome_prices=(),
    )


def _listing(rows: Sequence) -> Listing:  # type: ignore[type-arg]
    return Listing(rows=tuple(rows), bad=(), is_complete=True)
