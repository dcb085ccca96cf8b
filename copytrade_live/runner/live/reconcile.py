"""Comparing the account with the ledger: what the venue says we hold, read between two looks at what moved."""

from __future__ import annotations

from collections.abc import Mapping

from copytrade_live.clock import Clock
from copytrade_live.core.events import AccountObserved
from copytrade_live.core.on_account import agrees
from copytrade_live.failpoints import Failpoint, reach
from copytrade_live.ports import TradeStatus, TradingVenue
from copytrade_live.runner.execution import Record
from copytrade_live.runner.live.ceiling import Ceiling, Urgency
from copytrade_live.runner.live.look import Look, Looker
from copytrade_live.runner.live.redeeming import Redeemer


class Reconciler:
    """Reads the account between two looks. One with something moving around it may only agree, never differ.

    Where fills never pause there would be no reading at all otherwise, and entries would stop for want of one.
    """

    def __init__(
        self,
        venue: TradingVenue,
        looker: Looker,
        redeemer: Redeemer,
        ceiling: Ceiling,
        clock: Clock,
    ) -> None:
        self._venue = venue
        self._looker = looker
        self._redeemer = redeemer
        self._ceiling = ceiling
        self._clock = clock

    async def reconcile(self, record: Record) -> bool:
        """Read and observe the account. Returns: False when what moved meanwhile proves nothing. Raises: VenueError."""
        before = await self._looker.look(record)
        await self._redeemer.look(record)
        reach(Failpoint.ACCOUNT_BEFORE)
        tokens = self._tokens(record, before)
        await self._ceiling.wait(Urgency.READ)
        account = await self._venue.account(tokens)
        reach(Failpoint.ACCOUNT_AFTER)
        paid = await self._redeemer.look(record)
        after = await self._looker.look(record)
        now = self._clock.now()
        seen = AccountObserved(
            event_at=min(account.observed_at, now),
            observed_at=now,
            cash=account.cash,
            holdings=tuple(sorted(account.holdings.items())),
        )
        has_moved = bool(after.changes or paid) or _stands(before) != _stands(after)
        if has_moved and not agrees(record.state.portfolio, seen):
            # It may be older than what moved: that it differs says nothing.
            return False
        record.observe(seen)
        return True

    def _tokens(self, record: Record, look: Look) -> list[str]:
        portfolio = record.state.portfolio
        tokens = set(portfolio.positions) | {entry.order.token_id for entry in portfolio.working.values()}
        tokens |= {trade.token_id for trade in look.trades}
        return sorted(tokens)


def _stands(look: Look) -> Mapping[tuple[str, str], TradeStatus]:
    return {(trade.trade_id, trade.venue_order_id): trade.status for trade in look.trades}
