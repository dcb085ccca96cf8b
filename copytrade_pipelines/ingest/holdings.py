"""What a wallet holds, folded from what it did: pure, one wallet at a time, at average cost.

Collateral is conserved: what goes into shares as cost comes out as cost of what is held plus what disposals took away,
and a split, a merge or a conversion pays exactly what the shares it makes or burns are worth together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from copytrade_live.core.market import Instant

# Matched sizes differ from what was asked for by up to this much; less than this is nothing (shares).
DUST = 0.01


class Kind(IntEnum):
    """What a wallet can do to its holdings. Of one second, what acquires comes before what disposes."""

    SPLIT = 0
    BUY = 1
    CONVERT = 2
    SELL = 3
    MERGE = 4
    REDEEM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing a wallet did. Units: size in shares; price in dollars per share, of a fill.

    tokens are what it is about: the one traded, all of a condition, or the No tokens of a conversion, whose gained
    tokens are the Yes tokens of the event's other conditions. payouts run parallel to tokens, of a redemption.
    """

    kind: Kind
    at: Instant
    tokens: tuple[str, ...]
    size: float
    price: float = 0.0
    gained: tuple[str, ...] = ()
    payouts: tuple[float, ...] = ()


@dataclass(slots=True, kw_only=True)
class Holding:
    """One token of one wallet. Units: shares; collateral for cost, notional and realised.

    missing is how many shares were disposed of that we never saw acquired: a gap in the history.
    """

    size: float = 0.0
    cost: float = 0.0
    bought: float = 0.0
    notional: float = 0.0
    realised: float = 0.0
    missing: float = 0.0
    last_at: Instant = 0

    def acquire(self, size: float, price: float) -> None:
        """Add shares at a price."""
        self.size += size
        self.bought += size
        self.cost += size * price
        self.notional += size * price

    def dispose(self, size: float, price: float) -> float:
        """Take shares away at a price. Returns: the collateral that held shares brought."""
        held = min(size, self.size)
        self.missing += size - held
        if held <= 0.0:
            return 0.0
        part = self.cost * (held / self.size)
        self.realised += held * price - part
        self.cost -= part
        self.size -= held
        return held * price


@dataclass(slots=True, kw_only=True)
class Holdings:
    """Everything one wallet holds and held, by token; cash is what went in and out, from nothing. Unit: collateral."""

    by_token: dict[str, Holding] = field(default_factory=dict)
    cash: float = 0.0

    def of(self, token: str) -> Holding:
        """The holding of a token, made when it is new."""
        return self.by_token.setdefault(token, Holding())


def in_order(steps: Iterable[Step]) -> list[Step]:
    """The order in which steps are folded: by time, and of one second acquisitions first."""
    return sorted(steps, key=lambda step: (step.at, step.kind, step.tokens, step.size, step.price))


def fold(steps: Iterable[Step]) -> Holdings:
    """Fold steps, given in order, into holdings. No size is ever below zero: what is not there is counted missing."""
    held = Holdings()
    for step in steps:
        _FOLDS[step.kind](held, step)
        for token in (*step.tokens, *step.gained):
            held.of(token).last_at = step.at
    return held


def _buy(held: Holdings, step: Step) -> None:
    held.of(step.tokens[0]).acquire(step.size, step.price)
    held.cash -= step.size * step.price


def _sell(held: Holdings, step: Step) -> None:
    held.cash += held.of(step.tokens[0]).dispose(step.size, step.price)


def _split(held: Holdings, step: Step) -> None:
    share = 1.0 / len(step.tokens)
    for token in step.tokens:
        held.of(token).acquire(step.size, share)
    held.cash -= step.size


def _merge(held: Holdings, step: Step) -> None:
    share = 1.0 / len(step.tokens)
    for token in step.tokens:
        held.cash += held.of(token).dispose(step.size, share)


def _redeem(held: Holdings, step: Step) -> None:
    # A redemption burns whatever is held of its condition, the losing side for nothing. While the payouts are not
    # known, what it brought is spread over all of it: the sum is right, the tokens are not.
    whole = sum(held.of(token).size for token in step.tokens)
    payouts = step.payouts or (step.size / whole if whole > 0.0 else 0.0,) * len(step.tokens)
    for token, payout in zip(step.tokens, payouts, strict=True):
        holding = held.of(token)
        held.cash += holding.dispose(holding.size, payout)


def _convert(held: Holdings, step: Step) -> None:
    """No shares of some conditions of a neg-risk event become Yes shares of all the others, and collateral.

    Exactly one condition of the event pays its Yes, so k No shares are worth k - 1 in any case, and one more when the
    winner is among the others: that is one Yes share of each other. The cost of the No shares, less the collateral that
    comes out, moves on to the Yes shares; what comes out beyond the cost is realised.
    """
    held_all = min((held.of(token).size for token in step.tokens), default=0.0)
    size = min(step.size, held_all) if step.tokens else 0.0
    for token in step.tokens:
        held.of(token).missing += max(step.size - held.of(token).size, 0.0)
    cash = size * (len(step.tokens) - 1)
    cost = sum(_take(held.of(token), size) for token in step.tokens)
    moved = max(cost - cash, 0.0) if step.gained else 0.0
    realised = cash - (cost - moved)
    for token in step.tokens:
        held.of(token).realised += realised / len(step.tokens)
    for token in step.gained:
        price = moved / len(step.gained) / size if size > 0.0 else 0.0
        held.of(token).acquire(size, price)
    held.cash += cash


def _take(holding: Holding, size: float) -> float:
    """Take shares away at what they cost. Returns: that cost."""
    if size <= 0.0 or holding.size <= 0.0:
        return 0.0
    part = holding.cost * (size / holding.size)
    holding.cost -= part
    holding.size -= size
    return part


_FOLDS = {
    Kind.BUY: _buy,
    Kind.SELL: _sell,
    Kind.SPLIT: _split,
    Kind.MERGE: _merge,
    Kind.REDEEM: _redeem,
    Kind.CONVERT: _convert,
}
