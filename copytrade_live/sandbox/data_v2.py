"""The data API, second generation: envelopes and cursors."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.clock import to_iso
from copytrade_live.core.market import DAY, SECOND, Instant, MarketStatus
from copytrade_live.sandbox.answers import Refusal, Row, answer, answer_text, json_text
from copytrade_live.sandbox.cursor import make_cursor, read_cursor
from copytrade_live.sandbox.leaderboard import WINDOWS, Standing, rank_wallets
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.position_rows import position_row_v2, status_of
from copytrade_live.sandbox.positions import Position, PositionBook, is_held
from copytrade_live.sandbox.rows import SNAKE, RowWriter
from copytrade_live.sandbox.selection import (
    FOREVER,
    Question,
    read_amounts,
    read_kinds,
    read_markets,
    read_wallet,
    select,
)
from copytrade_live.sandbox.venue import Rows, Venue

THREE_YEARS: Instant = 3 * 365 * DAY
MOST_ROWS = 1000
_FILTERS = (
    "user", "market", "condition_id", "event_id", "side", "taker_only", "filter_type", "filter_amount", "start", "end",
    "type", "activity_type", "sort_direction", "exclude_deposits_withdrawals", "status", "sort_by", "title",
    "category", "time_period", "include_archived",
)  # fmt: skip
# Polygon's block at the start of 2026 and its block time: good enough for a block number nobody looks up.
_BLOCK_AT, _BLOCK, _BLOCK_MS = 1_767_225_600_000, 80_900_000, 1_500


class DataV2:
    """Answers /v2 questions."""

    def __init__(self, venue: Venue, positions: PositionBook) -> None:
        self._venue, self._positions, self._rows = venue, positions, RowWriter(venue, SNAKE)

    async def trades(self, request: Request) -> Response:
        """Fills, newest first; only the taker's unless told otherwise."""
        params = _params(request)
        cash, size = read_amounts(params, default=0.01)
        question = Question(
            wallet=read_wallet(self._venue, params.wallet()),
            markets=read_markets(self._venue, params),
            side=_side(params),
            taker_only=bool(params.flag("taker_only", True)),
            start=self._start(params),
            end=_end(params),
            least_cash=cash,
            least_size=size,
        )
        return self._page(params, "trades", question, self._rows.trades)

    async def activity(self, request: Request) -> Response:
        """Everything one wallet did."""
        params = _params(request)
        question = Question(
            wallet=read_wallet(self._venue, params.required_wallet()),
            markets=read_markets(self._venue, params),
            kinds=read_kinds(params),
            side=_side(params),
            start=self._start(params),
            end=_end(params),
        )
        params.flag("exclude_deposits_withdrawals", True)
        return self._page(params, "activity", question, self._rows.activity)

    async def positions(self, request: Request) -> Response:
        """What a wallet holds and held, most valuable first; or all holders of one market."""
        params = _params(request)
        markets = read_markets(self._venue, params)
        user = params.wallet()
        if user is None and (markets is None or len(params.many("condition_id", "market")) != 1):
            raise Refusal(400, "provide user or exactly one condition_id", parameter="user")
        wanted = params.choice("status", ("", "OPEN", "REDEEMABLE", "REDEEMABLE_LOST", "MERGEABLE", "CLOSED"), "")
        wallets = range(len(self._venue.world.wallets)) if user is None else [read_wallet(self._venue, user) or 0]
        rows = [row for wallet in wallets if wallet >= 0 for row in self._positions_of(wallet, markets, wanted)]
        key = {"TIMESTAMP": "last_event_at", "REALIZED_PNL": "realized_pnl", "TOTAL_PNL": "total_pnl",
               "UNREALIZED_PNL": "unrealized_pnl", "PRICE": "current_price", "TOKENS": "current_size"}  # fmt: skip
        name = key.get(params.text("sort_by").upper(), "current_value")
        is_ascending = params.choice("sort_direction", ("ASC", "DESC"), "DESC") == "ASC"
        rows.sort(key=lambda row: (_number(row[name]), str(row["token_id"])), reverse=not is_ascending)
        return _slice(params, "positions", rows)

    async def value(self, request: Request) -> Response:
        """What a wallet's open positions are worth."""
        wallet = _params(request).required_wallet()
        return answer(
            {"data": {"proxy_wallet": wallet, "value": portfolio_value(self._venue, self._positions, wallet)}}
        )

    async def resolutions(self, request: Request) -> Response:
        """Where markets stand on their way to a payout."""
        params = _params(request)
        questions = {market.question_id: number for number, market in enumerate(self._venue.markets)}
        named = [questions[name] for name in params.many("question_id") if name in questions]
        markets = sorted({*(read_markets(self._venue, params) or ()), *named})
        if not params.has("condition_id", "event_id", "question_id", "market"):
            raise Refusal(400, "provide condition_id, event_id or question_id", parameter="condition_id")
        now = self._venue.now()
        listed = [number for number in markets if self._venue.is_listed(number, now)]
        return answer({"data": [resolution_row(self._venue, number) for number in listed]})

    async def leaderboard(self, request: Request) -> Response:
        """All wallets ranked, or one wallet's standing."""
        params = _params(request)
        window = params.choice("time_period", tuple(WINDOWS), "day")
        by_volume = params.choice("sort_by", ("PNL", "VOLUME"), "PNL") == "VOLUME"
        category = params.text("category", "overall").lower()
        user = params.wallet()
        if user is not None:
            return answer({"data": self._standing(user, window, category)})
        ranked = rank_wallets(self._venue, window=window, category=category, by_volume=by_volume)
        rows = [{"rank": place + 1, **_standing_row(one)} for place, one in enumerate(ranked)]
        return _slice(params, "leaderboard", rows)

    def _standing(self, user: str, window: str, category: str) -> Row | None:
        places: dict[str, int] = {}
        found: Standing | None = None
        for name, by_volume in (("rank_pnl", False), ("rank_volume", True)):
            ranked = rank_wallets(self._venue, window=window, category=category, by_volume=by_volume)
            place = next((place for place, one in enumerate(ranked) if one.wallet.address == user), None)
            if place is not None:
                places[name], found = place + 1, ranked[place]
        return None if found is None else {**_standing_row(found), **places}

    def _start(self, params: Params) -> int:
        start = params.seconds("start")
        if start is not None:
            return start
        return max(self._venue.now() - THREE_YEARS, 0) // SECOND if params.has("user") else 0

    def _page(self, params: Params, kind: str, question: Question, write: Callable[[Rows], str]) -> Response:
        limit, filters = page_limit(params), filters_of(params)
        is_ascending = params.choice("sort_direction", ("ASC", "DESC"), "DESC") == "ASC"
        rows = select(self._venue, question)
        if params.has("cursor"):
            place = read_cursor(params.text("cursor"), kind, filters)
            rows = rows[rows > place] if is_ascending else rows[rows < place]
        page = rows[:limit] if is_ascending else rows[::-1][:limit]
        cursor = make_cursor(kind, filters, int(page[-1])) if len(rows) > limit else None
        return answer_text(f'{{"data":{write(page)},"pagination":{json_text(pagination(limit, cursor))}}}')

    def _positions_of(self, wallet: int, markets: frozenset[int] | None, wanted: str) -> list[Row]:
        held = self._positions.of_wallet(wallet)
        pairs = mergeable_markets(self._venue, held)
        rows: list[Row] = []
        for position in held:
            if markets is not None and position.market not in markets:
                continue
            if is_wanted(self._venue, position, wanted, is_mergeable=position.market in pairs):
                is_mergeable = position.market in pairs and is_held(position)
                trader = self._venue.world.wallets[wallet]
                rows.append(position_row_v2(self._venue, trader, position, is_mergeable=is_mergeable))
        return rows


