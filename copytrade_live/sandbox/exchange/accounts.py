"""Who holds what: settled balances, what open orders and unsettled matches hold back, and allowances."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from copytrade_live.core.market import MICRO, Micro, Side
from copytrade_live.sandbox.exchange.terms import Leg, Order, Refused

# What an unlimited approval stores.
UNLIMITED = 2**256 - 1
COLLATERAL = ""


@dataclass(slots=True)
class Account:
    """One wallet. Balances are what the chain says; held is what matches will move but have not yet.

    Units: micro-dollars and micro-shares. Shape: held by token, COLLATERAL for dollars; allowances by spender in
    lower case, default_allowance for every other; operators are those who may not move shares.
    """

    address: str
    cash: Micro = 0
    holdings: dict[str, Micro] = field(default_factory=dict)
    held: dict[str, Micro] = field(default_factory=dict)
    open: dict[str, Order] = field(default_factory=dict)
    default_allowance: int = UNLIMITED
    allowances: dict[str, int] = field(default_factory=dict)
    refused_operators: set[str] = field(default_factory=set)
    is_deployed: bool = False
    auto_redeem: bool = False
    is_banned: bool = False
    closed_only: bool = False

    def balance(self, token_id: str) -> Micro:
        """What the chain says of a token, or of COLLATERAL."""
        return self.holdings.get(token_id, 0) if token_id else self.cash

    def reserved(self, token_id: str) -> Micro:
        """What open orders hold back of a token, or of COLLATERAL."""
        if token_id == COLLATERAL:
            return sum(order.price * order.rest // MICRO for order in self.open.values() if order.is_buy)
        return sum(order.rest for order in self.open.values() if not order.is_buy and order.new.token_id == token_id)

    def available(self, token_id: str) -> Micro:
        """What a new order may still use."""
        return self.balance(token_id) - self.held.get(token_id, 0) - self.reserved(token_id)

    def allowance(self, spender: str) -> int:
        """How many dollars an exchange may take."""
        return self.allowances.get(spender.lower(), self.default_allowance)

    def operator_allowance(self, operator: str) -> int:
        """Whether an exchange may move shares, as the number the venue shows."""
        return 0 if operator.lower() in self.refused_operators else UNLIMITED

    def demand(self, token_id: str, amount: Micro, spender: str) -> None:
        """Check that an order can be paid. Raises: Refused in the venue's words."""
        available = self.available(token_id)
        if amount > available:
            self._short("the balance is not enough -> balance: %d, order amount: %d", max(available, 0), amount)
        if token_id == COLLATERAL and amount > self.allowance(spender):
            self._short("the allowance is not enough -> spender: %s, allowance: %d", spender, self.allowance(spender))
        if token_id != COLLATERAL and spender.lower() in self.refused_operators:
            self._short("the allowance is not enough -> spender: %s, allowance: %d", spender, 0)

    def hold(self, leg: Leg) -> None:
        """Set aside what a match will take when it settles."""
        token, amount = _given(leg)
        self.held[token] = self.held.get(token, 0) + amount

    def release(self, leg: Leg) -> None:
        """Give back what was set aside."""
        token, amount = _given(leg)
        self.held[token] -= amount
        if not self.held[token]:
            del self.held[token]

    def settle(self, leg: Leg) -> None:
        """Move dollars and shares as a mined match does."""
        self._move(leg, 1 if leg.side is Side.BUY else -1)

    def unsettle(self, leg: Leg) -> None:
        """Take a mined match back, as a reorganised chain does."""
        self._move(leg, -1 if leg.side is Side.BUY else 1)

    def redeem(self, token_ids: tuple[str, str], payouts: tuple[Micro, Micro]) -> Micro:
        """Turn both outcomes' shares into dollars. Returns: the dollars."""
        paid = sum(
            self.holdings.pop(token, 0) * payout // MICRO for token, payout in zip(token_ids, payouts, strict=True)
        )
        self.cash += paid
        return paid

    def give(self, token_id: str, amount: Micro) -> None:
        """Add shares, or dollars for COLLATERAL; a negative amount takes them."""
        if token_id == COLLATERAL:
            self.cash += amount
        else:
            self._add(token_id, amount)

    def _move(self, leg: Leg, sign: int) -> None:
        self.cash -= sign * leg.cash
        self._add(leg.token_id, sign * leg.size)

    def _add(self, token_id: str, amount: Micro) -> None:
        held = self.holdings.get(token_id, 0) + amount
        if held:
            self.holdings[token_id] = held
        else:
            self.holdings.pop(token_id, None)

    @staticmethod
    def _short(why: str, *parts: object) -> NoReturn:
        raise Refused(400, "not enough balance / allowance: " + why % parts)


def _given(leg: Leg) -> tuple[str, Micro]:
    return (COLLATERAL, leg.cash) if leg.side is Side.BUY else (leg.token_id, leg.size)
