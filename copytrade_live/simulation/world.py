"""The light world: some markets, some leaders, and what the leaders will do, all drawn from one seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - for its type alone

from copytrade_live.core.market import DAY, HOUR, MICRO, SECOND, Instant, Side
from copytrade_live.simulation.faults import Mischief, SimFault
from copytrade_live.simulation.luck import stream
from copytrade_live.simulation.markets import SimMarket, make_market
from copytrade_live.simulation.profiles import Profile
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.rows import FillRow, VenueFill

# 2026-03-02 is a Monday; runs begin within two days of it, some just before a day or a week turns.
_EPOCH: Instant = 1_772_409_600_000
# Into the quiet, seconds; then prices stand still, and what is on its way can end.
_WALKS_ON = 35
_MARKETS, _FRESH_MARKETS, _LEADERS = 5, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderFill:
    """A fill and when listings begin to show it."""

    fill: VenueFill
    shown_at: Instant


@dataclass(kw_only=True)
class World:
    """Everything outside the runner. Faults strike until quiet_at; the run ends at end."""

    start: Instant
    quiet_at: Instant
    end: Instant
    markets: tuple[SimMarket, ...]
    leaders: tuple[str, ...]
    fills: dict[str, list[LeaderFill]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_condition = {market.condition_id: market for market in self.markets}
        self.by_token = {token: (market, n) for market in self.markets for n, token in enumerate(market.token_ids)}

    def holding(self, wallet: str, token_id: str, now: Instant) -> float:
        """Shares a leader holds of a token by what it did until now."""
        return sum(
            (1 if one.fill.side is Side.BUY else -1) * one.fill.size
            for one in self.fills[wallet]
            if one.fill.token_id == token_id and one.fill.event_at <= now
        )


def build_world(seed: int, profile: Profile, mischief: Mischief) -> World:
    """The world of a seed."""
    luck = stream(seed, "world")
    start = _EPOCH + luck.choice((0, 1, 2)) * DAY + luck.choice((9 * HOUR, 24 * HOUR - 60 * SECOND))
    quiet_at = start + round(profile.fault_seconds * SECOND)
    end = quiet_at + round(profile.quiet_seconds * SECOND)
    seconds = (quiet_at - start) // SECOND + _WALKS_ON
    markets = tuple(
        make_market(
            luck,
            f"{seed} {n}",
            event_id="group" if n in (0, 1) else f"event {n}",
            neg_risk=n in (0, 1),
            start=start,
            seconds=seconds,
        )
        for n in range(_MARKETS + _FRESH_MARKETS)
    )
    leaders = tuple("0x" + hashlib.sha256(f"leader {seed} {n}".encode()).hexdigest()[:40] for n in range(_LEADERS))
    world = World(start=start, quiet_at=quiet_at, end=end, markets=markets, leaders=leaders)
    _end_some(world, luck, mischief)
    _change_some_grids(world, luck, mischief)
    world.fills = _plan(world, luck, profile, mischief)
    return world


def _change_some_grids(world: World, luck: Random, mischief: Mischief) -> None:
    for market in world.markets[:_MARKETS]:
        if luck.random() < mischief.odds(SimFault.TICK_CHANGED):
            mischief.note(SimFault.TICK_CHANGED)
            market.coarse_from = world.start + int((world.quiet_at - world.start) * luck.uniform(0.1, 0.9))


def _end_some(world: World, luck: Random, mischief: Mischief) -> None:
    for market in world.markets[:_MARKETS]:
        if luck.random() < mischief.odds(SimFault.MARKET_ENDS):
            mischief.note(SimFault.MARKET_ENDS)
            span = world.quiet_at - world.start
            market.closes_at = world.start + int(span * luck.uniform(0.3, 0.9))
            market.resolves_at = market.closes_at + luck.randint(1, 40) * SECOND


def _plan(world: World, luck: Random, profile: Profile, mischief: Mischief) -> dict[str, list[LeaderFill]]:
    rows: dict[str, list[tuple[FillRow, Instant]]] = defaultdict(list)
    held: dict[tuple[str, str], float] = {}
    span = profile.fault_seconds
    times = sorted(luck.uniform(2, span - 4) for _ in range(profile.signals))
    # In the quiet, every leader buys what nobody has touched: the runner must answer as on any other day.
    late = [(span + 8 + 7 * n, n) for n in range(_LEADERS)]
    for number, (at, quiet) in enumerate([*((at, None) for at in times), *late]):
        instant = (world.start + round(at * SECOND)) // SECOND * SECOND
        wallet = luck.choice(world.leaders) if quiet is None else world.leaders[quiet]
        fresh = quiet is not None
        market = world.markets[_MARKETS + number % _FRESH_MARKETS if fresh else luck.randrange(_MARKETS)]
        if not market.is_trading(instant):
            continue
        outcome = number % 2 if fresh else luck.randint(0, 1)
        token = market.token_ids[outcome]
        owned = held.get((wallet, token), 0.0)
        if owned == 0.0 and not fresh and luck.random() < 0.5:
            sellable = [key for key in held if key[0] == wallet and held[key] > 1.0]
            if sellable:
                token = luck.choice(sellable)[1]
                market, outcome = world.by_token[token]
                owned = held[wallet, token]
        if not market.is_trading(instant):
            continue
        side = Side.SELL if owned > 0.0 and luck.random() < 0.6 and not fresh else Side.BUY
        bids, asks = market.rungs(outcome, instant)
        price = (asks if side is Side.BUY else bids)[0][0] / MICRO
        size = round(luck.uniform(60, 400) / price, 2)
        if side is Side.SELL:
            size = round(owned * luck.choice((0.3, 0.5, 1.0)), 2)
        parts = luck.choice((2, 3)) if not fresh and luck.random() < mischief.odds(SimFault.SHARED_TRANSACTION) else 1
        if parts > 1:
            mischief.note(SimFault.SHARED_TRANSACTION)
        flood = side is Side.BUY and not fresh and luck.random() < mischief.odds(SimFault.HOSTILE_LEADER)
        if flood:
            mischief.note(SimFault.HOSTILE_LEADER)
        delay = luck.uniform(0.3, 2.5)
        if not fresh and luck.random() < mischief.odds(SimFault.FILL_LATE):
            mischief.note(SimFault.FILL_LATE)
            delay = luck.uniform(20, 45)
        tx_hash = "0x" + hashlib.sha256(f"tx {wallet} {number}".encode()).hexdigest()
        for part in range(parts):
            # Equal parts of one transaction are told apart by nothing but their order.
            share = size / parts if parts == 2 else size * (part + 1) / 6
            row = _row(wallet, market, outcome, side, price, round(share, 2), instant, tx_hash)
            rows[wallet].append((row, instant + round(delay * SECOND)))
            change = row.size if side is Side.BUY else -row.size
            held[wallet, token] = max(0.0, held.get((wallet, token), 0.0) + change)
        if flood:
            for n in range(12):
                crossing = Side.BUY if n % 2 else Side.SELL
                dust = _row(wallet, market, outcome, crossing, price, 1.0, instant + SECOND, f"{tx_hash[:-2]}{n:02x}")
                rows[wallet].append((dust, instant + SECOND + round(delay * SECOND)))
    return {wallet: _identified(rows[wallet]) for wallet in world.leaders}


def _identified(rows: list[tuple[FillRow, Instant]]) -> list[LeaderFill]:
    shown = {id(row): at for row, at in rows}
    fills = identify_fills(row for row, _ in rows)
    return [LeaderFill(fill=fill, shown_at=shown[id(row)]) for fill, (row, _) in zip(fills, rows, strict=True)]


def _row(
    wallet: str, market: SimMarket, outcome: int, side: Side, price: float, size: float, at: Instant, tx_hash: str
) -> FillRow:
    return FillRow(
        wallet=wallet,
        condition_id=market.condition_id,
        token_id=market.token_ids[outcome],
        outcome=("Yes", "No")[outcome],
        outcome_index=outcome,
        side=side,
        price=price,
        size=size,
        event_at=at,
        tx_hash=tx_hash,
        title="",
        slug="",
        event_slug="",
    )
