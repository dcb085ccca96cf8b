"""Checksummed addresses: Keccak-256 in a page of Python, for the stream that shouts some of the letters."""

from __future__ import annotations

from functools import lru_cache

_MASK = (1 << 64) - 1
_RATE = 136
_ROUNDS = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)  # fmt: skip
_TURNS = ((0, 36, 3, 41, 18), (1, 44, 10, 45, 2), (62, 6, 43, 15, 61), (28, 55, 25, 21, 56), (27, 20, 39, 8, 14))


@lru_cache(maxsize=4096)
def checksummed(address: str) -> str:
    """An address in mixed case. Source: EIP-55."""
    plain = address.lower().removeprefix("0x")
    marks = keccak256(plain.encode()).hex()
    letters = (letter.upper() if int(mark, 16) >= 8 else letter for letter, mark in zip(plain, marks, strict=False))
    return "0x" + "".join(letters)


def keccak256(data: bytes) -> bytes:
    """The hash Ethereum uses. Source: the Keccak reference, rate 1088, original padding."""
    padded = bytearray(data) + b"\x01" + bytes(_RATE - len(data) % _RATE - 1)
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), _RATE):
        for place in range(_RATE // 8):
            word = int.from_bytes(padded[start + 8 * place : start + 8 * place + 8], "little")
            lanes[place % 5][place // 5] ^= word
        lanes = _permute(lanes)
    return b"".join(lanes[place % 5][place // 5].to_bytes(8, "little") for place in range(4))


def _permute(lanes: list[list[int]]) -> list[list[int]]:
    for constant in _ROUNDS:
        parity = [column[0] ^ column[1] ^ column[2] ^ column[3] ^ column[4] for column in lanes]
        mixed = [parity[x - 1] ^ _rotate(parity[(x + 1) % 5], 1) for x in range(5)]
        moved = [[0] * 5 for _ in range(5)]
        for x in range(5):
            for y in range(5):
                moved[y][(2 * x + 3 * y) % 5] = _rotate(lanes[x][y] ^ mixed[x], _TURNS[x][y])
        lanes = [[moved[x][y] ^ (~moved[(x + 1) % 5][y] & moved[(x + 2) % 5][y]) for y in range(5)] for x in range(5)]
        lanes[0][0] ^= constant
    return lanes


def _rotate(word: int, by: int) -> int:
    return ((word << by) | (word >> (64 - by))) & _MASK if by else word
