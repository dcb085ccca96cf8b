"""Whether an order's signature speaks for the wallet that pays: own keys, legacy wallets, deposit wallets, sessions."""

from __future__ import annotations

from typing import NamedTuple

from copytrade_live.sandbox.exchange.contracts import NEG_RISK, POSITIONS, STANDARD, exchange_of
from copytrade_live.sandbox.exchange.eip712 import (
    ORDER_TYPE,
    SignedFields,
    digest,
    domain_separator,
    recover,
    struct_hash,
    wallet_digest,
)
from copytrade_live.sandbox.exchange.terms import Refused
from copytrade_live.sandbox.exchange.wallets import DEPOSIT, wallets_of

WRONG_VERSION = "invalid order version, please use the latest clob-client"
WRONG_SIGNATURE = "invalid signature"
WRONG_SIGNER = "the order signer address has to be the address of the API KEY"
NOT_ALLOWED = "maker address not allowed, please use the deposit wallet flow"
_TRAILER = ORDER_TYPE.encode() + len(ORDER_TYPE).to_bytes(2, "big")
_SESSION_MAGIC = bytes.fromhex("6492" * 16)
_DOMAINS = ((STANDARD, "2"), (NEG_RISK, "2"), (POSITIONS, "3"), (STANDARD, "1"), (NEG_RISK, "1"))


class Checked(NamedTuple):
    """A checked order: its id, and the contract that will move the money."""

    order_id: str
    spender: str


class Session(NamedTuple):
    """One session key of one wallet. until is a unix second."""

    signer: str
    scopes: tuple[str, ...]
    until: int


class Sessions:
    """Which session keys may sign for which deposit wallets."""

    def __init__(self) -> None:
        self._wallets: dict[str, dict[str, Session]] = {}

    def allow(self, wallet: str, signer: str, scopes: tuple[str, ...] = ("CLOB",), until: int = 2**32) -> None:
        """Let a session key sign for a wallet."""
        session = Session(signer.lower(), scopes, until)
        self._wallets.setdefault(wallet.lower(), {})[session.signer] = session

    def revoke(self, wallet: str, signer: str) -> None:
        """Stop a session key from signing for a wallet."""
        self._wallets.get(wallet.lower(), {}).pop(signer.lower(), None)

    def of(self, wallet: str) -> list[Session]:
        """The session keys of a wallet."""
        return list(self._wallets.get(wallet.lower(), {}).values())

    def may_trade(self, wallet: str, signer: str) -> bool:
        """Whether a session key may sign orders of a wallet."""
        session = self._wallets.get(wallet.lower(), {}).get(signer.lower())
        return session is not None and bool({"ALL", "CLOB"} & set(session.scopes))

    def wallets(self, signer: str) -> list[str]:
        """The deposit wallets that a session key signs for."""
        return sorted(wallet for wallet, sessions in self._wallets.items() if signer.lower() in sessions)


def check_signature(
    order: SignedFields, signature: bytes, *, key_address: str, neg_risk: bool, sessions: Sessions
) -> Checked:
    """Check who signed what for whom. Raises: Refused."""
    contract, version = exchange_of(order.token_id, neg_risk=neg_risk)
    _check_wallet(order, key_address, sessions)
    content = struct_hash(order)
    separator = domain_separator(contract, version)
    signer = _signer(order, signature, separator, content, sessions)
    if signer != key_address.lower():
        _refuse(order, signature, content, key_address, sessions)
    return Checked("0x" + digest(separator, content).hex(), contract)


def _check_wallet(order: SignedFields, key_address: str, sessions: Sessions) -> None:
    maker, signer = order.maker.lower(), order.signer.lower()
    is_session = order.signature_type == DEPOSIT and sessions.may_trade(maker, key_address)
    if signer != (maker if order.signature_type == DEPOSIT else key_address.lower()):
        raise Refused(400, WRONG_SIGNER)
    if not is_session and wallets_of(key_address.lower()).get(maker) != order.signature_type:
        raise Refused(400, WRONG_SIGNER if order.signature_type == DEPOSIT else NOT_ALLOWED)


def _signer(order: SignedFields, signature: bytes, separator: bytes, content: bytes, sessions: Sessions) -> str | None:
    """Who signed, under one domain; None when the signature does not fit the type."""
    if order.signature_type != DEPOSIT:
        return recover(digest(separator, content), signature)
    named = None
    if signature.endswith(_SESSION_MAGIC):
        named, signature = split_session(signature)
        if not sessions.may_trade(order.maker, named):
            return None
    if signature[65:] != separator + content + _TRAILER:
        return None
    signer = recover(wallet_digest(separator, content, order.maker), signature[:65])
    return signer if named in (None, signer) else None


def split_session(signature: bytes) -> tuple[str, bytes]:
    """The session key's address and its signature out of abi(bytes32, bytes32, bytes); "" for an owner's own."""
    if not signature.endswith(_SESSION_MAGIC):
        return "", signature
    payload = signature[: -len(_SESSION_MAGIC)]
    length = int.from_bytes(payload[96:128], "big")
    return "0x" + payload[12:32].hex(), payload[128 : 128 + length]


def _refuse(order: SignedFields, signature: bytes, content: bytes, key_address: str, sessions: Sessions) -> None:
    for contract, version in _DOMAINS:
        separator = domain_separator(contract, version)
        if _signer(order, signature, separator, content, sessions) == key_address.lower():
            raise Refused(400, WRONG_VERSION)
    raise Refused(400, WRONG_SIGNATURE)
