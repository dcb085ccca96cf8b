"""From a match to the chain: what is due when, and what each step moves."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

from copytrade_live.core.market import Instant
from copytrade_live.sandbox.exchange.accounts import Account
from copytrade_live.sandbox.exchange.options import Fate, made_hash
from copytrade_live.sandbox.exchange.terms import Trade, TradeStatus

Action = Callable[[Instant], None]


class Agenda:
    """What is to happen when; what is due at one instant happens in the order it was noted."""

    def __init__(self) -> None:
        self._due: list[tuple[Instant, int, Action]] = []
        self._noted = 0

    def note(self, at: Instant, action: Action) -> None:
        """Have something done at an instant."""
        self._noted += 1
        heapq.heappush(self._due, (at, self._noted, action))

    def next_at(self) -> Instant | None:
        """When the next thing is due."""
        return self._due[0][0] if self._due else None

    def run_until(self, now: Instant) -> None:
        """Do everything that is due by now, also what that notes."""
        while self._due and self._due[0][0] <= now:
            at, _, action = heapq.heappop(self._due)
            action(at)


def steps(fate: Fate) -> Iterator[tuple[Instant, TradeStatus]]:
    """The states a match goes through, each with how long after the match."""
    if fate.fails:
        if fate.reorgs:
            yield fate.mined_after, TradeStatus.MINED
        yield (fate.mined_after + fate.final_after) // 2, TradeStatus.RETRYING
        yield fate.final_after, TradeStatus.FAILED
        return
    if fate.retries:
        yield fate.mined_after // 2, TradeStatus.RETRYING
    yield fate.mined_after, TradeStatus.MINED
    yield fate.final_after, TradeStatus.CONFIRMED


def move(trade: Trade, status: TradeStatus, accounts: dict[str, Account], at: Instant) -> None:
    """Bring a trade to its next state: mining moves dollars and shares, retrying takes that back, failing ends it."""
    trade.status, trade.updated_at = status, at
    ours = [(accounts[leg.account], leg) for leg in trade.legs if leg.account]
    if status is TradeStatus.MINED:
        trade.transaction, trade.mined_at = made_hash("transaction", trade.trade_id), at
        for account, leg in ours:
            account.release(leg)
            account.settle(leg)
    elif status is TradeStatus.RETRYING:
        for account, leg in ours if trade.mined_at is not None else ():
            account.unsettle(leg)
            account.hold(leg)
        trade.transaction, trade.mined_at = made_hash("reverted", trade.trade_id), None
    elif status is TradeStatus.FAILED:
        for account, leg in ours:
            account.release(leg)
