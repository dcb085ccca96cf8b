"""EIP-712 as the venue checks it: hashes of orders and logins, and who signed them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from coincurve import PublicKey
from eth_hash.auto import keccak

from copytrade_live.sandbox.exchange.contracts import CHAIN_ID

ORDER_TYPE = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    "uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
ATTESTATION = "This message attests that I control the given wallet"
_ORDER_HASH = keccak(ORDER_TYPE.encode())
_DOMAIN_HASH = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_LOGIN_DOMAIN_HASH = keccak(b"EIP712Domain(string name,string version,uint256 chainId)")
_LOGIN_HASH = keccak(b"ClobAuth(address address,string timestamp,uint256 nonce,string message)")
_WRAPPED_HASH = keccak(
    b"TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    + ORDER_TYPE.encode()
)
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFields:
    """What an order's signature covers; neither its type nor its expiration is."""

    salt: int
    maker: str
    signer: str
    token_id: str
    making: int
    taking: int
    side: int
    signature_type: int
    timestamp: int
    metadata: bytes
    builder: bytes


@lru_cache(maxsize=64)
def domain_separator(contract: str, version: str) -> bytes:
    """Of an exchange contract."""
    return keccak(
        _words(
            [_DOMAIN_HASH, keccak(b"Polymarket CTF Exchange"), keccak(version.encode()), CHAIN_ID, _address(contract)]
        )
    )


def struct_hash(order: SignedFields) -> bytes:
    """The hash of an order's fields, the same under every domain."""
    return keccak(
        _words(
            [
                _ORDER_HASH,
                order.salt,
                _address(order.maker),
                _address(order.signer),
                int(order.token_id),
                order.making,
                order.taking,
                order.side,
                order.signature_type,
                order.timestamp,
                order.metadata,
                order.builder,
            ]
        )
    )


def digest(separator: bytes, content: bytes) -> bytes:
    """What is signed: the order id under the exchange's domain."""
    return keccak(b"\x19\x01" + separator + content)


def wallet_digest(separator: bytes, content: bytes, wallet: str) -> bytes:
    """What the owner of a deposit wallet signs: the order wrapped in the wallet's own domain. Source: ERC-7739."""
    wrapped: list[int | bytes] = [
        _WRAPPED_HASH,
        content,
        keccak(b"DepositWallet"),
        keccak(b"1"),
        CHAIN_ID,
        _address(wallet),
        0,
    ]
    return digest(separator, keccak(_words(wrapped)))


def login_digest(address: str, timestamp: str, nonce: int) -> bytes:
    """What is signed to make or derive an API key."""
    domain = keccak(_words([_LOGIN_DOMAIN_HASH, keccak(b"ClobAuthDomain"), keccak(b"1"), CHAIN_ID]))
    content: list[int | bytes] = [
        _LOGIN_HASH,
        _address(address),
        keccak(timestamp.encode()),
        nonce,
        keccak(ATTESTATION.encode()),
    ]
    return digest(domain, keccak(_words(content)))


def recover(message: bytes, signature: bytes) -> str | None:
    """Who signed a digest, in lower case; None when nobody can have, or in a form the chain refuses."""
    if len(signature) != 65 or signature[64] not in (27, 28) or int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        return None
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), message, hasher=None)
    except ValueError:
        return None
    return "0x" + keccak(key.format(compressed=False)[1:])[12:].hex()


def _address(address: str) -> int:
    return int(address, 16)


def _words(values: Iterable[int | bytes]) -> bytes:
    return b"".join(value if isinstance(value, bytes) else value.to_bytes(32, "big") for value in values)
