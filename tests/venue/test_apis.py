from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qs

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import DAY
from copytrade_live.errors import PayloadError
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.gamma import GammaApi
from copytrade_live.venue.http import VenueHttp
from copytrade_live.venue.listing import Page
from tests.venue.loopback import Script, served
from tests.venue.rows_on_the_wire import CONDITION, TOKEN, WALLET, gamma_market, v1_fill, v2_activity, v2_fill

NOW = 1_789_381_500_000
Found = TypeVar("Found")
Api = TypeVar("Api", DataApi, GammaApi, ClobApi)


def asking(api: type[Api], url: str, ask: Callable[[Api], Awaitable[Found]], pages: list[Page] | None = None) -> Found:
    async def run() -> Found:
        http = VenueHttp(url, backoff_seconds=0.01, max_attempts=2)
        client = api(http, clock=ManualClock(NOW), on_page=(pages if pages is not None else []).append)
        try:
            return await ask(client)
        finally:
            await client.close()

    return asyncio.run(run())


def envelope(rows: list[Any], cursor: str = "") -> Response:
    return JSONResponse({"data": rows, "pagination": {"has_more": bool(cursor), "next_cursor": cursor or None}})


def questions(script: Script) -> list[dict[str, list[str]]]:
    return [parse_qs(query) for query in script.asked]


def test_fills_follow_the_cursor_with_the_same_filters_and_ask_the_edge_afresh() -> None:
    script = Script(envelope([v2_fill(size=1)], "next"), envelope([v2_fill(size=2)]))
    pages: list[Page] = []
    with served(script.app()) as url:
        listing = asking(DataApi, url, lambda api: api.fills(WALLET, start=NOW - DAY), pages)
    first, second = questions(script)
    assert [fill.size for fill in listing.rows] == [1, 2]
    assert listing.is_complete
    assert second.pop("cursor") == ["next"]
    assert first == second
    assert (first["taker_only"], first["start"], first["_"]) == (["false"], ["1789295100"], [str(NOW)])
    assert [page.source for page in pages] == ["data-api", "data-api"]
    assert not any("_=" in page.request for page in pages)


def test_equal_fills_on_two_pages_are_numbered_as_one_listing() -> None:
    script = Script(envelope([v2_fill()], "next"), envelope([v2_fill()]))
    with served(script.app()) as url:
        listing = asking(DataApi, url, lambda api: api.fills(WALLET))
    assert [fill.occurrence for fill in listing.rows] == [0, 1]


def test_a_cursor_that_comes_again_ends_the_listing_with_an_error() -> None:
    with (
        served(Script(envelope([v2_fill()], "same")).app()) as url,
        pytest.raises(PayloadError, match="sent the cursor same twice"),
    ):
        asking(DataApi, url, lambda api: api.fills(WALLET))


def test_bad_rows_are_handed_back_and_the_listing_is_still_whole() -> None:
    with served(Script(envelope([v2_fill(), v2_fill(price=9)])).app()) as url:
        listing = asking(DataApi, url, lambda api: api.fills(WALLET))
    assert (len(listing.rows), [row.field for row in listing.bad], listing.is_complete) == (1, ["price"], True)


def test_a_page_that_is_no_page_leaves_the_listing_incomplete() -> None:
    script = Script(envelope([v2_fill()], "next"), JSONResponse({"surprise": True}))
    with served(script.app()) as url:
        listing = asking(DataApi, url, lambda api: api.fills(WALLET))
    assert (len(listing.rows), len(listing.bad), listing.is_complete) == (1, 1, False)


def test_activity_leaves_trades_to_the_fill_listing() -> None:
    with served(Script(envelope([v2_fill(type="TRADE"), v2_activity("REDEEM")])).app()) as url:
        listing = asking(DataApi, url, lambda api: api.activity(WALLET))
    assert [row.type for row in listing.rows] == ["REDEEM"]


def test_the_leaderboard_stops_at_its_limit_or_at_its_end() -> None:
    def rank(number: int) -> dict[str, object]:
        return {"rank": number, "user_id": f"0x{number:040x}", "pnl": 1.0, "volume": 1.0}

    script = Script(envelope([rank(1), rank(2)], "a"), envelope([rank(3)], "b"), envelope([rank(4)]))
    with served(script.app()) as url:
        assert len(asking(DataApi, url, lambda api: api.leaderboard(limit=2)).rows) == 2
        assert len(script.asked) == 1
        rest = asking(DataApi, url, lambda api: api.leaderboard())
    assert [row.rank for row in rest.rows] == [3, 4]


def test_resolutions_are_asked_twenty_conditions_at_a_time() -> None:
    script = Script(envelope([{"condition_id": CONDITION, "status": "resolved", "payouts": [0, 1_000_000]}]))
    with served(script.app()) as url:
        asking(DataApi, url, lambda api: api.resolutions(f"0x{number:064x}" for number in range(45)))
        assert [len(query["condition_id"][0].split(",")) for query in questions(script)] == [20, 20, 5]
        assert asking(DataApi, url, lambda api: api.payouts(CONDITION)) == (0.0, 1.0)