def resolution_row(venue: Venue, number: int) -> Row:
    """A row of /v2/resolutions."""
    market, now = venue.markets[number], venue.now()
    status = {
        MarketStatus.OPEN: "initialized",
        MarketStatus.CLOSED: "initialized",
        MarketStatus.PROPOSED: "proposed",
        MarketStatus.DISPUTED: "disputed",
        MarketStatus.RESOLVED: "resolved",
    }[market.status(now)]
    moments = (market.opened_at, market.proposed_at, market.disputed_at, market.resolved_at)
    latest = max(moment for moment in moments if moment is not None and moment <= now)
    row: Row = {
        "condition_id": market.condition_id,
        "status": status,
        "extended_review": False,
        "was_disputed": market.disputed_at is not None and now >= market.disputed_at,
        "new_version_q": False,
        "transaction_hash": "",
        "log_index": "",
        "last_update_timestamp": _iso_seconds(latest),
    }
    payouts = market.final_payouts(now)
    if payouts is None or market.resolved_at is None:
        if status == "proposed" and market.resolved_at is not None:
            row["expected_settlement_time"] = _iso_seconds((market.proposed_at or now) + 2 * 3600 * SECOND)
        return row
    return row | {
        "payouts": [round(payout * 1_000_000) for payout in payouts],
        "resolution_source": "reported",
        "was_arbitrated": False,
        "resolved_block": _BLOCK + (market.resolved_at - _BLOCK_AT) // _BLOCK_MS,
        "resolved_at": _iso_seconds(market.resolved_at),
    }


