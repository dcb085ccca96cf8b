"""The headline numbers of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from copytrade_live.core.market import DAY, SECOND, BookSource
from copytrade_pipelines.backtest.intervals import DRAWS, Spread, spread
from copytrade_pipelines.backtest.ledger import CopyTrade, EquityPoint, Ledger
from copytrade_pipelines.backtest.performance import daily_returns, longest_under_water, profit_factor, ratios


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run came to. None where there is nothing to measure.

    Units: cash, equity, pnl, bought and fees in collateral; returns, drawdown, hit rate, chances and shares as
    fractions; slippage in dollars per share above the leader's price; under water in days, latency from the decision
    to the first fill in seconds. pnl_low and pnl_high hold 10 to 90 % of what drawing the events of its copies anew
    comes to; sharpe and sortino are of daily equity, a year of 365 days; probabilistic_sharpe is the chance that the
    true one is above 0.
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
    recorded_share: float | None = None
    filled_share: float | None = None
    bought: float = 0.0
    events: int = 0
    pnl_low: float | None = None
    pnl_high: float | None = None
    profit_factor: float | None = None
    under_water_days: float = 0.0
    days: int = 0
    sharpe: float | None = None
    sortino: float | None = None
    probabilistic_sharpe: float | None = None
    average_latency: float | None = None
    voided: int = 0


_SQL_TYPES = {"int": "BIGINT", "float": "DOUBLE", "float | None": "DOUBLE"}
# The columns of a summary in SQL, by name.
COLUMNS = {field.name: _SQL_TYPES[str(field.type)] for field in fields(Summary)}


def summarise(ledger: Ledger, draws: int = DRAWS) -> Summary:
    """The headline numbers of a finished ledger; without draws there is no interval, which is quicker."""
    trades = list(ledger.trades.values())
    start, end = (ledger.equity[0].equity, ledger.equity[-1].equity) if ledger.equity else (0.0, 0.0)
    filled, closed = [trade for trade in trades if trade.is_filled], closed_trades(trades)
    copied = profit_spread(filled, draws)
    water, risk = longest_under_water(ledger.equity), ratios(daily_returns(ledger.equity))
    return Summary(
        starting_cash=start,
        final_equity=end,
        pnl=end - start,
        total_return=end / start - 1.0 if start else 0.0,
        max_drawdown=max((fall for fall in drawdowns(ledger.equity)), default=0.0),
        fees=sum(trade.entry_fees + trade.exit_fees for trade in trades) / 1e6,
        signals=ledger.signals,
        copies=len(trades),
        filled=len(filled),
        closed=len(closed),
        open_positions=sum(trade.is_open for trade in trades),
        rejections=ledger.rejections.total(),
        exits=ledger.exits.total(),
        hit_rate=_mean(trade.pnl > 0.0 for trade in closed),
        average_slippage=_mean(trade.slippage for trade in trades if trade.slippage is not None),
        modelled_share=_share(ledger.books[BookSource.MODELLED.value], ledger.signals),
        recorded_share=_share(ledger.books[BookSource.RECORDED.value], ledger.signals),
        filled_share=_share(len(filled), len(trades)),
        bought=sum(trade.paid for trade in trades) / 1e6,
        events=len({trade.event_id for trade in filled}),
        pnl_low=copied.total_low if copied else None,
        pnl_high=copied.total_high if copied else None,
        profit_factor=profit_factor([trade.pnl for trade in closed]),
        under_water_days=water.length / DAY if water else 0.0,
        days=risk.days,
        sharpe=risk.sharpe,
        sortino=risk.sortino,
        probabilistic_sharpe=risk.probabilistic,
        voided=ledger.voided,
        average_latency=_mean((trade.opened_at - trade.decided_at) / SECOND for trade in trades if trade.opened_at),
    )


def profit_spread(filled: Iterable[CopyTrade], draws: int = DRAWS) -> Spread | None:
    """The profit of copies with its interval by event; the mean is per dollar paid."""
    return spread(((trade.event_id, trade.pnl, trade.paid / 1e6) for trade in filled), draws)


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


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
