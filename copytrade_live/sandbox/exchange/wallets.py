"""The wallets an owner has without asking anybody: proxy, Safe and deposit wallets at CREATE2 addresses."""

from __future__ import annotations

from functools import lru_cache

from eth_hash.auto import keccak

from copytrade_live.sandbox.exchange.contracts import (
    DEPOSIT_BEACON,
    DEPOSIT_FACTORY,
    DEPOSIT_IMPLEMENTATION,
    PROXY_FACTORY,
    PROXY_IMPLEMENTATION,
    SAFE_FACTORY,
    SAFE_INIT_CODE_HASH,
)

EOA, PROXY, SAFE, DEPOSIT = 0, 1, 2, 3
# Byte code of a minimal proxy whose constructor asks its factory, of an ERC-1967 proxy and of a beacon proxy.
_PROXY_CODE = (
    "3d3d606380380380913d393d73{factory}5af4602a57600080fd5b602d8060366000396000f3363d3d373d3d3d363d73{logic}"
    "5af43d82803e903d91602b57fd5bf352e831dd" + "00" * 31 + "20" + "00" * 32
)
_UUPS_CODE = (
    "{head}{logic}60095155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076"
    "cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3"
)
_BEACON_CODE = (
    "{head}{logic}60195155f3363d3d373d3d363d602036600436635c60da"
    "1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"
    "b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3"
)
_UUPS_HEAD, _BEACON_HEAD = 0x61003D3D8160233D3973, 0x6100523D8160233D3973


@lru_cache(maxsize=1024)
def wallets_of(owner: str) -> dict[str, int]:
    """Every address that an owner's signature speaks for, in lower case, with its signature type."""
    return {
        owner.lower(): EOA,
        proxy_wallet(owner): PROXY,
        safe_wallet(owner): SAFE,
        deposit_wallet(owner): DEPOSIT,
        uups_deposit_wallet(owner): DEPOSIT,
    }


def wallet_of(owner: str, signature_type: int) -> str:
    """The wallet that an owner uses with a signature type."""
    makers = {PROXY: proxy_wallet, SAFE: safe_wallet, DEPOSIT: deposit_wallet}
    return makers[signature_type](owner) if signature_type in makers else owner.lower()


def proxy_wallet(owner: str) -> str:
    """The proxy that e-mail logins used to have."""
    code = _PROXY_CODE.format(factory=_plain(PROXY_FACTORY), logic=_plain(PROXY_IMPLEMENTATION))
    return _create2(PROXY_FACTORY, keccak(_bytes(owner)), keccak(bytes.fromhex(code)))


def safe_wallet(owner: str) -> str:
    """The Safe that browser wallets used to have."""
    return _create2(SAFE_FACTORY, keccak(_bytes(owner).rjust(32, b"\0")), _bytes(SAFE_INIT_CODE_HASH))


def deposit_wallet(owner: str) -> str:
    """The deposit wallet of whoever comes now."""
    return _deposit(owner, _BEACON_CODE, _BEACON_HEAD, DEPOSIT_BEACON)


def uups_deposit_wallet(owner: str) -> str:
    """The deposit wallet of whoever came early."""
    return _deposit(owner, _UUPS_CODE, _UUPS_HEAD, DEPOSIT_IMPLEMENTATION)


def _deposit(owner: str, code: str, head: int, logic: str) -> str:
    arguments = _bytes(DEPOSIT_FACTORY).rjust(32, b"\0") + _bytes(owner).rjust(32, b"\0")
    start = (head + (len(arguments) << 56)).to_bytes(10, "big").hex()
    whole = bytes.fromhex(code.format(head=start, logic=_plain(logic))) + arguments
    return _create2(DEPOSIT_FACTORY, keccak(arguments), keccak(whole))


def _create2(factory: str, salt: bytes, code_hash: bytes) -> str:
    return "0x" + keccak(b"\xff" + _bytes(factory) + salt + code_hash)[12:].hex()


def _plain(address: str) -> str:
    return address[2:].lower()


def _bytes(address: str) -> bytes:
    return bytes.fromhex(address[2:])
