"""The relayer: sends wallets' calls to the chain for keys it knows, and registers session keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from copytrade_live.sandbox.answers import Row, answer
from copytrade_live.sandbox.checksum import checksummed
from copytrade_live.sandbox.exchange.api_keys import UNAUTHORISED
from copytrade_live.sandbox.exchange.batches import batch_digest, proxy_digest, safe_digest
from copytrade_live.sandbox.exchange.calls import Call, multisent_calls, proxied_calls, selector
from copytrade_live.sandbox.exchange.chain import Transaction
from copytrade_live.sandbox.exchange.contracts import PROXY_FACTORY, SAFE_MULTISEND
from copytrade_live.sandbox.exchange.eip712 import recover
from copytrade_live.sandbox.exchange.signatures import split_session
from copytrade_live.sandbox.exchange.terms import Refused
from copytrade_live.sandbox.exchange.wallets import DEPOSIT, deposit_wallet, proxy_wallet, safe_wallet, wallets_of
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.trading_desk import TradingDesk

RELAY = "0x" + "5e" * 20
BAD_SIGNATURE = "invalid signature"
_AUTHORISE = selector("authorizeSessionSigner(address,uint256)")
_REVOKE = selector("revokeSessionSigner(address)")


class Relayer:
    """Answers the relayer's host."""

    def __init__(self, desk: TradingDesk) -> None:
        self._desk = desk
        # Answers to requests that carry an idempotency key.
        self._answered: dict[str, Row] = {}

    def routes(self) -> list[Route]:
        """Every path of the relayer, and the list of session keys, which the CLOB tells."""
        return [
            Route("/deployed", self.deployed),
            Route("/v1/account/transactions/params", self.params),
            Route("/relay-payload", self.params),
            Route("/v1/account/transactions/{transaction_id}", self.transaction),
            Route("/submit", self.submit, methods=["POST"]),
            Route("/v1/session-signers/authorizations", self.authorise, methods=["POST"]),
            Route("/v1/session-signers/revocations", self.revoke, methods=["POST"]),
            Route("/v1/user/session-signers", self.session_keys),
        ]

    async def deployed(self, request: Request) -> Response:
        """Whether a wallet exists: once it was given money or was made."""
        account = self._desk.exchange.accounts.get(Params.of(request).text("address").lower())
        self._desk.now()
        return answer({"deployed": account is not None and account.is_deployed})

    async def params(self, request: Request) -> Response:
        """Who sends, and the number of the next transaction of an owner's wallet."""
        params = Params.of(request)
        owner, kind = params.text("address").lower(), params.text("type")
        return answer({"address": RELAY, "nonce": str(self._desk.chain.nonce(f"{kind} {owner}"))})

    async def transaction(self, request: Request) -> Response:
        """How far a transaction is."""
        self._desk.now()
        transaction = self._desk.chain.transactions.get(str(request.path_params["transaction_id"]))
        if transaction is None:
            raise Refused(404, "transaction not found")
        state = _state(transaction)
        return answer(
            {
                "state": state,
                "transaction_hash": transaction.hash,
                "transaction_id": transaction.transaction_id,
                "error_msg": transaction.error or ("execution reverted" if state == "STATE_FAILED" else None),
            }
        )

    async def submit(self, request: Request) -> Response:
        """Send a wallet's calls."""
        body = await self._paid_for(request)
        try:
            transaction = self._send(body)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Refused(400, "invalid transaction payload") from None
        return answer(
            {
                "state": "STATE_NEW",
                "transactionID": transaction.transaction_id,
                "transactionHash": transaction.hash,
            }
        )

    async def authorise(self, request: Request) -> Response:
        """Let a session key sign for a deposit wallet; only for a builder's key."""
        if "poly_builder_api_key" not in request.headers:
            raise Refused(401, UNAUTHORISED)
        return answer(await self._once(request, _AUTHORISE))

    async def revoke(self, request: Request) -> Response:
        """Take a session key's right away."""
        return answer(await self._once(request, _REVOKE))

    async def session_keys(self, request: Request) -> Response:
        """The session keys of the caller's deposit wallet."""
        key = await self._desk.caller(request)
        self._desk.now()
        accounts = self._desk.exchange.accounts
        owned = [one for one, kind in wallets_of(key.address).items() if kind == DEPOSIT]
        wallet = next((one for one in owned if one in accounts), owned[0])
        signers = [
            {"address": checksummed(one.signer), "scopes": list(one.scopes), "valid_until": one.until}
            for one in self._desk.sessions.of(wallet)
        ]
        return answer({"signers": signers, "wallet": checksummed(wallet)})

    async def _once(self, request: Request, head: bytes) -> Row:
        body = await self._paid_for(request)
        key = request.headers.get("idempotency-key", "")
        if key not in self._answered or not key:
            try:
                self._answered[key] = self._session(body, head)
            except (KeyError, TypeError, ValueError, AttributeError):
                raise Refused(400, "invalid session signer payload") from None
        return self._answered[key]

    def _session(self, body: Mapping[str, Any], head: bytes) -> Row:
        """Rebuild the call that the owner signed, and send it."""
        wallet, signer = str(body["walletAddress"]), str(body["sessionSignerAddress"])
        numbers = [int(signer, 16), int(body["validUntil"])] if head == _AUTHORISE else [int(signer, 16)]
        call = Call(wallet, head + b"".join(number.to_bytes(32, "big") for number in numbers))
        message = batch_digest(wallet, (call,), int(body["nonce"]), int(body["deadline"]))
        owner = recover(message, _bytes(body["signature"])) or ""
        if wallets_of(owner or RELAY).get(wallet.lower()) != DEPOSIT:
            raise Refused(400, BAD_SIGNATURE)
        self._count(f"WALLET {owner}", str(body["nonce"]))
        scopes = tuple(str(scope) for scope in body.get("scopes", ["ALL"]))
        transaction = self._desk.chain.send(wallet, (call,), self._desk.now(), scopes=scopes)
        sent: Row = {"transactionId": transaction.transaction_id, "transactionHash": transaction.hash}
        return sent | ({"status": "SUBMITTED"} if head == _AUTHORISE else {"status": "PENDING", "fenced": True})

    def _send(self, body: Mapping[str, Any]) -> Transaction:
        kind, owner = str(body["type"]), str(body["from"]).lower()
        now = self._desk.now()
        if kind == "WALLET-CREATE":
            wallet = deposit_wallet(owner)
            self._desk.exchange.account(wallet).is_deployed = True
            return self._desk.chain.send(wallet, (), now)
        wallet, calls, message, signature = _READERS[kind](body, owner)
        session, signature = split_session(signature)
        signer = recover(message, signature)
        is_owner = signer == owner and wallet.lower() in wallets_of(owner)
        if not is_owner and not (session and signer == session == owner and self._may(wallet, session)):
            raise Refused(400, BAD_SIGNATURE)
        self._count(f"{kind} {owner}", str(body["nonce"]))
        return self._desk.chain.send(wallet, calls, now)

    def _may(self, wallet: str, signer: str) -> bool:
        """Whether a session key may send transactions: only one with every scope."""
        return any(one.signer == signer and "ALL" in one.scopes for one in self._desk.sessions.of(wallet))

    def _count(self, sender: str, nonce: str) -> None:
        expected = self._desk.chain.nonce(sender)
        if int(nonce) != expected:
            raise Refused(400, f"batch nonce {nonce} does not match on-chain nonce {expected}")
        self._desk.chain.count(sender)

    async def _paid_for(self, request: Request) -> Mapping[str, Any]:
        """The body of a request that carries a relayer's or a builder's key. Raises: Refused."""
        body = await request.body()
        headers = request.headers
        if "poly_builder_api_key" in headers:
            path = request.url.path
            self._desk.keys.check_builder(headers, request.method, path, body)
        elif not headers.get("relayer_api_key") or not headers.get("relayer_api_key_address"):
            raise Refused(401, UNAUTHORISED)
        try:
            read = json.loads(body)
        except ValueError:
            raise Refused(400, "Invalid payload") from None
        if not isinstance(read, dict):
            raise Refused(400, "Invalid payload")
        return read


