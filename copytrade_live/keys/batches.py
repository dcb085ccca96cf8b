"""What a relayer may be asked to send for a wallet, and the hash of it that the key signs: one form for each wallet.

The hash is made here from the fields that the policy reads, never taken from whoever asks for a signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from copytrade_live.venue.contracts import PROXY_FACTORY, RELAY_HUB
from copytrade_live.venue.trading.order_hash import address_word, word

# A wallet's plain call. A delegate call would run strange code as the wallet.
CALL = 0

_CALL_TYPE = "Call(address target,uint256 value,bytes data)"
_BATCH_TYPE = "Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)" + _CALL_TYPE
_WALLET_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_SAFE_DOMAIN = "EIP712Domain(uint256 chainId,address verifyingContract)"
_SAFE_TYPE = (
    "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,"
    "address gasToken,address refundReceiver,uint256 nonce)"
)
_PROXY_SELECTOR = keccak(text="proxy((uint8,address,uint256,bytes)[])")[:4]
_PROXY_CALL = 1


class WalletKind(StrEnum):
    """Wallets whose transactions a relayer sends, by the client's names."""

    DEPOSIT = "DEPOSIT_WALLET"
    PROXY = "POLY_PROXY"
    SAFE = "GNOSIS_SAFE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCall:
    """One call of a contract. Units: value in wei."""

    target: str
    data: bytes
    value: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayedBatch:
    """Calls that a wallet makes in one transaction.

    deadline (unix seconds) is of deposit wallets; operation of Safes; relay and gas_limit of proxies.
    """

    kind: WalletKind
    wallet: str
    chain_id: int
    calls: tuple[ContractCall, ...]
    nonce: int
    deadline: int = 0
    operation: int = CALL
    relay: str = ""
    gas_limit: int = 0


def batch_digest(batch: RelayedBatch, owner: str) -> bytes:
    """The 32 bytes that the wallet's owner signs. The policy has seen the batch: a Safe's has one call."""
    if batch.kind is WalletKind.DEPOSIT:
        return _deposit(batch)
    return _personal(_safe(batch) if batch.kind is WalletKind.SAFE else _proxy(batch, owner))


def proxied(calls: tuple[ContractCall, ...]) -> bytes:
    """The call of the proxy factory that has a proxy make these calls."""
    inner = [(_PROXY_CALL, call.target, call.value, call.data) for call in calls]
    return bytes(_PROXY_SELECTOR + encode(["(uint8,address,uint256,bytes)[]"], [inner]))


def _deposit(batch: RelayedBatch) -> bytes:
    domain = keccak(
        keccak(text=_WALLET_DOMAIN)
        + keccak(text="DepositWallet")
        + keccak(text="1")
        + word(batch.chain_id)
        + address_word(batch.wallet)
    )
    kind = keccak(text=_CALL_TYPE)
    calls = b"".join(
        keccak(kind + address_word(one.target) + word(one.value) + keccak(one.data)) for one in batch.calls
    )
    content = keccak(text=_BATCH_TYPE) + address_word(batch.wallet) + word(batch.nonce) + word(batch.deadline)
    return keccak(b"\x19\x01" + domain + keccak(content + keccak(calls)))


def _safe(batch: RelayedBatch) -> bytes:
    (call,) = batch.calls
    domain = keccak(keccak(text=_SAFE_DOMAIN) + word(batch.chain_id) + address_word(batch.wallet))
    content = keccak(text=_SAFE_TYPE) + address_word(call.target) + word(call.value) + keccak(call.data)
    # No gas is paid back to anybody: five zeros.
    content += word(batch.operation) + bytes(5 * 32) + word(batch.nonce)
    return keccak(b"\x19\x01" + domain + keccak(content))


def _proxy(batch: RelayedBatch, owner: str) -> bytes:
    who = _plain(owner) + _plain(PROXY_FACTORY)
    fee_and_gas_price = word(0) + word(0)
    gas = word(batch.gas_limit) + word(batch.nonce) + _plain(RELAY_HUB) + _plain(batch.relay)
    return keccak(b"rlx:" + who + proxied(batch.calls) + fee_and_gas_price + gas)


def _personal(message: bytes) -> bytes:
    """A hash as a wallet signs a message of 32 bytes. Source: ERC-191."""
    return keccak(b"\x19Ethereum Signed Message:\n32" + message)


def _plain(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))
