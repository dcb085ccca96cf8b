"""Keeps the books that chosen copies were decided on and bought from, to be drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from copytrade_live.core.events import LeaderFillObserved, MarketResolved
from copytrade_live.core.execution import entry_root
from copytrade_live.core.market import Book, Instant, Side
from copytrade_pipelines.backtest.afterwards import Afterwards
from copytrade_pipelines.backtest.ledger import CopyTrade


@dataclass(slots=True, kw_only=True)
class BookPicture:
    """One copy with the book its decision saw, and the one shown when it was first filled."""

    trade: CopyTrade
    why: str
    decided_on: Book | None = None
    filled_on: Book | None = None


def choose(trades: Sequence[CopyTrade]) -> list[tuple[CopyTrade, str]]:
    """The copies worth a picture, and why: the extremes of profit and slippage, and the largest."""
    filled = [trade for trade in trades if trade.is_filled]
    if not filled:
        return []
    wanted = (
        (max(filled, key=lambda trade: (trade.pnl, trade.root_id)), "earned most"),
        (min(filled, key=lambda trade: (trade.pnl, trade.root_id)), "lost most"),
        (max(filled, key=lambda trade: (trade.slippage or 0.0, trade.root_id)), "dearest against its leader"),
        (max(filled, key=lambda trade: (trade.paid, trade.root_id)), "largest"),
    )
    chosen: dict[str, tuple[CopyTrade, str]] = {}
    for trade, why in wanted:
        before = chosen.get(trade.root_id)
        chosen[trade.root_id] = (trade, f"{before[1]}, {why}" if before else why)
    return list(chosen.values())


class BookPictures:
    """Takes the pictures when their moments come, and remembers what every copied token paid."""

    def __init__(self, after: Afterwards, trades: Sequence[CopyTrade]) -> None:
        self._after = after
        self.pictures = [BookPicture(trade=trade, why=why) for trade, why in choose(trades)]
        self._by_root = {picture.trade.root_id: picture for picture in self.pictures}
        self._copied = {trade.token_id for trade in trades}
        # Collateral a share that a copied token paid, by token id.
        self.payouts: dict[str, float] = {}
        for picture in self.pictures:
            self._later(picture, picture.trade.opened_at)

    def before(self, now: Instant) -> None:
        """Nothing begins here by itself."""

    def saw_fill(self, seen: LeaderFillObserved) -> None:
        """The book that goes with a copied fill is the one that was decided on."""
        if seen.signal.side is Side.BUY:
            picture = self._by_root.get(entry_root(seen.signal.signal_id))
            if picture is not None and picture.decided_on is None:
                picture.decided_on = seen.book

    def saw_resolution(self, seen: MarketResolved) -> None:
        """Remember what copied tokens paid."""
        self.payouts.update(_of(self._copied, seen.payouts))

    def _later(self, picture: BookPicture, moment: Instant | None) -> None:
        def take(now: Instant) -> None:
            picture.filled_on = self._after.book(picture.trade.token_id, now)

        if moment is not None:
            self._after.at(moment, take)


def _of(tokens: set[str], payouts: Iterable[tuple[str, float]]) -> dict[str, float]:
    return {token: payout for token, payout in payouts if token in tokens}
