"""What makers do beside trading: turn No shares of a neg-risk event into its other Yes shares, and earn rewards."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from copytrade_live.core.market import DAY, HOUR, MINUTE, Instant
from copytrade_live.sandbox.ledger import NO_MARKET, Kind
from copytrade_live.sandbox.tape import Tape
from copytrade_live.sandbox.world import Instants, WorldMarket

_CONVERSIONS_A_DAY = 0.5
_REWARDED_AT: Instant = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class _Event:
    """A neg-risk event's markets, and when all of them trade."""

    markets: tuple[int, ...]
    opened_at: Instant
    end_at: Instant


def convert_no_shares(rng: np.random.Generator, tape: Tape, wallet: int) -> None:
    """Split in one or two markets of an event, and turn the No shares into Yes shares of all the others."""
    events = _events(tape.markets)
    for at in _moments(rng, tape, _CONVERSIONS_A_DAY).tolist():
        fit = [one for one in events if one.opened_at <= at and at + 2 * HOUR < one.end_at]
        if fit:
            event = fit[int(rng.integers(len(fit)))]
            burnt = rng.choice(event.markets, int(rng.integers(1, 3)), replace=False)
            gained = np.array([market for market in event.markets if market not in burnt])
            _convert(tape, wallet, at, np.sort(burnt), gained, round(float(rng.uniform(50, 500)), 2))


def pay_rewards(rng: np.random.Generator, tape: Tape, wallet: int) -> None:
    """Pay a wallet for the liquidity of each day, shortly after it."""
    at = np.arange(tape.first_at + DAY, tape.last_at, DAY) + _REWARDED_AT
    amounts = np.round(rng.uniform(0.5, 40.0, len(at)), 6)
    transactions = tape.new_transactions(len(at))
    tape.convert(Kind.REWARD, np.full(len(at), wallet), np.full(len(at), NO_MARKET), at, amounts, transactions)


def _convert(
    tape: Tape,
    wallet: int,
    at: Instant,
    burnt: np.typing.NDArray[np.int64],
    gained: np.typing.NDArray[np.int64],
    size: float,
) -> None:
    count = len(burnt)
    wallets, sizes, moments = np.full(count, wallet), np.full(count, size), np.full(count, at)
    tape.convert(Kind.SPLIT, wallets, burnt, moments, sizes, tape.new_transactions(count))
    transaction = np.repeat(tape.new_transactions(1), count)
    # Of k No shares at least k - 1 win: that much collateral comes out at once.
    cash = np.where(np.arange(count) == 0, 0.0, size)
    tape.convert(Kind.CONVERSION, wallets, burnt, moments + 5 * MINUTE, sizes, transaction, cash=cash)
    tape.moved.append((wallet, burnt, 1, -size))
    tape.moved.append((wallet, gained, 0, size))


def _events(markets: tuple[WorldMarket, ...]) -> list[_Event]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, market in enumerate(markets):
        if market.neg_risk:
            numbers[market.event_id].append(number)
    return [
        _Event(tuple(group), max(markets[one].opened_at for one in group), min(markets[one].end_at for one in group))
        for group in numbers.values()
    ]


def _moments(rng: np.random.Generator, tape: Tape, a_day: float) -> Instants:
    count = int(rng.poisson(a_day * (tape.last_at - tape.first_at) / DAY))
    return np.sort(rng.integers(tape.first_at, tape.last_at - HOUR, count))
