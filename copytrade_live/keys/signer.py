"""Who signs: the key behind its policy, in the shape that the official client asks for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from coincurve import PrivateKey
from eth_account import Account
from eth_account.datastructures import SignedMessage

from copytrade_live.clock import Clock
from copytrade_live.errors import ConfigError
from copytrade_live.keys.batches import RelayedBatch, batch_digest
from copytrade_live.keys.policy import PolicyGuard
from copytrade_live.keys.redemptions import BatchRefusal, refuse
from copytrade_live.keys.typed_hash import typed_digest
from copytrade_live.secret import Secret

SIGNATURE_BYTES = 65
# What the chain adds to the parity of a signature.
_FIRST_V = 27


@runtime_checkable
class Signer(Protocol):
    """What a signer named in live.signer must offer; it is handed every message as EIP-712 typed data, whole."""

    @property
    def address(self) -> str:
        """The address it signs for, with its checksum."""
        ...

    def sign_typed_data(self, *, full_message: dict[str, Any]) -> SignedMessage:
        """Sign typed data. Raises: PolicyRefused when its policy forbids it."""
        ...


@runtime_checkable
class BatchSigner(Protocol):
    """What a signer offers besides if it can redeem; one without it trades, and its payouts are left to others."""

    def sign_batch(self, batch: RelayedBatch) -> bytes:
        """Hash and sign a relayer's transaction: 65 bytes. Raises: PolicyRefused when its policy forbids it."""
        ...


class KeySigner:
    """A private key that leaves this object only as signatures."""

    __slots__ = ("_address", "_sign")

    def __init__(self, key: Secret[str]) -> None:
        self._address = str(Account.from_key(key.reveal()).address)
        private = PrivateKey(bytes.fromhex(key.reveal().removeprefix("0x").rjust(64, "0")))

        def sign(digest: bytes) -> bytes:
            return private.sign_recoverable(digest, hasher=None)

        self._sign = sign

    @property
    def address(self) -> str:
        """The address of the key, with its checksum."""
        return self._address

    def sign_typed_data(self, *, full_message: dict[str, Any]) -> SignedMessage:
        """Sign a login or an order. Raises: PolicyRefused for anything else."""
        return as_signed(self._signature(typed_digest(full_message)))

    def sign_batch(self, batch: RelayedBatch) -> bytes:
        """Sign what batch_digest makes of the batch's own fields."""
        return self._signature(batch_digest(batch, self._address))

    def _signature(self, digest: bytes) -> bytes:
        raw = self._sign(digest)
        return raw[:-1] + bytes([raw[-1] + _FIRST_V])

    def __repr__(self) -> str:
        return f"KeySigner({self.address})"


def as_signed(signature: bytes) -> SignedMessage:
    """65 bytes as the official client takes them."""
    made: Any = SignedMessage
    halves = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    signed: SignedMessage = made(message_hash=b"", r=halves[0], s=halves[1], v=signature[64], signature=signature)
    return signed


class GuardedSigner:
    """A signer behind the policy: the only one that the rest of the program ever holds.

    The official client takes it for its own account object; what that could do besides, it refuses.
    """

    __slots__ = ("_clock", "_guard", "_inner")

    def __init__(self, inner: Signer, guard: PolicyGuard, clock: Clock) -> None:
        self._inner, self._guard, self._clock = inner, guard, clock

    @property
    def address(self) -> str:
        """The address that signs, with its checksum."""
        return self._inner.address

    def close(self) -> None:
        """Give back what of the day's allowance was set aside and not signed for."""
        self._guard.close()

    def bind(self, wallet: str) -> None:
        """Sign only orders that this wallet pays for."""
        self._guard.bind(wallet)

    def sign_typed_data(self, *, full_message: dict[str, Any]) -> SignedMessage:
        """Sign a login or an order that the policy allows. Raises: PolicyRefused."""
        self._guard.check(full_message, self.address, self._clock.now())
        return self._inner.sign_typed_data(full_message=full_message)

    def sign_batch(self, batch: RelayedBatch) -> bytes:
        """Sign a redemption for the own wallet: 65 bytes. Raises: PolicyRefused with a BatchRefusal."""
        if not isinstance(self._inner, BatchSigner):
            refuse(BatchRefusal.SIGNER_CANNOT, "the signer of live.signer has no sign_batch, so it redeems nothing")
        self._guard.check_batch(batch, self._clock.now())
        return self._inner.sign_batch(batch)

    def sign_message(self, signable: object) -> SignedMessage:
        """The client has its own transactions signed as opaque hashes, and no policy could tell what they do."""
        refuse(BatchRefusal.OPAQUE, "a hash is never signed: of transactions only redemptions, whose calls can be read")

    def sign_transaction(self, transaction: object) -> SignedMessage:
        """Never from here: it would spend the key's own gas."""
        refuse(BatchRefusal.OWN_TRANSACTION, "the key sends no transaction of its own: no approval, no transfer")

    def __repr__(self) -> str:
        return f"GuardedSigner({self.address})"


def named_signer(name: str, key: Callable[[], Secret[str]]) -> Signer:
    """The signer that live.signer names as module:object.

    A class or function is called without arguments, or, where it has takes_key, with the key of the configuration.

    Raises: ConfigError when there is none, or it is no signer; what key raises.
    """
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"live.signer: {name!r} cannot be loaded ({error}); give module:object") from error
    if getattr(found, "takes_key", False) and isinstance(found, type):
        made = found(key())
    else:
        made = found() if isinstance(found, type) or (callable(found) and not isinstance(found, Signer)) else found
    if not isinstance(made, Signer):
        raise ConfigError(f"live.signer: {name!r} has no address and sign_typed_data, so it is no signer")
    return made
