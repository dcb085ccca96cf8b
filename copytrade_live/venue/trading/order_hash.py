"""The id an order has at the venue: the EIP-712 hash of its signed fields, known before it is sent."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from eth_utils.crypto import keccak

if TYPE_CHECKING:
    from polymarket.models.clob.orders import SignedOrder as ClientOrder

_NAME = keccak(text="Polymarket CTF Exchange")
_DOMAIN_TYPE = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_ORDER_TYPE = keccak(
    text="Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    "uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
# A position of the newer protocol has zeros where a token id of the older has hash.
_POSITION_MASK = ((1 << 64) - 1) << 40


def protocol_version(token_id: str) -> str:
    """Which version of the exchange trades this token: "3" for positions of the newer protocol, else "2"."""
    return "2" if int(token_id) & _POSITION_MASK else "3"


def venue_order_id(order: ClientOrder, *, exchange: str, chain_id: int) -> str:
    """The hash under an exchange contract's domain, as 0x and lower-case hex."""
    domain = _domain_separator(exchange, protocol_version(order.token_id), chain_id)
    return "0x" + keccak(b"\x19\x01" + domain + _struct_hash(order)).hex()


@cache
def _domain_separator(exchange: str, version: str, chain_id: int) -> bytes:
    return keccak(_DOMAIN_TYPE + _NAME + keccak(text=version) + _word(chain_id) + _address(exchange))


def _struct_hash(order: ClientOrder) -> bytes:
    return keccak(
        _ORDER_TYPE
        + _word(order.salt)
        + _address(order.maker)
        + _address(order.signer)
        + _word(int(order.token_id))
        + _word(order.maker_amount)
        + _word(order.taker_amount)
        + _word(0 if order.side == "BUY" else 1)
        + _word(order.signature_type)
        + _word(order.timestamp)
        + bytes.fromhex(order.metadata.removeprefix("0x"))
        + bytes.fromhex(order.builder.removeprefix("0x"))
    )


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _address(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x")).rjust(32, b"\0")