Read = tuple[str, tuple[Call, ...], bytes, bytes]


def _read_deposit(body: Mapping[str, Any], owner: str) -> Read:
    given = body["depositWalletParams"]
    wallet = str(given["depositWallet"])
    calls = tuple(Call(one["target"], _bytes(one["data"]), int(one["value"])) for one in given["calls"])
    message = batch_digest(wallet, calls, int(body["nonce"]), int(given["deadline"]))
    return wallet, calls, message, _bytes(body["signature"])


def _read_proxy(body: Mapping[str, Any], owner: str) -> Read:
    data, given = _bytes(body["data"]), body["signatureParams"]
    message = proxy_digest(
        owner,
        PROXY_FACTORY,
        data,
        gas_limit=int(given["gasLimit"]),
        nonce=int(body["nonce"]),
        relay=str(given["relay"]),
    )
    return proxy_wallet(owner), tuple(proxied_calls(data)), message, _bytes(body["signature"])


def _read_safe(body: Mapping[str, Any], owner: str) -> Read:
    wallet, call = safe_wallet(owner), Call(str(body["to"]), _bytes(body["data"]), int(body.get("value", 0)))
    operation = int(body["signatureParams"]["operation"])
    calls = multisent_calls(call.data) if call.target.lower() == SAFE_MULTISEND.lower() else [call]
    signature = _bytes(body["signature"])
    # A Safe tells a signed message from signed data by a recovery number that is four higher.
    plain = signature[:64] + bytes([signature[64] - 4])
    return wallet, tuple(calls), safe_digest(wallet, call, operation, int(body["nonce"])), plain


_READERS = {"WALLET": _read_deposit, "PROXY": _read_proxy, "SAFE": _read_safe}


def _state(transaction: Transaction) -> str:
    if transaction.has_failed and transaction.is_done:
        return "STATE_FAILED"
    if transaction.is_confirmed:
        return "STATE_CONFIRMED"
    return "STATE_MINED" if transaction.is_done else "STATE_NEW"


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
