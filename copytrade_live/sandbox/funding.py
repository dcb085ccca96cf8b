"""What only a sandbox can do for an account: money from nowhere, sessions, allowances and standing."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.core.market import MICRO, Micro
from copytrade_live.errors import ConfigError
from copytrade_live.sandbox.answers import Refusal, Row, answer
from copytrade_live.sandbox.exchange.accounts import COLLATERAL, Account
from copytrade_live.sandbox.exchange.rules import number
from copytrade_live.sandbox.exchange.wallets import wallet_of
from copytrade_live.sandbox.trading_desk import TradingDesk

FIELDS = (
    "address", "owner", "signature_type", "cash", "holdings", "allowance", "closed_only", "banned", "auto_redeem",
    "session_keys",
)  # fmt: skip
_WALLET = re.compile(r"0x[0-9a-fA-F]{40}")


class Funding:
    """Answers /admin/fund."""

    def __init__(self, desk: TradingDesk) -> None:
        self._desk = desk

    async def serve(self, request: Request) -> Response:
        """Give a wallet dollars and shares (or take them, below zero) and say how it stands."""
        try:
            asked: Any = json.loads(await request.body())
        except ValueError:
            raise Refusal(400, "the body must be JSON") from None
        if not isinstance(asked, dict) or not {"address", "owner"} & asked.keys():
            raise Refusal(400, "the body must name a wallet: address, or owner with signature_type")
        for name in asked:
            if name not in FIELDS:
                raise Refusal(400, f"unknown field {name!r}; known are {', '.join(FIELDS)}")
        self._desk.now()
        try:
            account = self._desk.exchange.account(_address(asked))
            self._give(account, asked)
        except (TypeError, ValueError, AttributeError) as error:
            raise Refusal(
                400, f"cannot fund: {error}; cash and holdings must be numbers, allowance a whole number"
            ) from None
        return answer(account_row(account))

    def _give(self, account: Account, asked: dict[str, Any]) -> None:
        account.is_deployed = True
        account.give(COLLATERAL, round(float(asked.get("cash", 0)) * MICRO))
        for token, shares in dict(asked.get("holdings", {})).items():
            account.give(str(int(token)), round(float(shares) * MICRO))
            self._desk.exchange.touch(str(int(token)), self._desk.now())
        if "allowance" in asked:
            account.default_allowance = int(asked["allowance"])
        account.closed_only = bool(asked.get("closed_only", account.closed_only))
        account.is_banned = bool(asked.get("banned", account.is_banned))
        account.auto_redeem = bool(asked.get("auto_redeem", account.auto_redeem))
        for signer in asked.get("session_keys", ()):
            self._desk.sessions.allow(account.address, str(signer))


def account_row(account: Account) -> Row:
    """One wallet's whole state. Units: dollars and shares as decimals, exact."""
    return {
        "address": account.address,
        "cash": number(account.cash),
        "holdings": {token: number(shares) for token, shares in sorted(account.holdings.items())},
        "held": {token or "cash": number(amount) for token, amount in sorted(account.held.items())},
        "reserved_cash": number(account.reserved(COLLATERAL)),
        "open_orders": len(account.open),
        "closed_only": account.closed_only,
        "banned": account.is_banned,
        "auto_redeem": account.auto_redeem,
    }


def _address(asked: dict[str, Any]) -> str:
    if "address" in asked:
        address = str(asked["address"])
    else:
        address = wallet_of(str(asked["owner"]).lower(), int(asked.get("signature_type", 0)))
    if not _WALLET.fullmatch(address):
        raise ValueError(f"address must be 0x and 40 hex digits, was {address!r}")
    return address


def read_fund(text: str) -> tuple[str, Micro]:
    """WALLET=DOLLARS, as the command line takes it. Raises: ConfigError."""
    wallet, _, dollars = text.partition("=")
    try:
        return _address({"address": wallet}), round(float(dollars) * MICRO)
    except ValueError:
        raise ConfigError(f"--fund must be WALLET=DOLLARS, such as 0x…=1000, was {text!r}") from None
