"""The market channel over real sockets: books kept by its frames are the listed ones; the official client reads it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import websockets
from polymarket import AsyncPublicClient, SecureClient
from polymarket.streams import MarketSpec

from copytrade_live.core.market import HOUR, MINUTE
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.venue.wire_clob import parse_book
from copytrade_live.venue.wire_market import (
    LiveBook,
    changes_by_token,
    messages_of,
    opening,
    subscribing,
    unsubscribing,
)
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.test_user_stream import streaming
from tests.sandbox.trading import KEY, OWNER, best, fund, open_market, step, trading_environment

Talk = Callable[[Any], Awaitable[None]]


def talk(sandbox: Sandbox, conversation: Talk) -> None:
    async def connect() -> None:
        async with websockets.connect(sandbox.url.replace("http", "ws") + "/ws/market") as socket:
            await conversation(socket)

    asyncio.run(connect())


async def receive(socket: Any, seconds: float = 0.4) -> list[dict[str, Any]]:
    """Everything that comes until there is silence."""
    messages: list[dict[str, Any]] = []
    while True:
        try:
            messages += [dict(one) for one in messages_of(await asyncio.wait_for(socket.recv(), seconds))]
        except TimeoutError:
            return messages


def test_books_kept_by_frames_are_the_listed_ones(start_sandbox: StartSandbox, synthetic: SyntheticWorld) -> None:
    sandbox = start_sandbox()
    market = open_market(synthetic)
    fund(sandbox, address=OWNER, cash=500)
    books = {token: LiveBook(token) for token in market.token_ids}

    def take(messages: list[dict[str, Any]]) -> Counter[str]:
        for message in messages:
            if message["event_type"] == "book":
                books[message["asset_id"]].replace(message)
            elif message["event_type"] == "price_change":
                for token, changes in changes_by_token(message).items():
                    books[token].change(changes, int(message["timestamp"]))
        return Counter(message["event_type"] for message in messages)

    def agree() -> bool:
        return all(
            live.is_trusted
            and live.as_book(0, 99).bids == parse_book(sandbox.get("/book", token_id=token), 0).bids
            and live.as_book(0, 99).asks == parse_book(sandbox.get("/book", token_id=token), 0).asks
            for token, live in books.items()
        )

    async def conversation(socket: Any) -> None:
        await socket.send(opening(market.token_ids))
        assert take(await receive(socket)) == {"book": 2}
        assert agree()
        for _ in range(3):
            step(sandbox, 21)
            assert take(await receive(socket))["price_change"] >= 1
            assert agree()
        with SecureClient.create(private_key=KEY, wallet=OWNER, environment=trading_environment(sandbox.url)) as client:
            _, ask = best(sandbox, market.token_ids[0])
            client.post_order(
                client.create_market_order(asset_id=market.token_ids[0], side="BUY", amount=20, max_price=ask)
            )
            client.post_order(client.create_limit_order(asset_id=market.token_ids[1], price=0.05, size=20, side="BUY"))
            step(sandbox, 0.5)
            heard = take(await receive(socket))
            assert heard["last_trade_price"] == 1
            assert agree()
        await socket.send("PING")
        assert await socket.recv() == "PONG"
        await socket.send(unsubscribing(market.token_ids))
        step(sandbox, 60)
        assert await receive(socket) == []
        await socket.send(subscribing(market.token_ids[:1]))
        assert take(await receive(socket)) == {"book": 1}

    talk(sandbox, conversation)


def test_what_needs_asking_for_comes_only_to_who_asks(start_sandbox: StartSandbox, synthetic: SyntheticWorld) -> None:
    market = next(
        one
        for one in synthetic.markets
        if one.opened_at < synthetic.start_at < one.end_at and one.resolved_at is not None and one.resolved_at
    )
    assert market.resolved_at is not None
    wanted = {"type": "market", "assets_ids": list(market.token_ids), "custom_feature_enabled": True}
    for custom in (True, False):
        sandbox = start_sandbox(at=market.resolved_at - MINUTE)

        async def conversation(socket: Any, custom: bool = custom, sandbox: Sandbox = sandbox) -> None:
            await socket.send(json.dumps(wanted | {"custom_feature_enabled": custom}))
            await receive(socket)
            step(sandbox, 5 * HOUR / 1000)
            heard = await receive(socket)
            ends = [one for one in heard if one["event_type"] == "market_resolved"]
            assert [one["market"] for one in ends] == ([market.condition_id] if custom else [])
            assert any(one["event_type"] == "new_market" for one in heard) is custom

        talk(sandbox, conversation)


def test_the_official_client_reads_books_changes_and_trades(
    start_sandbox: StartSandbox, synthetic: SyntheticWorld
) -> None:
    sandbox = start_sandbox(speed=120.0)
    market = open_market(synthetic)

    async def listen() -> set[str]:
        async with AsyncPublicClient(environment=streaming(sandbox)) as client:
            spec = MarketSpec(asset_ids=list(market.token_ids), custom_feature_enabled=True)
            kinds: set[str] = set()
            async with await client.subscribe(spec) as events, asyncio.timeout(30):
                async for event in events:
                    kinds.add(event.type)
                    if {"book", "price_change", "best_bid_ask"} <= kinds:
                        return kinds
        return kinds

    assert {"book", "price_change", "best_bid_ask"} <= asyncio.run(listen())
