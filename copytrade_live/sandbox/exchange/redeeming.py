"""Payouts of resolved markets: asked for by an account, or made for it, and paid when the chain has got round to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from copytrade_live.core.market import MINUTE, Instant, Micro
from copytrade_live.sandbox.exchange.accounts import Account
from copytrade_live.sandbox.exchange.mishaps import RedemptionFate
from copytrade_live.sandbox.exchange.options import between, luck, made_hash, made_uuid
from copytrade_live.sandbox.exchange.terms import Change, ChangeKind, Listing, Refused

if TYPE_CHECKING:
    from copytrade_live.sandbox.exchange.exchange import Exchange

NOT_RESOLVED = "execution reverted: result for condition not received yet"


class RedemptionState(StrEnum):
    """Where a redemption stands."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"


@dataclass(slots=True, kw_only=True)
class Redemption:
    """One wallet's request to be paid for one market. Units: cash in micro-dollars, shares micro-shares by token."""

    redemption_id: str
    number: int
    account: str
    condition_id: str
    asked_at: Instant
    due_at: Instant
    transaction: str
    state: RedemptionState = RedemptionState.PENDING
    cash: Micro = 0
    shares: tuple[Micro, Micro] = (0, 0)
    is_automatic: bool = False


class Redemptions:
    """All redemptions in the order they were asked for."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.asked: dict[str, Redemption] = {}

    def ask(self, account: Account, condition_id: str, now: Instant, *, is_automatic: bool = False) -> Redemption:
        """Send the transaction. Raises: Refused when the market has not been resolved."""
        exchange = self._exchange
        if exchange.quotes.payouts(condition_id, now) is None:
            raise Refused(400, NOT_RESOLVED)
        number = len(self.asked) + 1
        chance, _, _ = luck(exchange.options.seed, "redemption", account.address, condition_id, number)
        redemption = Redemption(
            redemption_id=made_uuid("redemption", account.address, condition_id, number),
            number=number,
            account=account.address,
            condition_id=condition_id,
            asked_at=now,
            due_at=now + between(exchange.options.redeem_after, chance),
            transaction=made_hash("redemption", account.address, condition_id, number),
            is_automatic=is_automatic,
        )
        self.asked[redemption.redemption_id] = redemption
        exchange.agenda.note(redemption.due_at, partial(self._decide, redemption))
        return redemption

    def _decide(self, redemption: Redemption, at: Instant) -> None:
        exchange = self._exchange
        fate = exchange.mishaps.redemption(redemption)
        if fate is not RedemptionFate.SILENT:
            self._pay(redemption, fate, at)
            return
        silence = exchange.mishaps.silence(redemption)
        if silence is not None:
            exchange.agenda.note(at + silence, partial(self._pay, redemption, RedemptionFate.PAYS))

    def _pay(self, redemption: Redemption, fate: RedemptionFate, at: Instant) -> None:
        exchange = self._exchange
        listing = exchange.quotes.condition(redemption.condition_id, at)
        payouts = exchange.quotes.payouts(redemption.condition_id, at)
        redemption.due_at = at
        if listing is None or payouts is None or fate is RedemptionFate.FAILS:
            redemption.state = RedemptionState.FAILED
            return
        account = exchange.account(redemption.account)
        first, second = listing.token_ids
        redemption.shares = (account.balance(first), account.balance(second))
        redemption.cash = account.redeem(listing.token_ids, payouts)
        redemption.state = RedemptionState.PAID
        exchange.tell(Change(ChangeKind.REDEEMED, at, account.address, redemption=redemption))

    def await_end(self, listing: Listing, at: Instant) -> None:
        """Look once a minute whether a closed market has been resolved, and pay whoever wants that by itself."""
        exchange = self._exchange
        if exchange.quotes.payouts(listing.condition_id, at) is None:
            exchange.agenda.note(at + MINUTE, partial(self.await_end, listing))
            return
        for account in list(exchange.accounts.values()):
            if account.auto_redeem:
                due = at + exchange.options.auto_redeem_after
                exchange.agenda.note(due, partial(self._redeem_for, account, listing))

    def _redeem_for(self, account: Account, listing: Listing, at: Instant) -> None:
        if any(account.balance(token) > 0 for token in listing.token_ids):
            self.ask(account, listing.condition_id, at, is_automatic=True)
