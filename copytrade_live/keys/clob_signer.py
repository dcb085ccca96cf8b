"""A signer that leaves hashing and signing to py-clob-client-v2.

In the config: live.signer: copytrade_live.keys.clob_signer:ClobSigner. Orders are still built and sent by the official
client, so that two independent clients must agree on every order: if they hash one differently, the venue refuses the
signature and nothing is traded. Needs the extra: copytrade[clob].
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from eth_account.datastructures import SignedMessage

from copytrade_live.errors import ConfigError, PolicyRefused
from copytrade_live.keys.signer import SIGNATURE_BYTES, as_signed
from copytrade_live.secret import Secret


class ClobSigner:
    """Signs with the key of the configuration. takes_key has it handed over; the policy stays around it."""

    takes_key = True

    def __init__(self, key: Secret[str], chain_id: int = 137) -> None:
        try:
            from py_clob_client_v2.signer import Signer
        except ImportError as error:
            raise ConfigError("live.signer names py-clob-client-v2, which is not installed: copytrade[clob]") from error
        self._signer = Signer(key.reveal(), chain_id)

    @property
    def address(self) -> str:
        """The address of the key, with its checksum."""
        return str(self._signer.address())

    def sign_typed_data(self, *, full_message: dict[str, Any]) -> SignedMessage:
        """Sign a login or an order. Raises: PolicyRefused for anything else."""
        kind, domain, message = full_message["primaryType"], full_message["domain"], full_message["message"]
        if kind == "ClobAuth":
            return _own_part(self._login(message))
        if kind == "TypedDataSign":
            return _own_part(self._order(domain, message["contents"]))
        if kind == "Order":
            return _own_part(self._order(domain, message))
        raise PolicyRefused(f"only logins and orders are signed, was {kind!r}")

    def _login(self, message: Mapping[str, Any]) -> str:
        from py_clob_client_v2.signing.eip712 import sign_clob_auth_message

        signature: str = sign_clob_auth_message(self._signer, int(message["timestamp"]), int(message["nonce"]))
        return signature

    def _order(self, domain: Mapping[str, Any], order: Mapping[str, Any]) -> str:
        from py_clob_client_v2.order_utils import ExchangeOrderBuilderV2

        builder = ExchangeOrderBuilderV2(
            domain["verifyingContract"], domain["chainId"], self._signer, domain_version=domain["version"]
        )
        typed = builder.build_order_typed_data(SimpleNamespace(**order))
        signature: str = builder.build_order_signature(typed)
        return signature

    def __repr__(self) -> str:
        return f"ClobSigner({self.address})"


def _own_part(signature: str) -> SignedMessage:
    """The key's own 65 bytes; the official client appends what a deposit wallet needs besides."""
    return as_signed(bytes.fromhex(signature.removeprefix("0x"))[:SIGNATURE_BYTES])
