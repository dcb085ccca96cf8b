"""Redemptions: wallets that collect do so in batches, losers for nothing, several conditions in one transaction."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from copytrade_live.core.market import HOUR, MINUTE, Instant
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.tape import Tape

_COLLECTORS = 0.6
_DUST = 0.01


def redeem_winnings(rng: np.random.Generator, tape: Tape, wallets: int) -> None:
    """File a REDEEM row for everything collecting wallets still hold when a market resolves."""
    periods = {wallet: int(rng.integers(2, 13)) * HOUR for wallet in range(wallets) if rng.random() < _COLLECTORS}
    batches: dict[tuple[int, Instant], list[tuple[int, float]]] = defaultdict(list)
    for (wallet, market), (first, second) in sorted(_holdings(tape).items()):
        resolved_at, payouts = tape.markets[market].resolved_at, tape.markets[market].payouts
        if wallet not in periods or resolved_at is None or payouts is None or max(first, second) <= _DUST:
            continue
        period = periods[wallet]
        collected_at = ((resolved_at + 10 * MINUTE) // period + 1) * period
        paid = max(first, 0.0) * payouts[0] + max(second, 0.0) * payouts[1]
        batches[wallet, collected_at].append((market, paid))
    for (wallet, collected_at), paid_markets in sorted(batches.items()):
        tx = tape.transaction()
        for market, paid in paid_markets:
            tape.convert(Kind.REDEEM, wallet, market, collected_at, round(paid, 6), paid, tx)


def _holdings(tape: Tape) -> dict[tuple[int, int], list[float]]:
    held: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for entry in tape.entries:
        pair = held[entry.wallet, entry.market]
        if entry.kind is Kind.TRADE:
            pair[entry.outcome] += entry.size if entry.is_buy else -entry.size
        else:
            change = entry.size if entry.kind is Kind.SPLIT else -entry.size
            pair[0] += change
            pair[1] += change
    return held
