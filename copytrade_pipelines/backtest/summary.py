"""The headline numbers of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from copytrade_live.core.market import BookSource
from copytrade_pipelines.backtest.ledger import CopyTrade, EquityPoint, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run came to.

    Units: cash, equity, pnl and fees in collateral; returns, drawdown, hit rate and shares as fractions; slippage in
    dollars per share above the leader's price. None where there is nothing to measure.
    """

    starting_cash: float
    final_equity: float
    pnl: float
    total_return: float
    max_drawdown: float
    fees: float
    signals: int
    copies: int
    filled: int
    closed: int
    open_positions: int
    rejections: int
    exits: int
    hit_rate: float | None
    average_slippage: float | None
    modelled_share: float | None


def summarise(ledger: Ledger) -> Summary:
    """The headline numbers of a finished ledger."""
    trades = list(ledger.trades.values())
    start, end = (ledger.equity[0].equity, ledger.equity[-1].equity) if ledger.equity else (0.0, 0.0)
    closed = closed_trades(trades)
    return Summary(
        starting_cash=start,
        final_equity=end,
        pnl=end - start,
        total_return=end / start - 1.0 if start else 0.0,
        max_drawdown=max((fall for fall in drawdowns(ledger.equity)), default=0.0),
        fees=sum(trade.entry_fees + trade.exit_fees for trade in trades) / 1e6,
        signals=ledger.signals,
        copies=len(trades),
        filled=sum(trade.is_filled for trade in trades),
        closed=len(closed),
        open_positions=sum(trade.is_open for trade in trades),
        rejections=ledger.rejections.total(),
        exits=ledger.exits.total(),
        hit_rate=_mean(trade.pnl > 0.0 for trade in closed),
        average_slippage=_mean(trade.slippage for trade in trades if trade.slippage is not None),
        modelled_share=ledger.books[BookSource.MODELLED.value] / ledger.signals if ledger.signals else None,
    )


def closed_trades(trades: Iterable[CopyTrade]) -> list[CopyTrade]:
    """The copies that ended."""
    return [trade for trade in trades if trade.closed_at is not None]


def drawdowns(equity: Sequence[EquityPoint]) -> list[float]:
    """How far below its peak each point stands, as a fraction."""
    falls: list[float] = []
    peak = 0.0
    for point in equity:
        peak = max(peak, point.equity)
        falls.append((peak - point.equity) / peak if peak > 0.0 else 0.0)
    return falls


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
