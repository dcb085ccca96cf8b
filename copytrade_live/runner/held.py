"""What we hold or try to hold: its books and its markets are looked at until it is gone."""

from __future__ import annotations

from copytrade_live.core.market import Market
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.execution import Record
from copytrade_live.runner.markets import MarketDesk


class Held:
    """Watches positions and the orders that would become some."""

    def __init__(self, record: Record, books: BookDesk, markets: MarketDesk) -> None:
        self._record = record
        self._books = books
        self._markets = markets

    async def watch_books(self) -> None:
        """Take in what is new of the books of positions."""
        portfolio = self._record.state.portfolio
        await self._books.follow(
            [*portfolio.positions, *(entry.order.token_id for entry in portfolio.working.values())]
        )
        books = await self._books.fresh(portfolio.positions)
        for token_id in sorted(books):
            self._books.observe_news(books[token_id], self._record.observe)

    async def watch_markets(self) -> None:
        """Take in what changed of the markets, and which were resolved."""
        held = self._by_condition()
        for change in await self._markets.changes(held):
            self._record.observe(change)
        for resolution in await self._markets.resolved(held):
            # An observation before this one may have closed the position.
            if resolution.condition_id in self._by_condition():
                self._record.observe(resolution)

    def _by_condition(self) -> dict[str, Market]:
        portfolio = self._record.state.portfolio
        markets = [entry.market for entry in portfolio.working.values()]
        markets += [position.market for position in portfolio.positions.values()]
        return {market.condition_id: market for market in markets}
