"""What the venue holds, told whole and without faults, so that a test can compare a warehouse with it exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.answers import Refusal, Row, json_text
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.faults import CHANGES, chain_changes
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.position_rows import status_of
from copytrade_live.sandbox.positions import PositionBook
from copytrade_live.sandbox.trading_truth import TRADING_PARTS, TradingTruth
from copytrade_live.sandbox.venue import Rows, Venue

WORLD_PARTS = ("fills", "activity", "resolutions", "positions", "disagreements")
PARTS = (*WORLD_PARTS, *TRADING_PARTS)
_CHUNK = 2_000


class GroundTruth:
    """Answers /admin/truth."""

    def __init__(self, venue: Venue, positions: PositionBook, trading: TradingTruth) -> None:
        self._venue, self._positions, self._trading = venue, positions, trading

    async def serve(self, request: Request) -> Response:
        """One JSON document, streamed: of some wallets, some parts, and of everything that happened until until_ms.

        Without until_ms fills and activity end where the data API does, at now less the index lag.
        """
        params = Params.of(request)
        given = params.many("wallets")
        wallets = [self._venue.by_wallet.get(one.lower(), -1) for one in given] or list(self._venue.by_wallet.values())
        wallets = sorted(number for number in wallets if number >= 0)
        parts = params.many("parts") or list(PARTS)
        for part in parts:
            if part not in PARTS:
                raise Refusal(400, f"invalid parts: known are {', '.join(PARTS)}, was {part!r}", parameter="parts")
        until = params.whole("until_ms", self._venue.now() - self._venue.index_lag)
        return StreamingResponse(self._document(wallets, given, parts, until), media_type="application/json")

    def _document(self, wallets: list[int], given: list[str], parts: list[str], until: int) -> Iterator[str]:
        rows = self._rows(wallets, until)
        is_fill = self._venue.world.ledger.kind[rows] == Kind.TRADE
        listed: dict[str, Iterator[Row]] = {
            "fills": self._fills(rows[is_fill]),
            "activity": self._activity(rows[~is_fill]),
            "resolutions": self._resolutions(),
            "positions": self._held(wallets),
            "disagreements": self._disagreements(rows[is_fill]),
        }
        yield f'{{"now_ms":{self._venue.now()},"until_ms":{until}'
        for part in parts:
            yield f',"{part}":'
            yield from _list(listed[part] if part in listed else self._trading.part(part, given))
        yield "}"

    def _rows(self, wallets: list[int], until: int) -> Rows:
        ledger = self._venue.world.ledger
        rows = np.arange(ledger.rows_until(until))
        return rows if len(wallets) == len(self._venue.world.wallets) else rows[np.isin(ledger.wallet[rows], wallets)]

    def _fills(self, rows: Rows) -> Iterator[Row]:
        ledger, world = self._venue.world.ledger, self._venue.world
        columns = (ledger.at, ledger.wallet, ledger.market, ledger.outcome, ledger.is_buy, ledger.is_taker)
        amounts = (ledger.price, ledger.size, ledger.cash)
        for row, at, wallet, number, outcome, is_buy, is_taker, price, size, cash in zip(
            rows.tolist(), *(column[rows].tolist() for column in (*columns, *amounts)), strict=True
        ):
            market = self._venue.markets[number]
            yield {
                "wallet": world.wallets[wallet].address,
                "condition_id": market.condition_id,
                "token_id": market.token_ids[outcome],
                "side": "BUY" if is_buy else "SELL",
                "role": "taker" if is_taker else "maker",
                "price": price,
                "size": size,
                "cash": cash,
                "fee": ledger.fee(row),
                "at_ms": at,
                "timestamp": at // SECOND,
                "tx": ledger.tx[row],
            }

    def _activity(self, rows: Rows) -> Iterator[Row]:
        ledger = self._venue.world.ledger
        # The last one, at NO_MARKET, is blank.
        conditions = [*(market.condition_id for market in self._venue.markets), ""]
        for row in rows.tolist():
            yield {
                "wallet": self._venue.world.wallets[int(ledger.wallet[row])].address,
                "type": Kind(int(ledger.kind[row])).name,
                "condition_id": conditions[int(ledger.market[row])],
                "size": float(ledger.size[row]),
                "cash": float(ledger.cash[row]),
                "at_ms": int(ledger.at[row]),
                "timestamp": int(ledger.at[row]) // SECOND,
                "tx": ledger.tx[row],
            }

    def _resolutions(self) -> Iterator[Row]:
        """Every listed market with what has become of it, and when."""
        now = self._venue.now()
        for market in self._venue.markets[: self._venue.listed(now)]:
            steps = (
                ("proposed", market.proposed_at),
                ("disputed", market.disputed_at),
                ("resolved", market.resolved_at),
            )
            yield {
                "condition_id": market.condition_id,
                "token_ids": list(market.token_ids),
                "closed_at_ms": market.end_at,
                "status": market.status(now).value,
                "payouts": market.final_payouts(now),
                "history": [[status, at] for status, at in steps if at is not None and at <= now],
            }

    def _held(self, wallets: list[int]) -> Iterator[Row]:
        now = self._venue.now()
        for wallet in wallets:
            for one in self._positions.of_wallet(wallet):
                market = self._venue.markets[one.market]
                yield {
                    "wallet": self._venue.world.wallets[wallet].address,
                    "condition_id": market.condition_id,
                    "token_id": market.token_ids[one.outcome],
                    "status": status_of(self._venue, one, now),
                    "size": round(one.size, 6),
                    "average_price": one.avg_price,
                    "cost": one.cost,
                    "fees": one.fees,
                    "realised_pnl": one.realised,
                    "first_at_ms": one.first_at,
                    "last_at_ms": one.last_at,
                }

    def _disagreements(self, rows: Rows) -> Iterator[Row]:
        """Fills whose log a fault has made missing or resized, or that have failed."""
        for fill in self._fills(rows[self._venue.shown.reverted(self._venue.world, rows)]):
            yield {**fill, "change": "reverted"}
        fault = self._venue.faults.standing(FaultKind.CHAIN_DISAGREES)
        if fault is None:
            return
        changes = chain_changes(fault, rows)
        is_changed = changes > 0
        for fill, change in zip(self._fills(rows[is_changed]), changes[is_changed].tolist(), strict=True):
            yield {**fill, "change": CHANGES[change]}


def _list(rows: Iterable[Row]) -> Iterator[str]:
    yield "["
    before, chunk = "", []
    for row in rows:
        chunk.append(json_text(row))
        if len(chunk) == _CHUNK:
            yield before + ",".join(chunk)
            before, chunk = ",", []
    if chunk:
        yield before + ",".join(chunk)
    yield "]"
