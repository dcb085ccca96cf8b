"""The CLOB's private side: logins, orders, cancels, what is open, what was traded, and balances."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.answers import Row, answer
from copytrade_live.sandbox.exchange.accounts import COLLATERAL, Account
from copytrade_live.sandbox.exchange.api_keys import ApiKey
from copytrade_live.sandbox.exchange.contracts import SPENDERS
from copytrade_live.sandbox.exchange.order_wire import BAD_PAYLOAD, order_row, placed_row, trade_row
from copytrade_live.sandbox.exchange.terms import Order, Refused, Trade
from copytrade_live.sandbox.exchange.wallets import wallet_of, wallets_of
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.trading_desk import TradingDesk

END_CURSOR = "LTE="
PAGE = 100
MOST_ORDERS = 15
MOST_CANCELS = 1000


class Trading:
    """Answers requests that carry an API key, or a wallet's signature."""

    def __init__(self, desk: TradingDesk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Every path of the private side."""
        return [
            Route("/auth/api-key", self.api_key, methods=["POST", "DELETE"]),
            Route("/auth/derive-api-key", self.derive_api_key),
            Route("/auth/api-keys", self.api_keys),
            Route("/auth/builder-api-key", self.builder_key, methods=["GET", "POST", "DELETE"]),
            Route("/auth/ban-status/closed-only", self.closed_only),
            Route("/order", self.order, methods=["POST", "DELETE"]),
            Route("/orders", self.orders, methods=["POST", "DELETE"]),
            Route("/cancel-all", self.cancel_all, methods=["DELETE"]),
            Route("/cancel-market-orders", self.cancel_market, methods=["DELETE"]),
            Route("/data/orders", self.open_orders),
            Route("/data/order/{order_id}", self.open_order),
            Route("/data/trades", self.trades),
            Route("/balance-allowance", self.balance),
            Route("/balance-allowance/update", self.balance_update),
            Route("/v1/heartbeats", self.heartbeat, methods=["POST"]),
        ]

    async def api_key(self, request: Request) -> Response:
        """Make a key, or delete the one that asks."""
        if request.method == "POST":
            return answer(self._desk.keys.create(request.headers).wire())
        self._desk.keys.delete(await self._desk.caller(request))
        return answer("OK")

    async def derive_api_key(self, request: Request) -> Response:
        """Tell a key again."""
        return answer(self._desk.keys.derive(request.headers).wire())

    async def api_keys(self, request: Request) -> Response:
        """The keys of whoever asks."""
        key = await self._desk.caller(request)
        return answer({"apiKeys": [one.key for one in self._desk.keys.of(key.address)]})

    async def builder_key(self, request: Request) -> Response:
        """Make a builder's key, list the caller's, or delete the one that asks."""
        if request.method == "DELETE":
            body = await request.body()
            asking = self._desk.keys.check_builder(request.headers, request.method, request.url.path, body)
            self._desk.keys.delete_builder(asking)
            return answer("OK")
        key = await self._desk.caller(request)
        if request.method == "POST":
            made = self._desk.keys.make_builder(key)
            return answer({"key": made.key, "secret": made.secret, "passphrase": made.passphrase})
        return answer([{"key": one.key} for one in self._desk.keys.builders_of(key.address)])

    async def closed_only(self, request: Request) -> Response:
        """Whether any of the caller's wallets may only close."""
        key = await self._desk.caller(request)
        return answer({"closed_only": any(account.closed_only for account in self._accounts(key))})

    async def order(self, request: Request) -> Response:
        """Take one order, or cancel one."""
        key = await self._desk.caller(request)
        body = await _json(request)
        if request.method == "POST":
            return answer(placed_row(self._desk.place(body, key)))
        if not isinstance(body, dict) or not isinstance(body.get("orderID"), str):
            raise Refused(400, "Invalid orderID")
        return self._cancel(key, [body["orderID"]])

    async def orders(self, request: Request) -> Response:
        """Take up to fifteen orders, each on its own, or cancel many."""
        key = await self._desk.caller(request)
        body = await _json(request)
        if not isinstance(body, list):
            raise Refused(400, BAD_PAYLOAD)
        if request.method == "DELETE":
            if len(body) > MOST_CANCELS:
                raise Refused(400, "Payload exceeds the limit")
            return self._cancel(key, [str(one) for one in body])
        if len(body) > MOST_ORDERS:
            raise Refused(400, f"Too many orders in payload: {len(body)}, max allowed: {MOST_ORDERS}")
        return answer([self._one_of_many(one, key) for one in body])

    async def cancel_all(self, request: Request) -> Response:
        """Cancel everything the key has open."""
        key = await self._desk.caller(request)
        return self._cancel(key, [order.order_id for order in self._open(key)])

    async def cancel_market(self, request: Request) -> Response:
        """Cancel what the key has open in a market or a token."""
        key = await self._desk.caller(request)
        body = await _json(request)
        asked = body if isinstance(body, dict) else {}
        wanted = self._filtered(key, str(asked.get("market", "")), str(asked.get("asset_id", "")))
        return self._cancel(key, [order.order_id for order in wanted])

    async def open_orders(self, request: Request) -> Response:
        """A page of the orders that can still be matched."""
        key = await self._desk.caller(request)
        params = Params.of(request)
        found = self._filtered(key, params.text("market"), params.text("asset_id"))
        wanted = params.text("id").lower()
        return _page([order_row(order) for order in found if wanted in ("", order.order_id)], params)

    async def open_order(self, request: Request) -> Response:
        """One order, for as long as it is open."""
        key = await self._desk.caller(request)
        wanted = str(request.path_params["order_id"]).lower()
        for order in self._open(key):
            if order.order_id == wanted:
                return answer(order_row(order))
        raise Refused(404, "order not found")

    async def trades(self, request: Request) -> Response:
        """A page of the trades of the caller's wallets, latest first."""
        key = await self._desk.caller(request)
        self._desk.now()
        params = Params.of(request)
        wallets = {account.address for account in self._accounts(key)}
        maker = params.text("maker_address").lower()
        wallets = wallets & {maker} if maker else wallets
        after, found = params.seconds("after"), list[Row]()
        for trade in reversed(self._desk.exchange.trades.values()):
            if after is not None and trade.matched_at // SECOND < after:
                break  # Trades are kept in the order they were matched.
            ours = next((leg.account for leg in trade.legs if leg.account in wallets), None)
            if ours is not None and _is_wanted(trade, params):
                found.append(trade_row(trade, ours))
        return _page(found, params)

    async def balance(self, request: Request) -> Response:
        """What a wallet has of dollars or of a token, and who may take it."""
        key = await self._desk.caller(request)
        self._desk.now()
        account, token = self._asked_balance(request, key)
        if token == COLLATERAL:
            allowances = {spender: str(account.allowance(spender)) for spender in SPENDERS}
        else:
            allowances = {one: str(account.operator_allowance(one)) for one in SPENDERS}
        return answer({"balance": str(account.balance(token)), "allowances": allowances})

    async def balance_update(self, request: Request) -> Response:
        """Ask the venue to read the chain again; the sandbox always has."""
        self._asked_balance(request, await self._desk.caller(request))
        return answer("")

    async def heartbeat(self, request: Request) -> Response:
        """Arm the dead man's switch, or keep it from falling."""
        key = await self._desk.caller(request)
        body = await _json(request)
        given = str(body.get("heartbeat_id") or "") if isinstance(body, dict) else ""
        now, beats = self._desk.now(), self._desk.exchange.heartbeats
        expected = beats.expected(key.key)
        following = beats.beat(key.key, given, now)
        if following is None:
            return answer({"error_msg": "Invalid Heartbeat ID", "heartbeat_id": expected}, 400)
        return answer({"heartbeat_id": following})

    def _one_of_many(self, body: object, key: ApiKey) -> Row:
        try:
            return placed_row(self._desk.place(body, key))
        except Refused as refused:
            blank = {"orderID": "", "takingAmount": "", "makingAmount": "", "status": "", "success": True}
            return {"errorMsg": refused.message, **blank}

    def _cancel(self, key: ApiKey, order_ids: Sequence[str]) -> Response:
        cancelled, refused = self._desk.exchange.cancel(key.key, order_ids, self._desk.now())
        return answer({"canceled": cancelled, "not_canceled": refused})

    def _open(self, key: ApiKey) -> list[Order]:
        self._desk.now()
        return self._desk.exchange.open_orders(key.key)

    def _filtered(self, key: ApiKey, market: str, token: str) -> list[Order]:
        return [
            order
            for order in self._open(key)
            if market.lower() in ("", order.listing.condition_id) and token in ("", order.new.token_id)
        ]

    def _accounts(self, key: ApiKey) -> list[Account]:
        """The wallets a key's owner signs for: its own four, and those it has a session for."""
        exchange = self._desk.exchange
        addresses = dict.fromkeys(wallets_of(key.address)) | dict.fromkeys(self._desk.sessions.wallets(key.address))
        return [exchange.accounts[one] for one in addresses if one in exchange.accounts]

    def _asked_balance(self, request: Request, key: ApiKey) -> tuple[Account, str]:
        params = Params.of(request)
        kind = params.text("asset_type")
        if kind not in ("COLLATERAL", "CONDITIONAL", "CONDITIONAL-V2"):
            raise Refused(400, "Invalid asset type")
        signature_type = params.text("signature_type", "0")
        if signature_type not in ("0", "1", "2", "3"):
            raise Refused(400, "Invalid signature_type")
        token = params.text("token_id") or params.text("asset_id")
        if kind != "COLLATERAL" and not token.isdecimal():
            raise Refused(400, "Invalid token id")
        sessions = self._desk.sessions.wallets(key.address) if signature_type == "3" else []
        wallet = sessions[0] if sessions else wallet_of(key.address, int(signature_type))
        return self._desk.exchange.account(wallet), COLLATERAL if kind == "COLLATERAL" else token


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body() or b"null")
    except ValueError:
        raise Refused(400, "Invalid payload") from None


def _is_wanted(trade: Trade, params: Params) -> bool:
    before = params.seconds("before")
    return (
        params.text("id") in ("", trade.trade_id)
        and params.text("market").lower() in ("", trade.condition_id)
        and params.text("asset_id") in ("", *(leg.token_id for leg in trade.legs))
        and (before is None or trade.matched_at // SECOND <= before)
    )


def _page(rows: list[Row], params: Params) -> Response:
    start = _read_cursor(params.text("next_cursor"))
    page = rows[start : start + PAGE]
    end = start + len(page)
    cursor = END_CURSOR if end >= len(rows) else base64.b64encode(str(end).encode()).decode()
    return answer({"limit": PAGE, "count": len(page), "next_cursor": cursor, "data": page})


def _read_cursor(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True)) if cursor else 0
    except (binascii.Error, ValueError):
        raise Refused(400, "invalid next_cursor") from None
