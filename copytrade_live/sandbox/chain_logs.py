"""The logs that fills and resolutions leave on the chain: every fill from both sides, as the exchanges emit them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from copytrade_live.core.market import Instant
from copytrade_live.sandbox.chain_blocks import Blocks
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.faults import CHANGES, chain_changes, row_luck
from copytrade_live.sandbox.ids import hex_id, wallet_address
from copytrade_live.sandbox.ledger import taker_fee
from copytrade_live.sandbox.venue import Venue

EXCHANGE = "0xe111180000d2663c0091e4f400237545b87b996b"
NEG_RISK_EXCHANGE = "0xe2222d279d744050d28e00520010520000310f59"
CONDITIONAL_TOKENS = "0x4d97dcd97ec945f40cf65f87097ace5ea0476045"
ORACLE = "0x6a9d222616c90fca5754cd1333cfd9b7fb6a4f74"
ORDER_FILLED = "0xd543adfd945773f1a62f74f0ee55a5e3b9b1a28262980ba90b1a89f2ea84d8ee"
CONDITION_RESOLUTION = "0xb44d84d3289691f71497564b85d4233648d9dbae8cbdbb4329f301c3a0185894"
_MICRO = 1_000_000
_STRANGERS = 4_096
# The share of fills that match two buyers of opposite outcomes, or two sellers, instead of a buyer and a seller.
_MINTED = 0.25
_ZERO = "0" * 64
_FIVE_WORDS = "{:064x}" * 5


class Log(NamedTuple):
    """One log as a filter sees it; data is hex without 0x, change what a fault made of it ("" for nothing)."""

    address: str
    topics: tuple[str, ...]
    data: str
    block: int
    log_index: int
    transaction: str
    place: int
    change: str = ""


class ChainLogs:
    """All logs of a world by block. A block holds its fills' logs in the ledger's order, then its resolutions'."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._rows = venue.trades
        at = venue.world.ledger.at[self._rows]
        self._strangers = (row_luck(1, self._rows) * _STRANGERS).astype(np.int64)
        self._minted = row_luck(2, self._rows) < _MINTED
        ends = [(market.resolved_at, number) for number, market in enumerate(venue.markets) if market.payouts]
        self._resolved = sorted((at, number) for at, number in ends if at is not None)
        resolved_at = np.array([at for at, _ in self._resolved], dtype=np.int64)
        self.blocks = Blocks(np.concatenate([at, resolved_at]))
        self._fill_blocks, self._end_blocks = self.blocks.numbers(at), self.blocks.numbers(resolved_at)
        self._firsts = np.searchsorted(self._fill_blocks, self._fill_blocks)
        self._transactions = _count_changes([venue.world.ledger.tx[row] for row in self._rows.tolist()])

    def head(self, now: Instant) -> int:
        """The latest block."""
        return self.blocks.head(now)

    def between(self, first: int, last: int) -> Iterator[Log]:
        """Logs of some blocks, both included, also those that a fault makes missing."""
        ends = iter(self._span(self._end_blocks, first, last))
        end = next(ends, None)
        for place in self._span(self._fill_blocks, first, last):
            while end is not None and self._end_blocks[end] < self._fill_blocks[place]:
                yield self._resolution(end)
                end = next(ends, None)
            yield from self._fill(place)
        while end is not None:
            yield self._resolution(end)
            end = next(ends, None)

    def transactions(self, block: int) -> list[str]:
        """Hashes of a block's transactions that left logs, each once."""
        return list(dict.fromkeys(log.transaction for log in self.between(block, block)))

    def disagreement(self, row: int) -> str:
        """What a fault makes of a ledger row's log: "missing", "resized", "reverted", or "" for nothing."""
        if self._venue.shown.reverted(self._venue.world, np.array([row]))[0]:
            return "reverted"
        fault = self._venue.faults.standing(FaultKind.CHAIN_DISAGREES)
        return "" if fault is None else CHANGES[int(chain_changes(fault, np.array([row]))[0])]

    def _span(self, blocks: np.typing.NDArray[np.int64], first: int, last: int) -> range:
        return range(int(np.searchsorted(blocks, first)), int(np.searchsorted(blocks, last, side="right")))

    def _fill(self, place: int) -> Iterator[Log]:
        """A stranger's log and the wallet's; between them whoever took also names the exchange as taker."""
        ledger, row = self._venue.world.ledger, int(self._rows[place])
        market, outcome = self._venue.markets[int(ledger.market[row])], int(ledger.outcome[row])
        is_taker, is_buy = bool(ledger.is_taker[row]), bool(ledger.is_buy[row])
        price, size = float(ledger.price[row]), float(ledger.size[row])
        exchange = NEG_RISK_EXCHANGE if market.neg_risk else EXCHANGE
        wallet, tx = self._venue.world.wallets[int(ledger.wallet[row])].address, ledger.tx[row]
        stranger = _stranger(int(self._strangers[place]))
        stranger_fee = taker_fee(price=price, size=size, fee_rate=market.fee_rate)
        mine = _Leg(wallet, exchange if is_taker else stranger, is_buy, market.token_ids[outcome], price, size)
        is_minted = bool(self._minted[place])
        theirs = _Leg(
            stranger,
            wallet if is_taker else exchange,
            is_buy if is_minted else not is_buy,
            market.token_ids[1 - outcome] if is_minted else market.token_ids[outcome],
            1.0 - price if is_minted else price,
            size,
        )
        block, first = int(self._fill_blocks[place]), int(self._firsts[place])
        index = 2 * (place - first)
        number = int(self._transactions[place] - self._transactions[first])
        log = Log(address=exchange, topics=(), data="", block=block, log_index=index, transaction=tx, place=number)
        yield _filled(log, theirs, 0.0 if is_taker else stranger_fee)
        change = self.disagreement(row)
        mine = mine.resized() if change == "resized" else mine
        yield _filled(log._replace(log_index=index + 1, change=change), mine, ledger.fee(row))

    def _resolution(self, end: int) -> Log:
        market = self._venue.markets[self._resolved[end][1]]
        block = int(self._end_blocks[end])
        fills, place = self._span(self._fill_blocks, block, block), end - int(np.searchsorted(self._end_blocks, block))
        before = int(self._transactions[fills[-1]] - self._transactions[fills[0]]) + 1 if fills else 0
        halves = (1, 1) if market.payouts == (0.5, 0.5) else tuple(round(payout) for payout in market.payouts or ())
        return Log(
            address=CONDITIONAL_TOKENS,
            topics=(CONDITION_RESOLUTION, market.condition_id, padded(ORACLE), market.question_id),
            data="".join(_word(number) for number in (2, 64, 2, *halves)),
            block=block,
            log_index=2 * len(fills) + place,
            transaction=hex_id("resolution", market.condition_id),
            place=before + place,
        )


