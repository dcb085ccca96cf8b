"""What a wallet's contract calls mean to the sandbox, read from their data; and the envelopes they come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from eth_abi.abi import decode
from eth_hash.auto import keccak

from copytrade_live.core.market import Micro
from copytrade_live.sandbox.exchange.contracts import (
    COLLATERAL_ADAPTER,
    NEG_RISK_ADAPTER,
    NEG_RISK_COLLATERAL_ADAPTER,
    PUSD,
    ROUTER,
)


class Call(NamedTuple):
    """One contract call."""

    target: str
    data: bytes
    value: int = 0


@dataclass(frozen=True, slots=True)
class Redeem:
    """Be paid for a resolved condition. condition is 32 bytes of hex, or 31 of a protocol V2 one."""

    condition: str


@dataclass(frozen=True, slots=True)
class Split:
    """Turn dollars into both outcomes, or back when amount is below zero."""

    condition: str
    amount: Micro


@dataclass(frozen=True, slots=True)
class Approve:
    """Let a contract take dollars."""

    spender: str
    amount: int


@dataclass(frozen=True, slots=True)
class ApproveShares:
    """Let a contract move shares, or not."""

    operator: str
    is_approved: bool


@dataclass(frozen=True, slots=True)
class Send:
    """Give dollars away."""

    to: str
    amount: Micro


@dataclass(frozen=True, slots=True)
class AllowSession:
    """Let a session key sign for the wallet until a unix second; 0 revokes it."""

    signer: str
    until: int


Action = Redeem | Split | Approve | ApproveShares | Send | AllowSession


def selector(signature: str) -> bytes:
    """The first four bytes of a call."""
    return keccak(signature.encode())[:4]


_ADAPTERS = frozenset(one.lower() for one in (COLLATERAL_ADAPTER, NEG_RISK_COLLATERAL_ADAPTER, NEG_RISK_ADAPTER))
_REDEEM = selector("redeemPositions(address,bytes32,bytes32,uint256[])")
_SPLIT = selector("splitPosition(address,bytes32,bytes32,uint256[],uint256)")
_MERGE = selector("mergePositions(address,bytes32,bytes32,uint256[],uint256)")
_ROUTER_REDEEM = selector("redeem(bytes31,uint256,uint256)")
_ROUTER_SPLIT = selector("split(bytes31,uint256)")
_ROUTER_MERGE = selector("merge(bytes31,uint256)")
_APPROVE = selector("approve(address,uint256)")
_APPROVE_SHARES = selector("setApprovalForAll(address,bool)")
_TRANSFER = selector("transfer(address,uint256)")
_ALLOW_SESSION = selector("authorizeSessionSigner(address,uint256)")
_REVOKE_SESSION = selector("revokeSessionSigner(address)")
_PROXY = selector("proxy((uint8,address,uint256,bytes)[])")
_MULTISEND = selector("multiSend(bytes)")


def action_of(call: Call, wallet: str) -> Action | None:
    """What a call does; None for one that the sandbox's contracts do not know, which reverts."""
    head, words = call.data[:4], [call.data[at : at + 32] for at in range(4, len(call.data), 32)]
    target = call.target.lower()
    if target in _ADAPTERS and len(words) >= 4:
        return _of_adapter(head, words)
    if target == ROUTER.lower() and len(words) >= 2:
        return _of_router(head, words)
    if target == PUSD.lower() and len(words) == 2:
        whom, amount = _address(words[0]), int.from_bytes(words[1], "big")
        return Approve(whom, amount) if head == _APPROVE else Send(whom, amount) if head == _TRANSFER else None
    if head == _APPROVE_SHARES and len(words) == 2:
        return ApproveShares(_address(words[0]), any(words[1]))
    if target == wallet.lower() and head == _ALLOW_SESSION:
        return AllowSession(_address(words[0]), int.from_bytes(words[1], "big"))
    if target == wallet.lower() and head == _REVOKE_SESSION:
        return AllowSession(_address(words[0]), 0)
    return None


def proxied_calls(data: bytes) -> list[Call]:
    """The calls inside a proxy wallet's envelope. Raises: ValueError."""
    if data[:4] != _PROXY:
        raise ValueError("not a call of the proxy factory")
    (listed,) = decode(["(uint8,address,uint256,bytes)[]"], data[4:])
    return [Call(target, inner, value) for _, target, value, inner in listed]


def multisent_calls(data: bytes) -> list[Call]:
    """The calls inside a Safe's multisend. Raises: ValueError."""
    if data[:4] != _MULTISEND:
        raise ValueError("not a multisend")
    (packed,) = decode(["bytes"], data[4:])
    calls: list[Call] = []
    at = 0
    while at < len(packed):
        target, value = packed[at + 1 : at + 21], int.from_bytes(packed[at + 21 : at + 53], "big")
        length = int.from_bytes(packed[at + 53 : at + 85], "big")
        calls.append(Call("0x" + target.hex(), packed[at + 85 : at + 85 + length], value))
        at += 85 + length
    return calls


def _of_adapter(head: bytes, words: list[bytes]) -> Action | None:
    condition = "0x" + words[2].hex()
    if head == _REDEEM:
        return Redeem(condition)
    if head in (_SPLIT, _MERGE):
        amount = int.from_bytes(words[4], "big")
        return Split(condition, amount if head == _SPLIT else -amount)
    return None


def _of_router(head: bytes, words: list[bytes]) -> Action | None:
    condition, amount = "0x" + words[0][:31].hex(), int.from_bytes(words[1], "big")
    if head == _ROUTER_REDEEM:
        return Redeem(condition)
    if head in (_ROUTER_SPLIT, _ROUTER_MERGE):
        return Split(condition, amount if head == _ROUTER_SPLIT else -amount)
    return None


def _address(word: bytes) -> str:
    return "0x" + word[12:].hex()
