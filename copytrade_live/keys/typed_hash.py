"""What the key signs, hashed from the very fields that the policy read: a login, or an order, and nothing else.

The general encoder takes the types from the message it is handed, and takes a millisecond; here they are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eth_utils.crypto import keccak

from copytrade_live.errors import PolicyRefused
from copytrade_live.venue.trading.order_hash import ORDER_TYPE, address_word, domain_separator, order_struct_hash, word

_LOGIN_DOMAIN_TYPE = keccak(text="EIP712Domain(string name,string version,uint256 chainId)")
_LOGIN_TYPE = keccak(text="ClobAuth(address address,string timestamp,uint256 nonce,string message)")
_WRAPPED_TYPE = keccak(
    text="TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,"
    "bytes32 salt)" + ORDER_TYPE
)


def typed_digest(typed_data: Mapping[str, Any]) -> bytes:
    """The EIP-712 hash of a message. Raises: PolicyRefused when it is neither a login nor an order."""
    kind = typed_data.get("primaryType")
    hashed = _HASHES.get(str(kind))
    if hashed is None:
        raise PolicyRefused(f"only logins and orders are signed, was {kind!r}")
    domain, message = typed_data["domain"], typed_data["message"]
    return keccak(b"\x19\x01" + hashed(domain, message))


def _login(domain: Mapping[str, Any], message: Mapping[str, Any]) -> bytes:
    head = _LOGIN_DOMAIN_TYPE + keccak(text=domain["name"]) + keccak(text=domain["version"])
    content = (
        _LOGIN_TYPE
        + address_word(message["address"])
        + keccak(text=message["timestamp"])
        + word(int(message["nonce"]))
        + keccak(text=message["message"])
    )
    return keccak(head + word(int(domain["chainId"]))) + keccak(content)


def _order(domain: Mapping[str, Any], message: Mapping[str, Any]) -> bytes:
    return _separator(domain) + _contents(message)


def _wrapped_order(domain: Mapping[str, Any], message: Mapping[str, Any]) -> bytes:
    content = (
        _WRAPPED_TYPE
        + _contents(message["contents"])
        + keccak(text=message["name"])
        + keccak(text=message["version"])
        + word(int(message["chainId"]))
        + address_word(message["verifyingContract"])
        + _bytes32(message["salt"])
    )
    return _separator(domain) + keccak(content)


def _separator(domain: Mapping[str, Any]) -> bytes:
    return domain_separator(str(domain["verifyingContract"]), str(domain["version"]), int(domain["chainId"]))


def _contents(order: Mapping[str, Any]) -> bytes:
    return order_struct_hash(
        salt=int(order["salt"]),
        maker=order["maker"],
        signer=order["signer"],
        token_id=int(order["tokenId"]),
        maker_amount=int(order["makerAmount"]),
        taker_amount=int(order["takerAmount"]),
        side=int(order["side"]),
        signature_type=int(order["signatureType"]),
        timestamp=int(order["timestamp"]),
        metadata=_bytes32(order["metadata"]),
        builder=_bytes32(order["builder"]),
    )


def _bytes32(value: str | bytes) -> bytes:
    return (value if isinstance(value, bytes) else bytes.fromhex(value.removeprefix("0x"))).rjust(32, b"\0")


_HASHES: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], bytes]] = {
    "ClobAuth": _login,
    "Order": _order,
    "TypedDataSign": _wrapped_order,
}
