"""Who holds a market's tokens, in both generations of the data API."""

from __future__ import annotations

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.sandbox.answers import Refusal, Row, answer
from copytrade_live.sandbox.cursor import make_cursor, read_cursor
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.position_rows import position_row_v2
from copytrade_live.sandbox.positions import Position, PositionBook, is_held
from copytrade_live.sandbox.selection import read_markets
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world import WorldWallet

# The first generation shows no more of a token's holders, whatever is asked for.
MOST_V1 = 20
MOST_V2 = 1000
MOST_WITH_GAINS = 100
_FILTERS = ("condition_id", "market", "min_balance", "include_pnl")
_GAINS = (
    "avg_price", "entry_cost_usdc", "current_price", "current_value", "realized_pnl", "unrealized_pnl", "total_pnl",
)  # fmt: skip
Holding = tuple[WorldWallet, Position]


class Holders:
    """Answers /holders and /v2/holders."""

    def __init__(self, venue: Venue, positions: PositionBook) -> None:
        self._venue, self._positions = venue, positions

    async def v1(self, request: Request) -> Response:
        """The largest holders of each token of some markets."""
        params = Params.of(request)
        markets = self._markets(params)
        limit, least = params.whole("limit", MOST_V1, most=MOST_V1), params.whole("min_balance", 1)
        return answer(
            [
                {"token": token, "holders": [self._row_v1(one) for one in held[:limit]]}
                for market in markets
                for token, held in self._held(market, float(least))
                if held
            ]
        )

    async def v2(self, request: Request) -> Response:
        """Holders of each token, a page of each at a time."""
        params = Params.of(request)
        markets, with_gains = self._markets(params), bool(params.flag("include_pnl", False))
        if with_gains and len(markets) != 1:
            raise Refusal(400, "include_pnl requires exactly one condition_id", parameter="include_pnl")
        limit = params.whole("limit", 100, least=1, most=MOST_WITH_GAINS if with_gains else MOST_V2)
        filters = "&".join(f"{name}={','.join(params.many(name))}" for name in _FILTERS if params.has(name))
        place = read_cursor(params.text("cursor"), "holders", filters) if params.has("cursor") else 0
        groups = [pair for market in markets for pair in self._held(market, params.number("min_balance", 0.0))]
        has_more = any(len(held) > place + limit for _, held in groups)
        cursor = make_cursor("holders", filters, place + limit) if has_more else None
        rows: list[Row] = [
            {"token_id": token, "holders": [self._row_v2(one, with_gains) for one in held[place : place + limit]]}
            for token, held in groups
            if len(held) > place
        ]
        pagination = {"limit": limit, "offset": 0, "has_more": has_more, "next_cursor": cursor}
        return answer({"data": rows, "pagination": pagination})

    def _markets(self, params: Params) -> list[int]:
        if not params.has("market", "condition_id"):
            raise Refusal(400, "required query param 'market' not provided", parameter="condition_id")
        now = self._venue.now()
        return sorted(one for one in read_markets(self._venue, params) or () if self._venue.is_listed(one, now))

    def _held(self, market: int, least: float) -> list[tuple[str, list[Holding]]]:
        """For each outcome its holders, largest first."""
        found: tuple[list[Holding], list[Holding]] = ([], [])
        ledger, wallets = self._venue.world.ledger, self._venue.world.wallets
        # A conversion in one market of an event brings shares of the others.
        event = self._venue.by_event[self._venue.markets[market].event_id]
        for number in np.unique(ledger.wallet[np.isin(ledger.market, event)]).tolist():
            for position in self._positions.of_wallet(number):
                if position.market == market and is_held(position) and position.size >= least:
                    found[position.outcome].append((wallets[number], position))
        for held in found:
            held.sort(key=lambda one: (-one[1].size, one[0].address))
        return list(zip(self._venue.markets[market].token_ids, found, strict=True))

    def _row_v1(self, holding: Holding) -> Row:
        wallet, position = holding
        return {
            "proxyWallet": wallet.address,
            "bio": "",
            "asset": self._token(position),
            "pseudonym": wallet.pseudonym,
            "amount": round(position.size, 6),
            "displayUsernamePublic": True,
            "outcomeIndex": position.outcome,
            "name": wallet.name,
            "profileImage": "",
            "profileImageOptimized": "",
            "verified": False,
        }

    def _row_v2(self, holding: Holding, with_gains: bool) -> Row:
        wallet, position = holding
        row: Row = {
            "proxy_wallet": wallet.address,
            "bio": "",
            "token_id": self._token(position),
            "pseudonym": wallet.pseudonym,
            "amount": round(position.size, 6),
            "display_username_public": True,
            "outcome_index": position.outcome,
            "name": wallet.name,
            "profile_image": "",
            "profile_image_optimized": "",
            "verified": False,
        }
        if not with_gains:
            return row
        whole = position_row_v2(self._venue, wallet, position, is_mergeable=False)
        return row | {name: whole[name] for name in _GAINS}

    def _token(self, position: Position) -> str:
        return self._venue.markets[position.market].token_ids[position.outcome]
