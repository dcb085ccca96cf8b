"""The user channel over real sockets: the official async client reads it, and the raw oddities are there."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

import pytest
import websockets
from polymarket import AsyncSecureClient
from polymarket._internal.environment import get_environment_config, with_environment_config
from polymarket.errors import RequestRejectedError
from polymarket.streams import UserSpec

from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.running import Sandbox
from tests.sandbox.trading import KEY, OWNER, best, fund, open_market, trading_environment


@pytest.fixture
def trading(start_sandbox: StartSandbox) -> Sandbox:
    sandbox = start_sandbox(speed=20.0)
    fund(sandbox, address=OWNER, cash=500)
    return sandbox


def streaming(sandbox: Sandbox) -> Any:
    url = sandbox.url.replace("http", "ws")
    environment = trading_environment(sandbox.url)
    config = dataclasses.replace(
        get_environment_config(environment), clob_user_ws_url=f"{url}/ws/user", clob_market_ws_url=f"{url}/ws/market"
    )
    return with_environment_config(environment, config=config)


def test_the_official_client_hears_orders_and_every_step_of_a_trade(
    trading: Sandbox, synthetic: SyntheticWorld
) -> None:
    token = open_market(synthetic).token_ids[0]

    async def listen() -> list[tuple[str, str]]:
        async with await AsyncSecureClient.create(
            private_key=KEY, wallet=OWNER, environment=streaming(trading)
        ) as client:
            heard: list[tuple[str, str]] = []
            async with await client.subscribe(UserSpec()) as events:
                await asyncio.sleep(0.2)
                resting = await client.post_order(
                    await client.create_limit_order(asset_id=token, price=0.05, size=20, side="BUY")
                )
                await client.cancel_order(order_id=resting.order_id)
                _, ask = best(trading, token)
                order = await client.create_market_order(
                    asset_id=token, side="BUY", amount=20, max_price=round(ask + 0.02, 2)
                )
                await client.post_order(order)
                async with asyncio.timeout(20):
                    async for event in events:
                        payload = event.payload
                        kind = str(getattr(payload, "order_event_type", "TRADE"))
                        heard.append((kind, str(payload.status)))
                        if heard[-1] == ("TRADE", "CONFIRMED"):
                            return heard
        return heard

    heard = asyncio.run(listen())
    assert heard[:2] == [("PLACEMENT", "LIVE"), ("CANCELLATION", "CANCELED")]
    trades = [status for kind, status in heard if kind == "TRADE"]
    assert list(dict.fromkeys(trades)) == ["MATCHED", "MINED", "CONFIRMED"]


def test_a_killed_order_is_told_without_numbers(trading: Sandbox, synthetic: SyntheticWorld) -> None:
    market = open_market(synthetic)

    async def listen() -> dict[str, Any]:
        async with await AsyncSecureClient.create(
            private_key=KEY, wallet=OWNER, environment=streaming(trading)
        ) as client:
            keys = client.credentials
            auth = {"apiKey": keys.key, "secret": keys.secret, "passphrase": keys.passphrase}
            async with websockets.connect(trading.url.replace("http", "ws") + "/ws/user") as socket:
                await socket.send(json.dumps({"type": "user", "auth": auth, "markets": [market.condition_id]}))
                await socket.send("PING")
                assert await socket.recv() == "PONG"
                bid, _ = best(trading, market.token_ids[0])
                order = await client.create_market_order(
                    asset_id=market.token_ids[0], side="BUY", amount=400, max_price=round(bid, 2), order_type="FOK"
                )
                with pytest.raises(RequestRejectedError, match="FOK orders are fully filled or killed"):
                    await client.post_order(order)
                frame: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))
                return frame

    frame = asyncio.run(listen())
    assert (frame["event_type"], frame["type"], frame["size_matched"]) == ("order", "CANCELLATION", "")
    assert frame["status"] == "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed."


def test_a_channel_without_a_key_is_closed(trading: Sandbox) -> None:
    async def listen() -> int | None:
        async with websockets.connect(trading.url.replace("http", "ws") + "/ws/user") as socket:
            await socket.send(json.dumps({"type": "user", "auth": {"apiKey": "x", "secret": "y", "passphrase": "z"}}))
            with pytest.raises(websockets.ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 10)
            return socket.close_code

    assert asyncio.run(listen()) == 4401
