"""The synthetic world: wallets of known skill, 64 or as many as wanted, precomputed from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from copytrade_live.clock import from_iso
from copytrade_live.core.market import DAY, HOUR, SECOND, Instant
from copytrade_live.sandbox.conversions import convert_no_shares, pay_rewards
from copytrade_live.sandbox.depth import Depth, build_ladder, draw_depth
from copytrade_live.sandbox.ids import hex_id
from copytrade_live.sandbox.ladder import Ladder
from copytrade_live.sandbox.ledger import Kind, Ledger, file_columns, join_columns
from copytrade_live.sandbox.listing import Listing, list_markets
from copytrade_live.sandbox.quotes import Paths
from copytrade_live.sandbox.redemptions import redeem_winnings
from copytrade_live.sandbox.roster import draw_roster, draw_scaled_roster
from copytrade_live.sandbox.tape import LAST_CALL, Tape
from copytrade_live.sandbox.traders import Pump, Trader, TraderKind, pump, trade
from copytrade_live.sandbox.truth import GRID, slow_noise
from copytrade_live.sandbox.world import Floats, Instants, WorldMarket, WorldWallet

EPOCH: Instant = from_iso("2026-01-15T00:00:00Z")
HISTORY: Instant = 45 * DAY
FUTURE: Instant = 61 * DAY
THIN_SHARE = 0.12
NOISE_SCALE = 0.003
# A world of another size is for its history: it ends sooner.
SCALED_FUTURE: Instant = 14 * DAY
_PUMPS_A_DAY = 0.6
# What a wallet of the default world does in its history, and how much more than that is drawn to reach a wish.
FILLS_A_WALLET = 260
_HEADROOM = 1.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SyntheticWorld:
    """A world drawn from a seed; see world.World."""

    seed: int
    wallets: tuple[WorldWallet, ...]
    markets: tuple[WorldMarket, ...]
    ledger: Ledger
    paths: Paths
    depth: Depth
    kind: str = "synthetic"
    first_at: Instant = EPOCH
    start_at: Instant = EPOCH + HISTORY

    def ladder(self, market: int, at: Instant) -> Ladder | None:
        """The first outcome's book then; None when trading has not begun or has ended."""
        listed = self.markets[market]
        if not listed.opened_at <= at < listed.end_at:
            return None
        return build_ladder(self.depth, self.paths, market, at)

    def mids(self, market: int, at: Instants) -> Floats:
        """The first outcome's public mid; after the end the last one."""
        listed = self.markets[market]
        known = np.minimum(at, listed.end_at - SECOND)
        mids = self.paths.mids(np.full(len(at), market, dtype=np.int64), known)
        return np.where(at >= listed.opened_at, np.round(mids, 4), np.nan)

    def true_edges(self) -> Floats:
        """For each ledger row, truth minus price for the buyer's token, after the taker's fee; sells the other way.

        Units: dollars per share. Rows that are no fills are NaN.
        """
        ledger = self.ledger
        truth = self.paths.truths(ledger.market.astype(np.int64), ledger.at)
        truth = np.where(ledger.outcome == 0, truth, 1.0 - truth)
        cost = np.divide(ledger.cash, ledger.size, out=np.zeros(len(ledger)), where=ledger.size > 0)
        edges = np.where(ledger.is_buy, truth - cost, cost - truth)
        return np.where(ledger.kind == Kind.TRADE, edges, np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How big a world is to be: how many wallets, and at least how many fills before its start."""

    wallets: int
    fills: int


def build_synthetic_world(seed: int, scale: Scale | None = None) -> SyntheticWorld:
    """Draw the whole world: the same seed and scale give the same world, to the last byte it serves."""
    if scale is None:
        return _draw(seed, EPOCH + HISTORY + FUTURE, draw_roster, with_extras=False)
    activity = _HEADROOM * scale.fills / (scale.wallets * FILLS_A_WALLET)
    while True:
        roster = _roster_of(scale, activity)
        world = _draw(seed, EPOCH + HISTORY + SCALED_FUTURE, roster, with_extras=True)
        ledger = world.ledger
        fills = int(np.sum((ledger.kind == Kind.TRADE) & (ledger.at <= world.start_at)))
        if fills >= scale.fills:
            return world
        activity *= _HEADROOM * scale.fills / max(fills, 1)


_Roster = Callable[[np.random.Generator, int], tuple[list[Trader], list[WorldWallet]]]


def _roster_of(scale: Scale, activity: float) -> _Roster:
    return lambda rng, seed: draw_scaled_roster(rng, seed, scale.wallets, activity)


def _draw(seed: int, last_at: Instant, roster: _Roster, *, with_extras: bool) -> SyntheticWorld:
    rng = np.random.default_rng(seed)
    listings = list_markets(rng, seed, EPOCH, last_at)
    markets = tuple(listing.market for listing in listings)
    is_thin = rng.random(len(markets)) < THIN_SHARE
    depth = draw_depth(rng, np.array([market.tick_size for market in markets]), is_thin)
    paths = _lay_paths(rng, listings)
    pumps = _draw_pumps(rng, markets, is_thin, last_at)
    _push(paths, pumps)
    traders, wallets = roster(rng, seed)
    tape = Tape(markets=markets, paths=paths, depth=depth, first_at=EPOCH, last_at=last_at)
    _live(rng, tape, traders, pumps)
    if with_extras:
        _earn_beside(rng, tape, traders)
    redeem_winnings(rng, tape, len(wallets))
    hashes = [hex_id("transaction", seed, number) for number in range(tape.transactions)]
    ledger = file_columns(join_columns(tape.filed), hashes)
    return SyntheticWorld(seed=seed, wallets=tuple(wallets), markets=markets, ledger=ledger, paths=paths, depth=depth)


def _live(rng: np.random.Generator, tape: Tape, traders: list[Trader], pumps: list[Pump]) -> None:
    # Each wallet draws from its own stream, so that changing one kind leaves the others as they were.
    streams = rng.spawn(len(traders))
    pumpers = [trader for trader in traders if trader.kind is TraderKind.PUMP]
    for trader in traders:
        trade(tape, streams[trader.number], trader)
    for place, trader in enumerate(pumpers):
        pump(tape, streams[trader.number], trader.number, pumps[place :: len(pumpers)])


def _earn_beside(rng: np.random.Generator, tape: Tape, traders: list[Trader]) -> None:
    for trader in traders:
        if trader.kind is TraderKind.MAKER:
            convert_no_shares(rng, tape, trader.number)
            pay_rewards(rng, tape, trader.number)


def _lay_paths(rng: np.random.Generator, listings: list[Listing]) -> Paths:
    points = np.array([len(listing.truth) for listing in listings])
    truth = np.concatenate([listing.truth for listing in listings])
    noise = np.concatenate(
        [slow_noise(rng, len(listing.truth), NOISE_SCALE) * _width(listing.truth) for listing in listings]
    )
    return Paths(
        truth=truth,
        noise=noise,
        offset=np.concatenate(([0], np.cumsum(points)[:-1])),
        points=points,
        opened_at=np.array([listing.market.opened_at for listing in listings]),
        end_at=np.array([listing.market.end_at for listing in listings]),
        floor=np.array([0.006 if listing.market.tick_size < 0.01 else 0.015 for listing in listings]),
    )


def _width(truth: Floats) -> Floats:
    return 4.0 * truth * (1.0 - truth)


def _draw_pumps(
    rng: np.random.Generator, markets: tuple[WorldMarket, ...], is_thin: np.typing.NDArray[np.bool_], last_at: Instant
) -> list[Pump]:
    pumps: list[Pump] = []
    for at in np.sort(rng.uniform(EPOCH + HOUR, last_at - DAY, int(_PUMPS_A_DAY * (last_at - EPOCH) / DAY))):
        start = int(at) // GRID * GRID
        fit = [
            number
            for number in np.flatnonzero(is_thin).tolist()
            if markets[number].opened_at + HOUR <= start < markets[number].end_at - 2 * HOUR - LAST_CALL
        ]
        if fit:
            market = fit[int(rng.integers(len(fit)))]
            pumps.append(Pump(market, int(rng.integers(2)), start, float(rng.uniform(0.03, 0.06))))
    return pumps


def _push(paths: Paths, pumps: list[Pump]) -> None:
    for episode in pumps:
        place = int(paths.offset[episode.market] + (episode.at - paths.opened_at[episode.market]) // GRID)
        sign = 1.0 if episode.outcome == 0 else -1.0
        for step, share in enumerate((0.0, 1.0, 1.0, 0.5, 0.2)):
            paths.noise[place + step] += sign * episode.height * share
