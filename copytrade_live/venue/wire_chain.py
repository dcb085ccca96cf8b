"""Logs of the exchanges on chain 137 to fills, exact in millionths (docs/contracts.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from copytrade_live.core.market import MICRO, Instant, Role, Side
from copytrade_live.venue.contracts import EXCHANGES
from copytrade_live.venue.fields import refuse, row_of

ORDER_FILLED_V1 = "0xd0a08e8c493f9c94f29311604c9de1b4e8c8d4c06bd0c789af57f2d65bfec0f6"
# V2; the V3 exchange emits the same.
ORDER_FILLED_V2 = "0xd543adfd945773f1a62f74f0ee55a5e3b9b1a28262980ba90b1a89f2ea84d8ee"
ORDER_FILLED = (ORDER_FILLED_V1, ORDER_FILLED_V2)

_QUANTITY = re.compile(r"0x[0-9a-f]{1,16}")
_WORDS = re.compile(r"0x(?:[0-9a-f]{64}){5,7}")
_TOPIC = re.compile(r"0x[0-9a-f]{64}")
_WORD = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFill:
    """One side of one match, as the exchange emitted it. Units: shares, cash and fee in millionths."""

    wallet: str
    token_id: str
    side: Side
    role: Role
    shares: int
    cash: int
    fee: int
    block_number: int
    event_at: Instant
    tx_hash: str
    log_index: int
    exchange: str

    @property
    def chain_fill_id(self) -> str:
        """What no other log has."""
        return f"{self.tx_hash}:{self.log_index}"

    @property
    def size(self) -> float:
        """Shares."""
        return self.shares / MICRO

    @property
    def price(self) -> float:
        """Dollars per share; dust that moved no shares has none."""
        return self.cash / self.shares if self.shares else 0.0


def parse_chain_fill(log: object, event_at: Instant) -> ChainFill:
    """An OrderFilled log: the fill of its maker field, whichever role that wallet had.

    The taker of a match gets a log of its own, with the exchange in the taker field. Raises: PayloadError.
    """
    row = row_of(log, "log")
    topics = row.get("topics")
    if not isinstance(topics, list) or len(topics) != 4 or topics[0] not in ORDER_FILLED:
        refuse("topics", topics, "those of an OrderFilled log")
    data = row.get("data")
    if not isinstance(data, str) or not _WORDS.fullmatch(data):
        refuse("data", data, "five to seven words of hex")
    words = [int(data[at : at + _WORD], 16) for at in range(2, len(data), _WORD)]
    side, token, shares, cash, fee = _amounts(topics[0], words)
    return ChainFill(
        wallet=_address(topics[2]),
        token_id=str(token),
        side=side,
        role=Role.TAKER if _address(topics[3]) in EXCHANGES else Role.MAKER,
        shares=shares,
        cash=cash,
        fee=fee,
        block_number=quantity(row, "blockNumber"),
        event_at=event_at,
        tx_hash=_hash(row, "transactionHash"),
        log_index=quantity(row, "logIndex"),
        exchange=str(row.get("address", "")).lower(),
    )


def quantity(row: Mapping[str, Any], field: str) -> int:
    """A number as JSON-RPC writes it. Raises: PayloadError."""
    value = row.get(field)
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        refuse(field, value, "0x and up to 16 hex digits")
    return int(value, 16)


def padded(wallet: str) -> str:
    """A wallet as a topic."""
    return f"0x{wallet[2:].lower():0>64}"


def _amounts(topic: str, words: list[int]) -> tuple[Side, int, int, int, int]:
    if topic == ORDER_FILLED_V1:
        maker_asset, taker_asset, given, taken, fee = words[:5]
        if maker_asset == 0:
            return Side.BUY, taker_asset, taken, given, fee
        return Side.SELL, maker_asset, given, taken, fee
    side, token, given, taken, fee = words[:5]
    if side > 1:
        refuse("data", side, "a side of 0 (buy) or 1 (sell)")
    return (Side.BUY, token, taken, given, fee) if side == 0 else (Side.SELL, token, given, taken, fee)


def _address(topic: object) -> str:
    if not isinstance(topic, str) or not _TOPIC.fullmatch(topic.lower()):
        refuse("topics", topic, "0x and 64 hex digits")
    return f"0x{topic[-40:].lower()}"


def _hash(row: Mapping[str, Any], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not _TOPIC.fullmatch(value.lower()):
        refuse(field, value, "0x and 64 hex digits")
    return value.lower()
