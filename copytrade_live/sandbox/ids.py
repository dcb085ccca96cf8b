"""Ids made from names: the same name always gives the same hash, token, transaction or wallet."""

from __future__ import annotations

import hashlib

TOKEN_DIGITS = 77


def hex_id(*parts: object) -> str:
    """32 bytes as 0x and 64 hex digits: condition ids, question ids, transaction hashes."""
    return "0x" + _digest(parts).hex()


def wallet_address(*parts: object) -> str:
    """20 bytes as 0x and 40 hex digits, lower case."""
    return "0x" + _digest(parts)[:20].hex()


def token_id(*parts: object) -> str:
    """A decimal number of 77 digits, as text."""
    lowest = 10 ** (TOKEN_DIGITS - 1)
    return str(lowest + int.from_bytes(_digest(parts), "big") % (9 * lowest))


def position_ids(condition_id: str) -> tuple[str, str]:
    """The two ids a market would have as protocol V2 positions: module byte, zero reserve, outcome byte."""
    body = bytes([1]) + _digest(("position", condition_id))[:17] + bytes(8) + bytes(5)
    base = int.from_bytes(body, "big") << 8
    return str(base), str(base + 1)


def _digest(parts: tuple[object, ...]) -> bytes:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
