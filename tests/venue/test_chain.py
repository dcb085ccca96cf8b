from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from copytrade_live.core.market import Role, Side
from copytrade_live.errors import PayloadError, VenueRefusal, VenueUnavailable
from copytrade_live.venue.chain import ChainApi, RangeTooLarge
from copytrade_live.venue.http import VenueHttp
from copytrade_live.venue.wire_chain import ORDER_FILLED_V1, ORDER_FILLED_V2, padded, parse_chain_fill
from tests.venue.loopback import served
from tests.venue.rows_on_the_wire import TX, WALLET

EXCHANGE = "0xe111180000d2663c0091e4f400237545b87b996b"
STRANGER = "0x" + "12" * 20
TOKEN = 2**255 + 12345
Found = TypeVar("Found")


def log(
    words: tuple[int, ...] = (0, TOKEN, 1_300_000, 2_500_000, 7_000),
    taker: str = STRANGER,
    topic: str = ORDER_FILLED_V2,
    **changes: Any,
) -> dict[str, Any]:
    """An OrderFilled log as a node sends it."""
    data = "".join(f"{word:064x}" for word in (*words, 0, 0))
    return {
        "address": EXCHANGE,
        "topics": [topic, "0x" + "34" * 32, padded(WALLET), padded(taker)],
        "data": f"0x{data}",
        "blockNumber": hex(100),
        "transactionHash": TX,
        "logIndex": hex(9),
        "removed": False,
    } | changes


class Node:
    """A node that knows some logs, and answers so many blocks at once."""

    def __init__(self, logs: list[dict[str, Any]], most_blocks: int = 1000) -> None:
        self.logs, self.most_blocks = logs, most_blocks
        self.asked: list[tuple[int, int]] = []
        self.busy = 0

    async def serve(self, request: Request) -> Response:
        """One call or a list of calls."""
        calls = json.loads(await request.body())
        if isinstance(calls, list):
            return JSONResponse([self.answer(call) for call in reversed(calls)])
        return JSONResponse(self.answer(calls))

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """The answer to one call."""
        if self.busy:
            self.busy -= 1
            return self.error(call, "rate limit reached, try again")
        result: Any
        if call["method"] == "eth_blockNumber":
            result = hex(5000)
        elif call["method"] == "eth_getBlockByNumber":
            result = {"timestamp": hex(1_800_000_000 + int(call["params"][0], 16) * 2)}
        else:
            wanted = call["params"][0]
            first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
            self.asked.append((first, last))
            if last - first >= self.most_blocks:
                return self.error(call, f"block range is too wide: at most {self.most_blocks}")
            result = [one for one in self.logs if first <= int(one["blockNumber"], 16) <= last]
        return {"jsonrpc": "2.0", "id": call["id"], "result": result}

    def error(self, call: dict[str, Any], message: str) -> dict[str, Any]:
        """A call that failed."""
        return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32005, "message": message}}

    def app(self) -> Starlette:
        """The node as an application."""
        return Starlette(routes=[Route("/rpc", self.serve, methods=["POST"])])


def asking(url: str, ask: Callable[[ChainApi], Awaitable[Found]]) -> Found:
    async def run() -> Found:
        api = ChainApi(VenueHttp(f"{url}/rpc", max_attempts=2, backoff_seconds=0.01))
        try:
            return await ask(api)
        finally:
            await api.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("words", "side", "shares", "cash"),
    [
        ((0, TOKEN, 1_300_000, 2_500_000, 0), Side.BUY, 2_500_000, 1_300_000),
        ((1, TOKEN, 2_500_000, 1_300_000, 0), Side.SELL, 2_500_000, 1_300_000),
    ],
)
def test_a_buyer_gives_collateral_and_a_seller_gives_shares(
    words: tuple[int, ...], side: Side, shares: int, cash: int
) -> None:
    fill = parse_chain_fill(log(words), 1000)
    assert (fill.side, fill.token_id, fill.shares, fill.cash) == (side, str(TOKEN), shares, cash)
    assert (fill.size, fill.price) == (2.5, 0.52)


@pytest.mark.parametrize(
    ("words", "side"),
    [((0, TOKEN, 1_300_000, 2_500_000, 7), Side.BUY), ((TOKEN, 0, 2_500_000, 1_300_000, 7), Side.SELL)],
)
def test_the_first_exchange_tells_the_side_by_which_asset_is_collateral(words: tuple[int, ...], side: Side) -> None:
    fill = parse_chain_fill(log(words, topic=ORDER_FILLED_V1), 1000)
    assert (fill.side, fill.token_id, fill.shares, fill.cash, fill.fee) == (side, str(TOKEN), 2_500_000, 1_300_000, 7)


def test_whoever_meets_the_exchange_crossed_the_book() -> None:
    assert parse_chain_fill(log(taker=EXCHANGE), 1000).role is Role.TAKER
    assert parse_chain_fill(log(), 1000).role is Role.MAKER


def test_a_fill_is_named_by_its_transaction_and_log() -> None:
    fill = parse_chain_fill(log(), 1000)
    assert (fill.chain_fill_id, fill.wallet, fill.block_number) == (f"{TX}:9", WALLET, 100)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"data": "0x12"}, "data"),
        ({"topics": ["0x00"]}, "topics"),
        ({"transactionHash": None}, "transactionHash"),
        ({"logIndex": 9}, "logIndex"),
        ({"words": (2, TOKEN, 1, 1, 0)}, "data"),
    ],
)
def test_a_log_that_does_not_fit_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        parse_chain_fill(log(**changes), 1000)
    assert caught.value.field == field


def test_a_span_brings_fills_with_the_times_of_their_blocks_and_sets_bad_logs_aside() -> None:
    node = Node([log(), log(data="0x12", logIndex="0xa"), log(logIndex="0xb", removed=True)])
    with served(node.app()) as url:
        span = asking(url, lambda api: api.span([WALLET], 50, 150))
    assert [fill.event_at for fill in span.fills] == [1_800_000_200_000]
    assert (span.first_at, span.last_at) == (1_800_000_100_000, 1_800_000_300_000)
    assert [row.field for row in span.bad] == ["data"]


def test_a_range_that_is_too_large_is_told_apart_from_a_node_that_is_busy() -> None:
    node = Node([], most_blocks=10)
    with served(node.app()) as url:
        with pytest.raises(RangeTooLarge, match="block range is too wide"):
            asking(url, lambda api: api.span([WALLET], 1, 100))
        node.busy = 3
        assert asking(url, lambda api: api.head()) == 5000
        node.busy = 1000
        with pytest.raises(VenueUnavailable, match="rate limit reached"):
            asking(url, lambda api: api.head())


def test_a_method_a_node_does_not_have_is_a_refusal() -> None:
    async def refuse(request: Request) -> Response:
        return JSONResponse({"id": 0, "error": {"code": -32601, "message": "the method does not exist"}})

    app = Starlette(routes=[Route("/rpc", refuse, methods=["POST"])])
    with served(app) as url, pytest.raises(VenueRefusal, match="does not exist"):
        asking(url, lambda api: api.head())


def test_the_block_of_a_moment_is_found() -> None:
    with served(Node([]).app()) as url:
        assert asking(url, lambda api: api.block_at(1_800_000_000_000 + 2_001 * 1000, head=5000)) == 1001
