"""The id an order has at the venue: the EIP-712 hash of its signed fields, known before it is sent."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from eth_utils.crypto import keccak

if TYPE_CHECKING:
    from polymarket.models.clob.orders import SignedOrder as ClientOrder

_NAME = keccak(text="Polymarket CTF Exchange")
_DOMAIN_TYPE = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
ORDER_TYPE = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    "uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
_ORDER_TYPE = keccak(text=ORDER_TYPE)
# A position of the newer protocol has zeros where a token id of the older has hash.
_POSITION_MASK = ((1 << 64) - 1) << 40


def protocol_version(token_id: str) -> str:
    """Which version of the exchange trades this token: "3" for positions of the newer protocol, else "2"."""
    return "2" if int(token_id) & _POSITION_MASK else "3"


def venue_order_id(order: ClientOrder, *, exchange: str, chain_id: int) -> str:
    """The hash under an exchange contract's domain, as 0x and lower-case hex."""
    domain = domain_separator(exchange, protocol_version(order.token_id), chain_id)
    return "0x" + keccak(b"\x19\x01" + domain + _struct_hash(order)).hex()


@cache
def domain_separator(exchange: str, version: str, chain_id: int) -> bytes:
    """Of an exchange contract."""
    return keccak(_DOMAIN_TYPE + _NAME + keccak(text=version) + word(chain_id) + address_word(exchange))


def order_struct_hash(
    *,
    salt: int,
    maker: str,
    signer: str,
    token_id: int,
    maker_amount: int,
    taker_amount: int,
    side: int,
    signature_type: int,
    timestamp: int,
    metadata: bytes,
    builder: bytes,
) -> bytes:
    """Of an order's signed fields, the same under every domain. side: 0 buys, 1 sells."""
    return keccak(
        _ORDER_TYPE
        + word(salt)
        + address_word(maker)
        + address_word(signer)
        + word(token_id)
        + word(maker_amount)
        + word(taker_amount)
        + word(side)
        + word(signature_type)
        + word(timestamp)
        + metadata
        + builder
    )


def word(number: int) -> bytes:
    """A number as the 32 bytes that are hashed."""
    return number.to_bytes(32, "big")


def address_word(address: str) -> bytes:
    """An address as the 32 bytes that are hashed."""
    return bytes.fromhex(address.removeprefix("0x")).rjust(32, b"\0")


def _struct_hash(order: ClientOrder) -> bytes:
    return order_struct_hash(
        salt=order.salt,
        maker=order.maker,
        signer=order.signer,
        token_id=int(order.token_id),
        maker_amount=order.maker_amount,
        taker_amount=order.taker_amount,
        side=0 if order.side == "BUY" else 1,
        signature_type=order.signature_type,
        timestamp=order.timestamp,
        metadata=bytes.fromhex(order.metadata.removeprefix("0x")),
        builder=bytes.fromhex(order.builder.removeprefix("0x")),
    )
