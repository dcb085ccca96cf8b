"""Small random worlds in which everything that scoring distinguishes happens often."""

from __future__ import annotations

from typing import Any

import numpy as np

from copytrade_live.core.market import DAY, HOUR, MINUTE, SECOND
from tests.scoring.world import LAG, START, World, at

WALLETS = ("0xa", "0xb", "0xc", "0xd", "0xe")
SPAN = 20 * DAY


def random_world(seed: int, fills: int = 120) -> tuple[World, np.random.Generator]:
    """A world of a few wallets and markets, some of them outcomes of one neg-risk event."""
    draw = np.random.default_rng(seed)
    world = World()
    for wallet in WALLETS:
        world.watch(wallet, complete=bool(draw.random() < 0.9))
    for number in range(8):
        in_group = number < 3
        world.market(
            f"m{number}",
            event_id="group" if in_group else f"event-{number // 2}",
            category=str(draw.choice(["sports", "politics"])),
            fee=float(draw.choice([0.0, 0.04])),
            end_at=at(START + int(draw.integers(1, 60)) * DAY),
            neg_risk=in_group,
            event_size=3 if in_group else None,
        )
    add_fills(world, draw, fills)
    add_prices(world, draw, 250)
    for number in draw.permutation(8)[:4]:
        add_resolution(world, draw, int(number), SPAN)
    for _ in range(10):
        add_book(world, draw)
    return world, draw


def add_fills(world: World, draw: np.random.Generator, count: int, since: int = 0, until: int = SPAN) -> None:
    """Fills in bursts, so that they merge, meet and follow each other."""
    moments = START + np.sort(draw.integers(since, until, max(count // 4, 1)))
    for _ in range(count):
        when = int(draw.choice(moments)) + int(draw.choice([0, 0, SECOND, 15 * SECOND, 5 * MINUTE, 11 * MINUTE, HOUR]))
        market, outcome = f"m{draw.integers(8)}", str(draw.choice(["yes", "no"]))
        more: dict[str, Any] = {"token_id": f"{market}-{outcome}", "side": str(draw.choice(["BUY", "BUY", "SELL"]))}
        more |= {"role": str(draw.choice(["taker", "taker", "maker", "unknown"]))}
        late = int(draw.choice([LAG, LAG, LAG, 3 * HOUR]))
        price, stake = round(float(draw.uniform(0.05, 0.95)), 3), float(draw.integers(1, 200))
        wallet = str(draw.choice(WALLETS))
        world.fill(wallet, market, price, stake=stake, when=when, observed_at=at(when + late), **more)


def add_prices(world: World, draw: np.random.Generator, count: int, since: int = 0, until: int = SPAN) -> None:
    """Mids of either outcome at whole hours."""
    for _ in range(count):
        when = START + int(draw.integers(since, until)) // HOUR * HOUR
        token = f"m{draw.integers(8)}-{draw.choice(['yes', 'yes', 'no'])}"
        if not any(row["token_id"] == token and row["at"] == at(when) for row in world.prices):
            world.prices.append({"token_id": token, "at": at(when), "mid": round(float(draw.uniform(0.05, 0.95)), 3)})


def add_resolution(world: World, draw: np.random.Generator, number: int, until: int) -> None:
    """A market pays out and closes, unless it did."""
    if not any(row["token_id"] == f"m{number}-yes" for row in world.outcomes):
        when = START + int(draw.integers(until // 2, until))
        world.resolve(f"m{number}", float(draw.choice([0.0, 0.5, 1.0])), when)
        world.markets[number]["closed_at"] = at(when)


def add_book(world: World, draw: np.random.Generator) -> None:
    """A book soon after some fill."""
    fill = world.fills[int(draw.integers(len(world.fills)))]
    seen = fill["event_at"].value // 1_000_000 + int(draw.choice([5, 12, 30, 100])) * SECOND
    ask = round(float(draw.uniform(0.1, 0.9)), 2)
    levels = [{"price": ask, "size": 20.0}, {"price": ask + 0.05, "size": 1000.0}]
    bids = [{"price": ask - 0.04, "size": 1000.0}] if draw.random() < 0.7 else []
    row = {"token_id": fill["token_id"], "event_at": at(seen), "observed_at": at(seen + 1000)}
    world.books.append(row | {"bids": bids, "asks": levels})
