"""Every wallet ranked by gain or volume over a window, ties by wallet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from copytrade_live.core.market import DAY, Instant
from copytrade_live.sandbox.selection import Question, select
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world import Floats, WorldWallet

WINDOWS: dict[str, Instant | None] = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY, "all": None}


@dataclass(frozen=True, slots=True)
class Standing:
    """One wallet's place. Units: gain and notional in collateral, shares."""

    wallet: WorldWallet
    gain: float
    shares: float
    notional: float


def rank_wallets(venue: Venue, *, window: str, category: str, by_volume: bool) -> list[Standing]:
    """All wallets that ever showed a fill, best first.

    A fill gains its token's worth now less its price; the window says which fills count.
    """
    rows = select(venue, Question())
    ledger, traders = venue.world.ledger, len(venue.world.wallets)
    is_known = np.bincount(ledger.wallet[rows], minlength=traders) > 0
    length = WINDOWS[window]
    if length is not None:
        rows = rows[ledger.at[rows] > venue.now() - length]
    if category != "overall":
        is_wanted = np.array([market.category == category for market in venue.markets])
        rows = rows[is_wanted[ledger.market[rows]]]
    worth = _worth(venue, np.unique(ledger.market[rows]))
    first = worth[ledger.market[rows]]
    value = np.where(ledger.outcome[rows] == 0, first, 1.0 - first)
    sign = np.where(ledger.is_buy[rows], 1.0, -1.0)
    size = ledger.size[rows]
    gains = np.bincount(ledger.wallet[rows], weights=sign * (value - ledger.price[rows]) * size, minlength=traders)
    shares = np.bincount(ledger.wallet[rows], weights=size, minlength=traders)
    notional = np.bincount(ledger.wallet[rows], weights=ledger.price[rows] * size, minlength=traders)
    standings = [
        Standing(wallet, round(float(gain), 6), round(float(share), 6), round(float(cash), 6))
        for wallet, gain, share, cash, known in zip(venue.world.wallets, gains, shares, notional, is_known, strict=True)
        if known
    ]
    return sorted(standings, key=lambda one: (-(one.shares if by_volume else one.gain), one.wallet.address))


def _worth(venue: Venue, markets: np.typing.NDArray[np.int32]) -> Floats:
    worth = np.full(len(venue.markets), 0.5)
    now = venue.now()
    for market in markets.tolist():
        worth[market] = venue.price(market, 0, now)
    return worth
