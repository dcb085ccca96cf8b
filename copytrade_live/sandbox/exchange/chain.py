"""Transactions of wallets: what they ask for, when it takes effect, and how they end."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from copytrade_live.core.market import Instant
from copytrade_live.sandbox.exchange.accounts import COLLATERAL, Account
from copytrade_live.sandbox.exchange.calls import (
    Action,
    AllowSession,
    Approve,
    ApproveShares,
    Call,
    Redeem,
    Send,
    Split,
    action_of,
)
from copytrade_live.sandbox.exchange.exchange import Exchange
from copytrade_live.sandbox.exchange.options import between, luck, made_hash, made_uuid
from copytrade_live.sandbox.exchange.redeeming import Redemption, RedemptionState
from copytrade_live.sandbox.exchange.signatures import Sessions
from copytrade_live.sandbox.exchange.terms import Listing, Refused

REVERTED = "execution reverted"


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One transaction of one wallet. error says why it reverted; scopes are those of a session key it allows."""

    transaction_id: str
    account: str
    calls: tuple[Call, ...]
    sent_at: Instant
    due_at: Instant
    hash: str
    is_done: bool = False
    error: str = ""
    scopes: tuple[str, ...] = ("ALL",)
    redemptions: list[Redemption] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        """Whether the chain reverted it."""
        return bool(self.error) or any(one.state is RedemptionState.FAILED for one in self.redemptions)

    @property
    def is_confirmed(self) -> bool:
        """Whether everything it asked for has happened."""
        has_paid = all(one.state is RedemptionState.PAID for one in self.redemptions)
        return self.is_done and not self.error and has_paid


class Chain:
    """The wallets' side of the chain."""

    def __init__(self, exchange: Exchange, sessions: Sessions) -> None:
        self._exchange, self._sessions = exchange, sessions
        self.transactions: dict[str, Transaction] = {}
        self._nonces: dict[str, int] = {}

    def nonce(self, sender: str) -> int:
        """How many transactions a sender has signed."""
        return self._nonces.get(sender, 0)

    def count(self, sender: str) -> None:
        """Note that a sender has signed one more."""
        self._nonces[sender] = self.nonce(sender) + 1

    def send(
        self,
        wallet: str,
        calls: tuple[Call, ...],
        now: Instant,
        *,
        transaction_hash: str = "",
        scopes: tuple[str, ...] = ("ALL",),
    ) -> Transaction:
        """Take a transaction whose signature has been checked."""
        self._exchange.advance(now)
        key, options = wallet.lower(), self._exchange.options
        number = len(self.transactions) + 1
        chance, _, _ = luck(options.seed, "chain", key, number)
        transaction = Transaction(
            transaction_id=made_uuid(options.seed, "chain", key, number),
            account=key,
            calls=calls,
            sent_at=now,
            due_at=now + between(options.redeem_after, chance),
            hash=transaction_hash or made_hash(options.seed, "chain", key, number),
            scopes=scopes,
        )
        self.transactions[transaction.transaction_id] = transaction
        self._exchange.agenda.note(transaction.due_at, partial(self._run, transaction))
        self._start_redemptions(transaction, now)
        return transaction

    def by_hash(self, transaction_hash: str) -> Transaction | None:
        """A transaction as the chain knows it."""
        return next((one for one in self.transactions.values() if one.hash == transaction_hash), None)

    def _start_redemptions(self, transaction: Transaction, now: Instant) -> None:
        account = self._exchange.account(transaction.account)
        for call in transaction.calls:
            action = action_of(call, transaction.account)
            if isinstance(action, Redeem):
                listing = self._listing(action.condition, now)
                try:
                    condition = action.condition if listing is None else listing.condition_id
                    transaction.redemptions.append(self._exchange.redemptions.ask(account, condition, now))
                except Refused as refused:
                    transaction.error = refused.message

    def _run(self, transaction: Transaction, at: Instant) -> None:
        transaction.is_done = True
        actions = [action_of(call, transaction.account) for call in transaction.calls]
        if None in actions or transaction.error:
            transaction.error = transaction.error or REVERTED
            return
        account = self._exchange.account(transaction.account)
        for action in actions:
            if action is not None and not transaction.error:
                transaction.error = self._apply(action, account, transaction.scopes, at)

    def _apply(self, action: Action, account: Account, scopes: tuple[str, ...], at: Instant) -> str:
        """Do one thing. Returns: why it reverted, empty when it did not."""
        match action:
            case Approve(spender, amount):
                account.allowances[spender] = amount
            case ApproveShares(operator, is_approved):
                account.refused_operators.discard(operator) if is_approved else account.refused_operators.add(operator)
            case Send(to, amount):
                if amount > account.cash:
                    return f"{REVERTED}: ERC20: transfer amount exceeds balance"
                account.give(COLLATERAL, -amount)
                self._exchange.account(to).give(COLLATERAL, amount)
            case AllowSession(signer, until):
                if until:
                    self._sessions.allow(account.address, signer, scopes, until)
                else:
                    self._sessions.revoke(account.address, signer)
            case Split(condition, amount):
                return self._split(account, self._listing(condition, at), amount)
            case Redeem():
                pass
        return ""

    def _split(self, account: Account, listing: Listing | None, amount: int) -> str:
        if listing is None:
            return f"{REVERTED}: condition not prepared yet"
        if amount > account.cash or any(account.balance(token) < -amount for token in listing.token_ids):
            return f"{REVERTED}: balance is not enough"
        account.give(COLLATERAL, -amount)
        for token in listing.token_ids:
            account.give(token, amount)
        return ""

    def _listing(self, condition: str, now: Instant) -> Listing | None:
        """A market by its condition, or by the 31 bytes that its two positions share."""
        if len(condition) == 2 + 62:
            return self._exchange.quotes.listing(str(int(condition, 16) << 8), now)
        return self._exchange.quotes.condition(condition, now)
