"""JSON-RPC for wallets: balances and approvals read from contracts, and transactions an owner sends himself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eth_abi.abi import decode, encode
from eth_account import Account as EthAccount
from eth_hash.auto import keccak

from copytrade_live.sandbox.exchange.accounts import COLLATERAL
from copytrade_live.sandbox.exchange.calls import Call, selector
from copytrade_live.sandbox.exchange.contracts import DEPOSIT_BEACON, PUSD
from copytrade_live.sandbox.trading_desk import TradingDesk

Method = Callable[[Any], object]
GAS_PRICE, GAS = 30_000_000_000, 200_000
_BEACON = bytes.fromhex("49493a4d")
_ALLOWANCE = selector("allowance(address,address)")
_BALANCE = selector("balanceOf(address)")
_SHARES = selector("balanceOf(address,uint256)")
_SHARES_OF_MANY = selector("balanceOfBatch(address[],uint256[])")
_IS_APPROVED = selector("isApprovedForAll(address,address)")


class WalletRpc:
    """Methods that ChainRpc serves beside those about logs. What they cannot read is a ValueError."""

    def __init__(self, desk: TradingDesk) -> None:
        self._desk = desk

    def methods(self) -> Mapping[str, Method]:
        """By name."""
        return {
            "eth_call": self.call,
            "eth_gasPrice": lambda params: hex(GAS_PRICE),
            "eth_estimateGas": lambda params: hex(GAS),
            "eth_getTransactionCount": lambda params: hex(self._desk.chain.nonce(_sender(params[0]))),
            "eth_sendRawTransaction": self.send,
            "eth_getTransactionReceipt": self.receipt,
        }

    def call(self, params: Any) -> str:
        """Read a contract. Raises: ValueError when the contract or the call is unknown."""
        self._desk.now()
        target, data = str(params[0]["to"]).lower(), bytes.fromhex(params[0]["data"][2:])
        head, rest = data[:4], data[4:]
        accounts = self._desk.exchange
        if head == _BEACON:
            return _word(int(DEPOSIT_BEACON, 16))
        if head == _ALLOWANCE and target == PUSD.lower():
            owner, spender = decode(["address", "address"], rest)
            return _word(accounts.account(owner).allowance(spender))
        if head == _BALANCE and target == PUSD.lower():
            (owner,) = decode(["address"], rest)
            return _word(accounts.account(owner).balance(COLLATERAL))
        if head == _IS_APPROVED:
            owner, operator = decode(["address", "address"], rest)
            return _word(int(accounts.account(owner).operator_allowance(operator) > 0))
        if head == _SHARES:
            owner, token = decode(["address", "uint256"], rest)
            return _word(accounts.account(owner).balance(str(token)))
        if head == _SHARES_OF_MANY:
            owners, tokens = decode(["address[]", "uint256[]"], rest)
            held = [accounts.account(who).balance(str(one)) for who, one in zip(owners, tokens, strict=True)]
            return "0x" + encode(["uint256[]"], [held]).hex()
        raise ValueError("execution reverted")

    def send(self, params: Any) -> str:
        """Send a signed transaction. Returns: its hash. Raises: ValueError when its number is not the next."""
        raw = bytes.fromhex(str(params[0]).removeprefix("0x"))
        sender = str(EthAccount.recover_transaction(raw)).lower()
        nonce, _, _, target, value, data, *_ = _rlp_list(raw)
        if int.from_bytes(nonce, "big") != self._desk.chain.nonce(_sender(sender)):
            raise ValueError("nonce too low")
        self._desk.chain.count(_sender(sender))
        call = Call("0x" + target.hex(), data, int.from_bytes(value, "big"))
        sent = self._desk.chain.send(sender, (call,), self._desk.now(), transaction_hash="0x" + keccak(raw).hex())
        return sent.hash

    def receipt(self, params: Any) -> dict[str, object] | None:
        """How a transaction ended, None while it has not."""
        self._desk.now()
        transaction = self._desk.chain.by_hash(str(params[0]).lower())
        if transaction is None or not (transaction.is_confirmed or (transaction.is_done and transaction.has_failed)):
            return None
        return {"transactionHash": transaction.hash, "status": "0x0" if transaction.has_failed else "0x1"}


def _sender(address: object) -> str:
    return f"EOA {str(address).lower()}"


def _word(number: int) -> str:
    return f"0x{number:064x}"


def _rlp_list(raw: bytes) -> list[bytes]:
    """The byte strings of one flat list, as a legacy transaction is. Raises: ValueError."""
    if not raw or raw[0] < 0xC0:
        raise ValueError("only legacy transactions are taken")
    at = 1 if raw[0] < 0xF8 else raw[0] - 0xF7 + 1
    items: list[bytes] = []
    while at < len(raw):
        head = raw[at]
        if head < 0x80:
            start, length = at, 1
        elif head < 0xB8:
            start, length = at + 1, head - 0x80
        else:
            size = head - 0xB7
            start, length = at + 1 + size, int.from_bytes(raw[at + 1 : at + 1 + size], "big")
        items.append(raw[start : start + length])
        at = start + length
    return items
