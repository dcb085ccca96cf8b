"""What a wallet no longer holds, as the first generation of the data API lists it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.answers import Refusal, Row, answer
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.position_rows import position_row_v1
from copytrade_live.sandbox.positions import PositionBook, is_held
from copytrade_live.sandbox.selection import read_markets, read_wallet
from copytrade_live.sandbox.venue import Venue

MOST_ROWS = 50
OFFSET_CAP = 100_000
_SORTS = {"REALIZEDPNL": "realizedPnl", "TITLE": "title", "PRICE": "curPrice", "AVGPRICE": "avgPrice",
          "TIMESTAMP": "timestamp"}  # fmt: skip
_KEPT = (
    "proxyWallet", "asset", "conditionId", "avgPrice", "totalBought", "realizedPnl", "curPrice", "timestamp", "title",
    "slug", "icon", "eventSlug", "outcome", "outcomeIndex", "oppositeOutcome", "oppositeAsset", "endDate",
)  # fmt: skip


class ClosedPositions:
    """Answers /closed-positions."""

    def __init__(self, venue: Venue, positions: PositionBook) -> None:
        self._venue, self._positions = venue, positions

    async def serve(self, request: Request) -> Response:
        """Positions sold, merged or redeemed in full, those that gained most first."""
        params = Params.of(request)
        offset = params.whole("offset", 0)
        if offset > OFFSET_CAP:
            raise Refusal(400, f"max historical closed-positions offset of {OFFSET_CAP} exceeded", parameter="offset")
        wallet = read_wallet(self._venue, params.required_wallet())
        markets, title = read_markets(self._venue, params), params.text("title").lower()
        rows = [
            row for row in self._rows(-1 if wallet is None else wallet, markets) if title in str(row["title"]).lower()
        ]
        name = _SORTS[params.choice("sort_by", tuple(_SORTS), "REALIZEDPNL")]
        is_falling = params.choice("sort_direction", ("ASC", "DESC"), "DESC") == "DESC"
        rows.sort(key=lambda row: str(row["asset"]))
        rows.sort(key=lambda row: row[name], reverse=is_falling)  # type: ignore[arg-type,return-value]
        return answer(rows[offset : offset + params.whole("limit", 10, most=MOST_ROWS)])

    def _rows(self, wallet: int, markets: frozenset[int] | None) -> list[Row]:
        held = self._positions.of_wallet(wallet) if wallet >= 0 else ()
        rows: list[Row] = []
        for one in held:
            if not is_held(one) and (markets is None or one.market in markets):
                row = position_row_v1(self._venue, self._venue.world.wallets[wallet], one, is_mergeable=False)
                row["timestamp"] = one.last_at // SECOND
                rows.append({name: row[name] for name in _KEPT})
        return rows
