"""What an owner does to his account beside us: withdraw, revoke allowances, trade by hand; faults of the account."""

from __future__ import annotations

from copytrade_live.core.market import MICRO, Instant, Side
from copytrade_live.sandbox.exchange.accounts import COLLATERAL, Account
from copytrade_live.sandbox.exchange.exchange import Exchange
from copytrade_live.sandbox.exchange.options import made_hash
from copytrade_live.sandbox.exchange.terms import SIZE_STEP, NewOrder, OrderType, Refused
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.faults import FaultBook, Window

BY_HAND = "owner-by-hand"
_ACTS = (FaultKind.FUNDS_WITHDRAWN, FaultKind.OWNER_TRADED)


class OwnerActs:
    """Acts once a window and account, the first time anybody looks while the window is open."""

    def __init__(self, book: FaultBook, exchange: Exchange) -> None:
        self._book, self._exchange = book, exchange
        self._done: set[tuple[str, FaultKind, Instant]] = set()
        self._revoked: dict[str, tuple[int, dict[str, int]]] = {}

    def look(self, now: Instant) -> None:
        """Do what the windows that are open ask for."""
        for kind in _ACTS:
            if self._book.has(kind):
                for account in list(self._exchange.accounts.values()):
                    window = self._book.window(kind, now, key=account.address)
                    if window is not None and (account.address, kind, window.opened_at) not in self._done:
                        self._act(kind, account, window, now)
        if self._revoked or self._book.has(FaultKind.ALLOWANCE_REVOKED):
            for account in self._exchange.accounts.values():
                self._revoke(account, self._book.window(FaultKind.ALLOWANCE_REVOKED, now, key=account.address))

    def _act(self, kind: FaultKind, account: Account, window: Window, now: Instant) -> None:
        self._done.add((account.address, kind, window.opened_at))
        is_done = self._withdraw(account, window) if kind is FaultKind.FUNDS_WITHDRAWN else self._trade(account, now)
        if is_done:
            self._book.count(kind)

    def _withdraw(self, account: Account, window: Window) -> bool:
        """A part of what no order holds back."""
        part = int(max(account.available(COLLATERAL), 0) * window.luck)
        account.give(COLLATERAL, -part)
        return part > 0

    def _trade(self, account: Account, now: Instant) -> bool:
        """Sell half of the largest holding at any price, in an order of the owner's own."""
        free = {token: account.available(token) for token in account.holdings}
        token = max(free, key=lambda one: free[one], default="")
        size = free.get(token, 0) // 2 // SIZE_STEP * SIZE_STEP
        listing = self._exchange.quotes.listing(token, now) if size > 0 else None
        if listing is None:
            return False
        order = NewOrder(
            order_id=made_hash(BY_HAND, account.address, token, now),
            account=account.address,
            owner=BY_HAND,
            token_id=token,
            side=Side.SELL,
            making=size,
            taking=size * listing.tick // MICRO,
            order_type=OrderType.FAK,
        )
        try:
            self._exchange.place(order, now)
        except Refused:
            return False
        return True

    def _revoke(self, account: Account, window: Window | None) -> None:
        before = self._revoked.get(account.address)
        if window is not None and before is None:
            self._revoked[account.address] = (account.default_allowance, account.allowances)
            account.default_allowance, account.allowances = 0, {}
            self._book.count(FaultKind.ALLOWANCE_REVOKED)
        elif window is None and before is not None:
            account.default_allowance, account.allowances = before
            del self._revoked[account.address]
