"""The logs that accounts' trades leave on the chain, behind those of the world in the same block."""

from __future__ import annotations

from collections.abc import Iterator

from copytrade_live.core.market import MICRO, SECOND, Instant, Side
from copytrade_live.sandbox.chain_logs import EXCHANGE, NEG_RISK_EXCHANGE, ORDER_FILLED, ChainLogs, Log, padded
from copytrade_live.sandbox.exchange.contracts import POSITIONS, is_position
from copytrade_live.sandbox.exchange.terms import Leg, Trade, TradeStatus
from copytrade_live.sandbox.trading_desk import TradingDesk
from copytrade_live.sandbox.venue import Venue

_ZERO = "0" * 64


class OwnLogs:
    """Every leg of a mined trade is one OrderFilled log; whoever took names the exchange as its taker."""

    def __init__(self, venue: Venue, desk: TradingDesk) -> None:
        self._venue, self._desk = venue, desk

    def between(self, logs: ChainLogs, first: int, last: int) -> Iterator[Log]:
        """Logs of some blocks, both included, in order."""
        self._desk.now()
        mined = [
            (self._block(logs, trade.mined_at), trade)
            for trade in self._desk.exchange.trades.values()
            if trade.mined_at is not None and trade.status in (TradeStatus.MINED, TradeStatus.CONFIRMED)
        ]
        block = -1
        for number, trade in sorted(mined, key=lambda pair: (pair[0], pair[1].number)):
            if not first <= number <= last:
                continue
            if number != block:
                block, world = number, list(logs.between(number, number))
                index, place = len(world), len({log.transaction for log in world})
            for leg in trade.legs:
                yield self._log(trade, leg, block, index, place)
                index += 1
            place += 1

    def _block(self, logs: ChainLogs, at: Instant) -> int:
        """The first block that is not before an instant."""
        number = logs.blocks.head(at + SECOND)
        return number if logs.blocks.second(number) >= at // SECOND else number + 1

    def _log(self, trade: Trade, leg: Leg, block: int, index: int, place: int) -> Log:
        exchange = self._exchange(leg.token_id)
        taker = exchange if leg is trade.taker else trade.taker.address
        dollars = leg.price * leg.size // MICRO
        given, taken = (dollars, leg.size) if leg.side is Side.BUY else (leg.size, dollars)
        numbers = (0 if leg.side is Side.BUY else 1, int(leg.token_id), given, taken, leg.fee)
        return Log(
            address=exchange,
            topics=(ORDER_FILLED, leg.order_id, padded(leg.address), padded(taker)),
            data="".join(f"{number:064x}" for number in numbers) + _ZERO + _ZERO,
            block=block,
            log_index=index,
            transaction=trade.transaction,
            place=place,
        )

    def _exchange(self, token_id: str) -> str:
        if is_position(token_id):
            return POSITIONS.lower()
        market, _ = self._venue.by_token[token_id]
        return NEG_RISK_EXCHANGE if self._venue.markets[market].neg_risk else EXCHANGE
