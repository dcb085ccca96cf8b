"""The chain's addresses that orders are signed for, and those wallets are made by. Source: the official clients."""

from __future__ import annotations

CHAIN_ID = 137
STANDARD = "0xE111180000d2663C0091e4f400237545B87B996B"
NEG_RISK = "0xe2222d279d744050d28e00520010520000310F59"
POSITIONS = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"
NEG_RISK_ADAPTER = "0xd91E80cF2E7be2e162c6513ceD06f1dD0dA35296"
COLLATERAL_ADAPTER = "0xAdA100Db00Ca00073811820692005400218FcE1f"
NEG_RISK_COLLATERAL_ADAPTER = "0xadA2005600Dec949baf300f4C6120000bDB6eAab"
SPENDERS = (STANDARD, NEG_RISK, POSITIONS)
PROXY_FACTORY = "0xaB45c5A4B0c941a2F231C04C3f49182e1A254052"
PROXY_IMPLEMENTATION = "0x44e999d5c2F66Ef0861317f9A4805AC2e90aEB4f"
SAFE_FACTORY = "0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b"
SAFE_INIT_CODE_HASH = "0x2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf"
DEPOSIT_FACTORY = "0x00000000000Fb5C9ADea0298D729A0CB3823Cc07"
DEPOSIT_IMPLEMENTATION = "0x58CA52ebe0DadfdF531Cde7062e76746de4Db1eB"
DEPOSIT_BEACON = "0x7A18EDfe055488A3128f01F563e5B479D92ffc3a"
# A protocol V2 position leaves these bits of its id at zero; a CTF token is a hash and never does.
_RESERVED = ((1 << 64) - 1) << 40


def is_position(token_id: str) -> bool:
    """Whether a token is a protocol V2 position, traded under domain 3."""
    return int(token_id) & _RESERVED == 0


def exchange_of(token_id: str, *, neg_risk: bool) -> tuple[str, str]:
    """The contract that a token's orders are signed for, and its domain's version."""
    if is_position(token_id):
        return POSITIONS, "3"
    return (NEG_RISK if neg_risk else STANDARD), "2"