class _Leg(NamedTuple):
    maker: str
    taker: str
    is_buy: bool
    token: str
    price: float
    size: float

    def resized(self) -> _Leg:
        """The same leg with a tenth more shares."""
        return self._replace(size=round(self.size * 1.1 + 0.01, 2))


def padded(address: str) -> str:
    """An address as a topic."""
    return "0x" + address[2:].lower().rjust(64, "0")


def _filled(log: Log, leg: _Leg, fee: float) -> Log:
    shares, dollars = round(leg.size * _MICRO), round(leg.price * leg.size * _MICRO)
    given, taken = (dollars, shares) if leg.is_buy else (shares, dollars)
    numbers = (0 if leg.is_buy else 1, int(leg.token), given, taken, round(fee * _MICRO))
    order = hex_id("order", log.transaction, log.log_index)
    topics = (ORDER_FILLED, order, padded(leg.maker), padded(leg.taker))
    return log._replace(topics=topics, data=_FIVE_WORDS.format(*numbers) + _ZERO + _ZERO)


def _count_changes(values: list[str]) -> np.typing.NDArray[np.int64]:
    """How often the value has changed up to each place."""
    changes = [int(one != before) for before, one in pairwise(values)]
    return np.cumsum([0, *changes], dtype=np.int64)


@lru_cache(maxsize=_STRANGERS)
def _stranger(number: int) -> str:
    return wallet_address("stranger", number)


def _word(number: int) -> str:
    return f"{number:064x}"
