"""The data API, first generation: bare arrays and offsets."""

from __future__ import annotations

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.sandbox.answers import Refusal, answer, answer_text
from copytrade_live.sandbox.data_v2 import mergeable_markets, portfolio_value
from copytrade_live.sandbox.leaderboard import rank_wallets
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.position_rows import position_row_v1
from copytrade_live.sandbox.positions import PositionBook, is_held
from copytrade_live.sandbox.rows import CAMEL, RowWriter
from copytrade_live.sandbox.selection import (
    FOREVER,
    Question,
    read_amounts,
    read_kinds,
    read_markets,
    read_wallet,
    select,
)
from copytrade_live.sandbox.venue import Venue

MOST_ROWS = 500
POSITIONS_OFFSET_CAP = 10_000
_WINDOWS = {"DAY": "day", "WEEK": "week", "MONTH": "month", "ALL": "all"}


class DataV1:
    """Answers the data API's first-generation questions."""

    def __init__(self, venue: Venue, positions: PositionBook) -> None:
        self._venue, self._positions, self._rows = venue, positions, RowWriter(venue, CAMEL)

    async def trades(self, request: Request) -> Response:
        """Fills, newest first; only the taker's unless told otherwise, no time filter without a user."""
        params = Params.of(request)
        offset = _offset(params, self._venue.options.trades_offset_cap, "trades")
        user = params.wallet()
        cash, size = read_amounts(params, default=0.0)
        question = Question(
            wallet=read_wallet(self._venue, user),
            markets=read_markets(self._venue, params),
            side=params.choice("side", ("", "BUY", "SELL"), ""),
            taker_only=bool(params.flag("taker_only", True)),
            start=(params.seconds("start") or 0) if user else 0,
            end=_end(params) if user else FOREVER,
            least_cash=cash,
            least_size=size,
        )
        rows = select(self._venue, question)[::-1][offset : offset + _limit(params)]
        return answer_text(self._rows.trades(rows))

    async def activity(self, request: Request) -> Response:
        """Everything one wallet did."""
        params = Params.of(request)
        offset = _offset(params, self._venue.options.activity_offset_cap, "activity")
        question = Question(
            wallet=read_wallet(self._venue, params.required_wallet()),
            markets=read_markets(self._venue, params),
            kinds=read_kinds(params),
            side=params.choice("side", ("", "BUY", "SELL"), ""),
            start=params.seconds("start") or 0,
            end=_end(params),
        )
        rows = select(self._venue, question)
        ledger = self._venue.world.ledger
        keys = {"TIMESTAMP": None, "TOKENS": ledger.size, "CASH": ledger.cash}
        key = keys[params.choice("sort_by", tuple(keys), "TIMESTAMP")]
        if key is not None:
            rows = rows[np.argsort(key[rows], kind="stable")]
        if params.choice("sort_direction", ("ASC", "DESC"), "DESC") == "DESC":
            rows = rows[::-1]
        return answer_text(self._rows.activity(rows[offset : offset + _limit(params)]))

    async def positions(self, request: Request) -> Response:
        """What a wallet holds, most valuable first; positions of one share or less only when asked for."""
        params = Params.of(request)
        offset = _offset(params, POSITIONS_OFFSET_CAP, "positions")
        wallet = read_wallet(self._venue, params.required_wallet())
        markets = read_markets(self._venue, params)
        least = params.number("size_threshold", 1.0)
        held = self._positions.of_wallet(wallet) if wallet is not None and wallet >= 0 else ()
        pairs = mergeable_markets(self._venue, held)
        rows = [
            position_row_v1(self._venue, self._venue.world.wallets[wallet or 0], one, is_mergeable=one.market in pairs)
            for one in held
            if is_held(one) and one.size >= least and (markets is None or one.market in markets)
        ]
        for name in ("redeemable", "mergeable"):
            wanted = params.flag(name, None)
            rows = [row for row in rows if wanted is None or row[name] is wanted]
        rows.sort(key=lambda row: (-float(str(row["currentValue"])), str(row["asset"])))
        return answer(rows[offset : offset + _limit(params)])

    async def value(self, request: Request) -> Response:
        """What a wallet's open positions are worth."""
        wallet = Params.of(request).required_wallet()
        return answer([{"user": wallet, "value": portfolio_value(self._venue, self._positions, wallet)}])

    async def leaderboard(self, request: Request) -> Response:
        """All wallets ranked; rank is a string here."""
        params = Params.of(request)
        window = _WINDOWS[params.choice("time_period", tuple(_WINDOWS), "DAY")]
        by_volume = params.choice("order_by", ("PNL", "VOL"), "PNL") == "VOL"
        category = params.text("category", "overall").lower()
        ranked = rank_wallets(self._venue, window=window, category=category, by_volume=by_volume)
        rows = [
            {
                "rank": str(place + 1),
                "proxyWallet": one.wallet.address,
                "userName": one.wallet.name,
                "xUsername": "",
                "verifiedBadge": False,
                "vol": one.notional,
                "pnl": one.gain,
                "profileImage": "",
            }
            for place, one in enumerate(ranked)
        ]
        user = params.wallet()
        rows = [row for row in rows if user is None or row["proxyWallet"] == user]
        offset, limit = params.whole("offset", 0), params.whole("limit", 25, least=1, most=50)
        return answer(rows[offset : offset + limit])


def _offset(params: Params, cap: int, what: str) -> int:
    offset = params.whole("offset", 0)
    if offset > cap:
        raise Refusal(400, f"max historical {what} offset of {cap} exceeded", parameter="offset")
    return offset


def _limit(params: Params) -> int:
    return params.whole("limit", 100, most=MOST_ROWS)


def _end(params: Params) -> int:
    end = params.seconds("end")
    return FOREVER if end is None else end
