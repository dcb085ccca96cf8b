"""What others would have ranked wallets by at the freeze: lifetime PnL, win rate, the predecessor's composite."""

from __future__ import annotations

import numpy as np

from copytrade_live.core.market import Instant
from copytrade_live.core.valuation import value_to_resolution
from copytrade_pipelines.scoring.codes import codes_in, encode
from copytrade_pipelines.scoring.columns import Frame, codes_of_words, ids, kept, numbers, times
from copytrade_pipelines.scoring.frame import BUY, SELL, Codes, Floats
from copytrade_pipelines.scoring.report_card.judged import added
from copytrade_pipelines.scoring.study.peers import LEAST_DEVIATION, predecessor_composite

LIFETIME_PNL, WIN_RATE, COMPOSITE, RANDOM = "lifetime_pnl", "win_rate", "composite", "random"
RANKED = (LIFETIME_PNL, WIN_RATE, COMPOSITE)
BASELINES = (*RANKED, RANDOM)


def baseline_scores(fills: Frame, outcomes: Frame, frozen_at: Instant, wallets: np.ndarray) -> dict[str, Floats]:
    """A score a wallet for each of RANKED, from fills and payouts known at the freeze; -inf for who had none.

    A market of a wallet is one result: what its fills were worth at the payout, against what was paid to open it.
    """
    now = frozen_at * 1000
    fills = kept(fills, times(fills, "observed_at") <= now)
    outcomes = kept(outcomes, times(outcomes, "known_at") <= now)
    wallet = codes_in(wallets, ids(fills, "wallet"))
    tokens, (token, paid_token) = encode(ids(fills, "token_id"), ids(outcomes, "token_id"))
    payout = np.full(len(tokens), np.nan)
    payout[paid_token] = numbers(outcomes, "payout")
    rows = np.flatnonzero((wallet >= 0) & ~np.isnan(payout[token]))
    _, (market,) = encode(ids(fills, "condition_id"))
    sign = codes_of_words(fills, "side", {"BUY": BUY, "SELL": SELL})[rows].astype(float)
    price, size = numbers(fills, "price")[rows], numbers(fills, "size")[rows]
    worth = value_to_resolution(sign, price, size, payout[token[rows]])
    opened = size * np.where(sign > 0.0, price, 1.0 - price)
    at = times(fills, "event_at")[rows]
    results = _by_market(wallet[rows], market[rows], worth, np.where(sign > 0.0, opened, 0.0), opened, at)
    return _scores(*results, len(wallets))


def _by_market(
    wallet: Codes, market: Codes, worth: Floats, bought: Floats, opened: Floats, at: np.ndarray
) -> tuple[Codes, Floats, Floats]:
    # Wallet, profit and stake of each market, in order of wallet and last fill.
    key = wallet.astype(np.int64) * (int(market.max(initial=0)) + 1) + market
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    profit, stake, minted = (added(group, part, len(first)) for part in (worth, bought, opened))
    last = np.zeros(len(first), dtype=np.int64)
    np.maximum.at(last, group, at)
    order = np.lexsort((last, wallet[first]))
    return wallet[first][order], profit[order], np.where(stake > 0.0, stake, minted)[order]


def _scores(wallet: Codes, profit: Floats, stake: Floats, wallets: int) -> dict[str, Floats]:
    count = np.bincount(wallet, minlength=wallets).astype(float)
    seen, at_least = count > 0.0, np.maximum(count, 1.0)
    gain = profit / np.maximum(stake, 1e-9)

    def total(values: Floats) -> Floats:
        return added(wallet, values, wallets)

    mean = total(gain) / at_least
    spread = np.sqrt(np.maximum(total(gain**2) / at_least - mean**2, 0.0))
    win_rate = total((profit > 0.0).astype(float)) / at_least
    roi = total(profit) / np.maximum(total(stake), 1e-9)
    sharpe = mean / np.maximum(spread, LEAST_DEVIATION)
    composite = predecessor_composite(roi, win_rate, sharpe, _drawdowns(wallet, profit, wallets))
    scores = {LIFETIME_PNL: total(profit), WIN_RATE: win_rate, COMPOSITE: composite}
    return {name: np.where(seen, score, -np.inf) for name, score in scores.items()}


def _drawdowns(wallet: Codes, profit: Floats, wallets: int) -> Floats:
    found = np.zeros(wallets)
    bounds = np.searchsorted(wallet, np.arange(wallets + 1))
    for place in np.unique(wallet).tolist():
        curve = np.cumsum(profit[bounds[place] : bounds[place + 1]])
        peak = np.maximum(np.maximum.accumulate(curve), 0.0)
        trough = np.minimum(np.minimum.accumulate(curve), 0.0)
        found[place] = float(((peak - curve) / np.maximum(np.maximum(peak, -trough), 1.0)).max())
    return found
