"""What the key may sign, checked where the key is: nothing else in the program can reach around it.

Three things pass: a login to the venue; an order to an allowed exchange contract for our own wallet, within the
notional of one order and of one day; and a redemption for our own wallet, so many a day. Everything else (approvals,
transfers, any other transaction) is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copytrade_live.core.market import DAY, MICRO, Instant, Side
from copytrade_live.errors import PolicyRefused
from copytrade_live.keys.batches import RelayedBatch
from copytrade_live.keys.redemptions import BatchRefusal, check_redemption, refuse
from copytrade_live.keys.spent import SpentToday
from copytrade_live.settings import SigningPolicy

_LOGIN_DOMAIN = "ClobAuthDomain"
_BUY = 0
# The day's allowance goes to the disk in so many parts, so that few orders wait for it.
_PARTS = 20


class PolicyGuard:
    """Judges one message at a time. spent and redeemed remember, across restarts, what was signed today."""

    def __init__(self, policy: SigningPolicy, *, chain_id: int, spent: SpentToday, redeemed: SpentToday) -> None:
        self._policy = policy
        self._chain_id = chain_id
        self._spent = spent
        self._redeemed = redeemed
        self._contracts = frozenset(contract.lower() for contract in policy.contracts)
        self._wallet = ""

    def bind(self, wallet: str) -> None:
        """Only orders that this wallet pays for pass from now on."""
        self._wallet = wallet.lower()

    def close(self) -> None:
        """Give back what was set aside and not spent."""
        self._spent.settle()

    def check(self, typed_data: Mapping[str, Any], signer: str, now: Instant) -> None:
        """Return when it may be signed; a buy then counts as spent. Raises: PolicyRefused."""
        kind, domain = typed_data.get("primaryType"), typed_data.get("domain", {})
        if int(domain.get("chainId", 0)) != self._chain_id:
            raise PolicyRefused(f"only messages for chain {self._chain_id} are signed, was {domain.get('chainId')!r}")
        if kind == "ClobAuth" and domain.get("name") == _LOGIN_DOMAIN:
            self._check_login(typed_data["message"], signer)
        elif kind == "Order":
            self._check_order(domain, typed_data["message"], now)
        elif kind == "TypedDataSign" and "contents" in typed_data["message"]:
            self._check_order(domain, typed_data["message"]["contents"], now)
        else:
            raise PolicyRefused(f"only logins and orders are signed, was {kind!r}")

    def check_batch(self, batch: RelayedBatch, now: Instant) -> None:
        """Return when the transaction may be signed; it then counts for the day. Raises: PolicyRefused."""
        check_redemption(batch, wallet=self._wallet, chain_id=self._chain_id)
        most, day = self._policy.max_daily_redemptions, now // DAY
        if self._redeemed.on(day) >= most:
            refuse(
                BatchRefusal.DAILY_COUNT,
                f"today {most} redemptions were signed, as many as signing.max_daily_redemptions allows",
            )
        self._redeemed.add(day, 1)

    def _check_login(self, message: Mapping[str, Any], signer: str) -> None:
        if str(message.get("address", "")).lower() != signer.lower():
            raise PolicyRefused(f"a login must name the key's own address {signer}, was {message.get('address')!r}")

    def _check_order(self, domain: Mapping[str, Any], order: Mapping[str, Any], now: Instant) -> None:
        contract = str(domain.get("verifyingContract", "")).lower()
        if contract not in self._contracts:
            allowed = ", ".join(sorted(self._contracts))
            raise PolicyRefused(f"contract {contract} is not in signing.contracts: {allowed}")
        if not self._wallet or str(order.get("maker", "")).lower() != self._wallet:
            payer = self._wallet or "no wallet yet"
            raise PolicyRefused(f"an order must be paid by {payer}, was {order.get('maker')!r}")
        side = Side.BUY if int(order["side"]) == _BUY else Side.SELL
        cash = int(order["makerAmount"] if side is Side.BUY else order["takerAmount"])
        most = round(self._policy.max_order_notional * MICRO)
        if side is Side.BUY and cash > most:
            raise PolicyRefused(
                f"an order for {cash / MICRO:.2f} is above signing.max_order_notional {most / MICRO:.2f}"
            )
        if side is Side.BUY:
            self._spend(cash, now)

    def _spend(self, cash: int, now: Instant) -> None:
        most = round(self._policy.max_daily_notional * MICRO)
        spent = self._spent.on(now // DAY)
        if spent + cash > most:
            raise PolicyRefused(
                f"today {spent / MICRO:.2f} is signed for; {cash / MICRO:.2f} more is above "
                f"signing.max_daily_notional {most / MICRO:.2f}"
            )
        # On disk before the signature exists: a crash in between only makes the day's allowance smaller.
        self._spent.add(now // DAY, cash, ahead=min(most // _PARTS, most - spent - cash))