def portfolio_value(venue: Venue, positions: PositionBook, wallet: str) -> float:
    """Worth of everything a wallet still holds, in collateral."""
    number, now = venue.by_wallet.get(wallet), venue.now()
    held = positions.of_wallet(number) if number is not None else ()
    return round(sum(one.size * venue.price(one.market, one.outcome, now) for one in held if is_held(one)), 4)


def mergeable_markets(venue: Venue, held: tuple[Position, ...]) -> set[int]:
    """Unresolved markets of which both outcomes are held."""
    now = venue.now()
    live = [one.market for one in held if is_held(one) and venue.markets[one.market].final_payouts(now) is None]
    return {market for market in live if live.count(market) == 2}


def is_wanted(venue: Venue, position: Position, wanted: str, *, is_mergeable: bool) -> bool:
    """Whether a position is of the status asked for; every one is when none was."""
    now = venue.now()
    status = status_of(venue, position, now)
    if wanted == "REDEEMABLE_LOST":
        return status == "REDEEMABLE" and venue.price(position.market, position.outcome, now) == 0.0
    if wanted == "MERGEABLE":
        return status == "OPEN" and is_mergeable
    return not wanted or status == wanted


def _standing_row(one: Standing) -> Row:
    return {
        "user_id": one.wallet.address,
        "pnl": one.gain,
        "volume": one.shares,
        "user_name": one.wallet.name,
        "profile_image": "",
        "x_username": "",
        "verified": False,
    }


def _params(request: Request) -> Params:
    params = Params.of(request)
    if params.has("offset"):
        raise Refusal(400, "offset is not supported; page with cursor", parameter="offset")
    return params


def _slice(params: Params, kind: str, rows: list[Row]) -> Response:
    limit, filters = page_limit(params), filters_of(params)
    place = read_cursor(params.text("cursor"), kind, filters) if params.has("cursor") else 0
    cursor = make_cursor(kind, filters, place + limit) if len(rows) > place + limit else None
    return answer({"data": rows[place : place + limit], "pagination": pagination(limit, cursor)})


def pagination(limit: int, cursor: str | None) -> Row:
    """The second part of every page."""
    return {"limit": limit, "offset": 0, "has_more": cursor is not None, "next_cursor": cursor}


def page_limit(params: Params) -> int:
    """How many rows a page may have."""
    return params.whole("limit", 100, least=1, most=MOST_ROWS)


def filters_of(params: Params) -> str:
    """What a cursor belongs to."""
    return "&".join(f"{name}={','.join(params.many(name))}" for name in _FILTERS if params.has(name))


def _side(params: Params) -> str:
    return params.choice("side", ("", "BUY", "SELL"), "")


def _end(params: Params) -> int:
    end = params.seconds("end")
    return FOREVER if end is None else end


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _iso_seconds(at: Instant) -> str:
    return to_iso(at)[:19] + "Z"
