"""Which contracts may take a wallet's dollars or move its shares, as the data API tells it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.sandbox.answers import Row, answer
from copytrade_live.sandbox.exchange import contracts
from copytrade_live.sandbox.exchange.accounts import UNLIMITED, Account
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.trading_desk import TradingDesk

_SPENDERS = (
    contracts.STANDARD,
    contracts.NEG_RISK,
    contracts.COLLATERAL_ADAPTER,
    contracts.NEG_RISK_COLLATERAL_ADAPTER,
    contracts.ROUTER,
    contracts.POSITIONS,
    contracts.PERPS_DEPOSIT,
)
_OPERATORS = (
    *_SPENDERS[:4],
    contracts.AUTO_REDEEMER,
    contracts.BINARY_MODULE,
    contracts.NEG_RISK_MODULE,
)
_POSITION_OPERATORS = (contracts.ROUTER, contracts.POSITIONS, contracts.AUTO_REDEEMER)


class Approvals:
    """Answers /v2/approvals."""

    def __init__(self, desk: TradingDesk) -> None:
        self._desk = desk

    async def serve(self, request: Request) -> Response:
        """One wallet's approvals, given or not."""
        user = Params.of(request).required_wallet()
        self._desk.now()
        account = self._desk.exchange.account(user)
        rows = [_spender_row(account, one) for one in _SPENDERS]
        rows += [_operator_row(account, contracts.CONDITIONAL_TOKENS, one) for one in _OPERATORS]
        rows += [_operator_row(account, contracts.POSITION_MANAGER, one) for one in _POSITION_OPERATORS]
        return answer({"data": {"address": user, "chain_id": contracts.CHAIN_ID, "contracts": rows}})


def _spender_row(account: Account, spender: str) -> Row:
    amount = account.allowance(spender)
    return {
        "token": contracts.PUSD,
        "spender": spender,
        "standard": "ERC20",
        "approved": amount > 0,
        "amount": "max" if amount == UNLIMITED else str(amount),
    }


def _operator_row(account: Account, token: str, operator: str) -> Row:
    is_approved = account.operator_allowance(operator) > 0
    return {"token": token, "spender": operator, "standard": "ERC1155", "approved": is_approved, "amount": None}
