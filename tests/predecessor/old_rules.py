"""The predecessor's rules, described in a few lines each, so that tests can show what ours must not do.

Written from its documented behaviour; nothing of its code is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def edge_of_a_new_trader(weight: float = 0.5) -> float:
    """Without closed copies the score is a half and the return nothing, so there is no edge to size."""
    score, roi = 0.5, 0.0
    return weight * (score - 0.5) + (1 - weight) * roi


def kelly_full(price: float, edge: float) -> float:
    """Kelly's fraction for a binary contract, fees left out."""
    odds, chance = (1 - price) / price, price + edge
    return (odds * chance - (1 - chance)) / odds


def max_drawdown(pnls: Iterable[float]) -> float:
    """The largest fall from the peak of summed profit, over the larger of peak and lowest point: it never heals."""
    total = peak = lowest = worst = 0.0
    for pnl in pnls:
        total += pnl
        peak, lowest = max(peak, total), min(lowest, total)
        worst = max(worst, (peak - total) / max(peak, abs(lowest), 1.0))
    return worst


def best_prices(book: Mapping[str, Sequence[Mapping[str, str]]]) -> tuple[float, float]:
    """The first level of each side as it was sent."""
    return float(book["bids"][0]["price"]), float(book["asks"][0]["price"])


def known_outcome(name: str) -> str | None:
    """Only yes and no are outcomes."""
    return name.upper() if name.upper() in {"YES", "NO"} else None


def fill_key(row: Any) -> tuple[str, str, str]:
    """One transaction, token and side is one fill."""
    return row.tx_hash, row.token_id, row.side


def equity_after_restart(starting: float, realised: float) -> float:
    """Realised profit lives in memory only."""
    return starting + 0.0 * realised


def exposure_reached(bankroll: float, step: float, cap: float = 0.60, reserve: float = 0.10) -> float:
    """The cap is a share of what is not deployed yet, so it shrinks as it fills."""
    exposure = 0.0
    while exposure + step <= cap * (bankroll - exposure - reserve * bankroll):
        exposure += step
    return exposure


def order_answer(reply: Mapping[str, Any]) -> float:
    """Shares filled: what was given is read as shares, whichever side it was."""
    return float(reply["makingAmount"])


def win_rate_bound(wins: int, losses: int) -> float:
    """The mean less one standard deviation of the win rate's posterior: prices do not enter."""
    a, b = 1 + wins, 1 + losses
    mean = a / (a + b)
    return max(0.0, mean - float((a * b / ((a + b) ** 2 * (a + b + 1))) ** 0.5))


def roi(pnl: float, stake: float) -> float:
    """Profit over a stake that is counted when opened and again when closed."""
    return pnl / (2 * stake)
