"""Who signs: the key behind its policy, in the shape that the official client asks for."""

from __future__ import annotations

import importlib
from typing import Any, Protocol, runtime_checkable

from eth_account import Account
from eth_account.datastructures import SignedMessage
from eth_account.signers.local import LocalAccount

from copytrade_live.clock import Clock
from copytrade_live.errors import ConfigError, PolicyRefused
from copytrade_live.keys.policy import PolicyGuard
from copytrade_live.secret import Secret


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


class KeySigner:
    """A private key that leaves this object only as signatures. Needs coincurve to be fast."""

    __slots__ = ("_account",)

    def __init__(self, key: Secret[str]) -> None:
        self._account: LocalAccount = Account.from_key(key.reveal())

    @property
    def address(self) -> str:
        """The address of the key, with its checksum."""
        return str(self._account.address)

    def sign_typed_data(self, *, full_message: dict[str, Any]) -> SignedMessage:
        """Sign typed data."""
        return self._account.sign_typed_data(full_message=full_message)

    def __repr__(self) -> str:
        return f"KeySigner({self.address})"


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

    def bind(self, wallet: str) -> None:
        """Sign only orders that this wallet pays for."""
        self._guard.bind(wallet)

    def sign_typed_data(self, *, full_message: dict[str, Any]) -> SignedMessage:
        """Sign a login or an order that the policy allows. Raises: PolicyRefused."""
        self._guard.check(full_message, self.address, self._clock.now())
        return self._inner.sign_typed_data(full_message=full_message)

    def sign_message(self, signable: object) -> SignedMessage:
        """Relayer transactions are signed as opaque hashes, so no policy could tell what they do."""
        raise PolicyRefused(
            "the runner's key signs no transactions; winnings are paid by the venue's auto-redeem operator, or "
            "redeemed by hand (docs/going-live.md)"
        )

    def sign_transaction(self, transaction: object) -> SignedMessage:
        """Never from here."""
        raise PolicyRefused("the runner's key signs no transactions: no approval, no transfer (docs/going-live.md)")

    def __repr__(self) -> str:
        return f"GuardedSigner({self.address})"


def named_signer(name: str) -> Signer:
    """The signer that live.signer names as module:object; a class or function is called without arguments.

    Raises: ConfigError when there is none, or it is no signer.
    """
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"live.signer: {name!r} cannot be loaded ({error}); give module:object") from error
    made = found() if isinstance(found, type) or (callable(found) and not isinstance(found, Signer)) else found
    if not isinstance(made, Signer):
        raise ConfigError(f"live.signer: {name!r} has no address and sign_typed_data, so it is no signer")
    return made
