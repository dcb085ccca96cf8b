"""Redemptions: wallets that collect do so in batches, losers for nothing, several conditions in one transaction."""

from __future__ import annotations

import numpy as np

from copytrade_live.core.market import HOUR, MINUTE
from copytrade_live.sandbox.ledger import Columns, Kind, join_columns
from copytrade_live.sandbox.tape import Numbers, Tape
from copytrade_live.sandbox.world import Floats

_COLLECTORS = 0.6
_DUST = 0.01
_MOVING = (Kind.TRADE.value, Kind.SPLIT.value, Kind.MERGE.value)


def redeem_winnings(rng: np.random.Generator, tape: Tape, wallets: int) -> None:
    """File a REDEEM row for everything collecting wallets still hold when a market resolves."""
    periods = rng.integers(2, 13, wallets) * HOUR
    is_collector = rng.random(wallets) < _COLLECTORS
    wallet, market, held = _holdings(join_columns([*tape.filed, *_moves(tape)]), len(tape.markets))
    payouts = np.array([listed.payouts or (0.0, 0.0) for listed in tape.markets])
    resolved_at = np.array([listed.resolved_at or 0 for listed in tape.markets])
    is_due = is_collector[wallet] & (held.max(axis=1) > _DUST)
    wallet, market, held = wallet[is_due], market[is_due], held[is_due]
    paid = np.round((np.maximum(held, 0.0) * payouts[market]).sum(axis=1), 6)
    collected_at = ((resolved_at[market] + 10 * MINUTE) // periods[wallet] + 1) * periods[wallet]
    batch = np.unique(np.stack([wallet, collected_at]), axis=1, return_inverse=True)[1].reshape(-1)
    transactions = tape.new_transactions(int(batch.max()) + 1 if len(batch) else 0)
    order = np.argsort(batch, kind="stable")
    tape.convert(
        Kind.REDEEM, wallet[order], market[order], collected_at[order], paid[order], transactions[batch[order]]
    )


def _moves(tape: Tape) -> list[Columns]:
    """Shares that conversions moved, as if they had been bought and sold."""
    return [
        Columns(
            at=np.zeros(len(market), dtype=np.int64),
            wallet=np.full(len(market), wallet),
            market=market,
            outcome=np.full(len(market), outcome),
            kind=np.full(len(market), Kind.TRADE.value),
            is_buy=np.full(len(market), change > 0),
            is_taker=np.full(len(market), False),
            price=np.zeros(len(market)),
            size=np.full(len(market), abs(change)),
            cash=np.zeros(len(market)),
            tx=np.zeros(len(market), dtype=np.int64),
        )
        for wallet, market, outcome, change in tape.moved
    ]


def _holdings(columns: Columns, markets: int) -> tuple[Numbers, Numbers, Floats]:
    """Wallet, market and shares of both outcomes held in the end."""
    columns = Columns._make(column[np.isin(columns.kind, _MOVING)] for column in columns)
    keys, place = np.unique(columns.wallet * markets + columns.market, return_inverse=True)
    held = np.zeros((len(keys), 2))
    is_trade = columns.kind == Kind.TRADE
    signed = columns.size * np.where(columns.is_buy, 1.0, -1.0)
    np.add.at(held, (place[is_trade], columns.outcome[is_trade]), signed[is_trade])
    change = np.where(columns.kind == Kind.SPLIT, columns.size, -columns.size)[~is_trade]
    np.add.at(held, place[~is_trade], change[:, None])
    return keys // markets, keys % markets, held