def v1_venue(history: list[dict[str, Any]], cap: int) -> tuple[Starlette, list[str]]:
    """The older API over a history, newest first: refuses offsets above its cap."""
    asked: list[str] = []

    async def trades(request: Request) -> Response:
        asked.append(str(request.url.query))
        offset, limit = int(request.query_params["offset"]), int(request.query_params["limit"])
        if offset > cap:
            return JSONResponse({"error": f"max historical trades offset of {cap} exceeded"}, status_code=400)
        end = int(request.query_params.get("end", 2**40))
        window = [row for row in history if row["timestamp"] <= end]
        return JSONResponse(window[offset : offset + limit])

    return Starlette(routes=[Route("/trades", trades)]), asked


def v1_history(fills: int, a_second: int) -> list[dict[str, Any]]:
    return [
        v1_fill(timestamp=1_789_381_477 - n // a_second, transactionHash=f"0x{n // 2:064x}", size=1 + n // 2)
        for n in range(fills)
    ]


@pytest.mark.parametrize("cap", [3000, 1000])
def test_the_offset_cap_of_v1_is_passed_by_moving_the_window(cap: int) -> None:
    app, _ = v1_venue(v1_history(9000, a_second=8), cap)
    with served(app) as url:
        listing = asking(DataApi, url, lambda api: api.fills_v1(WALLET))
    assert (len(listing.rows), listing.is_complete) == (9000, True)


def test_a_second_that_holds_more_than_the_cap_shows_marks_the_history_incomplete() -> None:
    app, asked = v1_venue(v1_history(5000, a_second=5000), 1000)
    with served(app) as url:
        listing = asking(DataApi, url, lambda api: api.fills_v1(WALLET))
    assert (len(listing.rows), listing.is_complete) == (1500, False)
    assert len(asked) < 10


def test_markets_are_asked_in_chunks_and_closed_ones_once_more() -> None:
    closed = f"0x{1:064x}"
    seen: list[tuple[int, bool]] = []

    async def keyset(request: Request) -> Response:
        wanted, is_closed = request.query_params.getlist("condition_ids"), "closed" in request.query_params
        seen.append((len(wanted), is_closed))
        found = [gamma_market(conditionId=item) for item in wanted if (item == closed) is is_closed]
        return JSONResponse({"markets": found, "next_cursor": None})

    wanted = [f"0x{number:064x}" for number in range(60)]
    with served(Starlette(routes=[Route("/markets/keyset", keyset)])) as url:
        listing = asking(GammaApi, url, lambda api: api.markets(wanted))
    assert [row.condition_id for row in listing.rows] == wanted
    assert listing.is_complete
    assert seen == [(50, False), (1, True), (10, False)]


def test_a_market_gamma_does_not_know_is_none() -> None:
    with served(Script(JSONResponse({"markets": []})).app()) as url:
        assert asking(GammaApi, url, lambda api: api.market(CONDITION)) is None
    with served(Script(JSONResponse({"markets": [gamma_market()]})).app()) as url:
        market = asking(GammaApi, url, lambda api: api.market(CONDITION))
    assert market is not None
    assert market.observed_at == NOW


def test_a_market_page_without_markets_is_a_payload_error() -> None:
    with (
        served(Script(JSONResponse({"error": "?"})).app()) as url,
        pytest.raises(PayloadError, match="markets must be"),
    ):
        asking(GammaApi, url, lambda api: api.markets([CONDITION]))


def test_books_of_many_tokens_come_with_their_conditions() -> None:
    book = {"market": CONDITION, "asset_id": TOKEN, "timestamp": "1789381499000", "bids": [], "asks": []}
    script = Script(JSONResponse([book, {"asset_id": "?"}]))
    with served(script.app()) as url:
        listing = asking(ClobApi, url, lambda api: api.books([TOKEN, "2"]))
    assert [(condition, found.token_id, found.observed_at) for condition, found in listing.rows] == [
        (CONDITION, TOKEN, NOW)
    ]
    assert len(listing.bad) == 1


def test_a_resolved_token_has_no_book() -> None:
    with served(Script(JSONResponse({"error": "No orderbook"}, status_code=404)).app()) as url:
        assert asking(ClobApi, url, lambda api: api.book(TOKEN)) is None
        assert asking(ClobApi, url, lambda api: api.midpoint(TOKEN)) is None
        assert asking(ClobApi, url, lambda api: api.clob_market(CONDITION)) is None


def test_long_price_histories_are_asked_in_spans_the_venue_accepts() -> None:
    script = Script(JSONResponse({"history": [{"t": 1_789_381_400, "p": 0.5}]}))
    with served(script.app()) as url:
        points = asking(ClobApi, url, lambda api: api.prices_history(TOKEN, start=NOW - 30 * DAY, end=NOW))
    spans = [(int(query["startTs"][0]), int(query["endTs"][0])) for query in questions(script)]
    assert len(spans) == 3
    assert all(end - start <= 14 * 86_400 for start, end in spans)
    assert (spans[0][0], spans[-1][1]) == ((NOW - 30 * DAY) // 1000, NOW // 1000)
    assert [point.mid for point in points] == [0.5]


def test_small_reads_of_the_clob() -> None:
    with served(Script(JSONResponse({"minimum_tick_size": 0.001})).app()) as url:
        assert asking(ClobApi, url, lambda api: api.tick_size(TOKEN)) == 0.001
    with served(Script(JSONResponse(1_789_381_500)).app()) as url:
        assert asking(ClobApi, url, lambda api: api.time()) == NOW
