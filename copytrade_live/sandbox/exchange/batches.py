"""What owners sign so that a relayer sends their wallets' calls: one form for each kind of wallet."""

from __future__ import annotations

from eth_hash.auto import keccak

from copytrade_live.sandbox.exchange.calls import Call
from copytrade_live.sandbox.exchange.contracts import CHAIN_ID, RELAY_HUB
from copytrade_live.sandbox.exchange.eip712 import digest

_CALL_TYPE = b"Call(address target,uint256 value,bytes data)"
_CALL_HASH = keccak(_CALL_TYPE)
_BATCH_HASH = keccak(b"Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)" + _CALL_TYPE)
_WALLET_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_SAFE_DOMAIN = keccak(b"EIP712Domain(uint256 chainId,address verifyingContract)")
_SAFE_HASH = keccak(
    b"SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,"
    b"address gasToken,address refundReceiver,uint256 nonce)"
)


def batch_digest(wallet: str, calls: tuple[Call, ...], nonce: int, deadline: int) -> bytes:
    """What the owner of a deposit wallet, or a session key, signs."""
    domain = keccak(_WALLET_DOMAIN + keccak(b"DepositWallet") + keccak(b"1") + _word(CHAIN_ID) + _word(int(wallet, 16)))
    hashed = (
        keccak(_CALL_HASH + _word(int(call.target, 16)) + _word(call.value) + keccak(call.data)) for call in calls
    )
    content = _BATCH_HASH + _word(int(wallet, 16)) + _word(nonce) + _word(deadline) + keccak(b"".join(hashed))
    return digest(domain, keccak(content))


def safe_digest(wallet: str, call: Call, operation: int, nonce: int) -> bytes:
    """What the owner of a Safe signs as a message."""
    domain = keccak(_SAFE_DOMAIN + _word(CHAIN_ID) + _word(int(wallet, 16)))
    numbers = (int(call.target, 16), call.value)
    content = _SAFE_HASH + b"".join(map(_word, numbers)) + keccak(call.data) + _word(operation)
    return personal_digest(digest(domain, keccak(content + bytes(5 * 32) + _word(nonce))))


def proxy_digest(owner: str, factory: str, data: bytes, *, gas_limit: int, nonce: int, relay: str) -> bytes:
    """What the owner of a proxy wallet signs as a message."""
    addresses = _plain(owner) + _plain(factory)
    fees = _word(0) + _word(0) + _word(gas_limit) + _word(nonce)
    return personal_digest(keccak(b"rlx:" + addresses + data + fees + _plain(RELAY_HUB) + _plain(relay)))


def personal_digest(message: bytes) -> bytes:
    """A hash as a wallet signs a message of 32 bytes. Source: ERC-191."""
    return keccak(b"\x19Ethereum Signed Message:\n32" + message)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _plain(address: str) -> bytes:
    return bytes.fromhex(address[2:])
