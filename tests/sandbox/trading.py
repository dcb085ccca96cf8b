"""What tests that trade against a really started sandbox share: keys, money, a market, and the official clients."""

from __future__ import annotations

import dataclasses
from typing import Any

from polymarket._internal.environment import get_environment_config, with_environment_config
from polymarket.environments import PRODUCTION, Environment

from copytrade_live.core.market import HOUR
from copytrade_live.sandbox.world import World, WorldMarket
from tests.sandbox.running import Sandbox

# The publicly known keys of a local test chain; they must never hold anything real.
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
OTHER_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
OTHER_OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def trading_environment(url: str) -> Environment:
    """The private seam of the pinned client: production with other addresses."""
    config = dataclasses.replace(
        get_environment_config(PRODUCTION),
        clob_url=url,
        gamma_url=url,
        data_url=url,
        relayer_url=url,
        rpc_url=url + "/rpc",
        clob_user_ws_url=url.replace("http", "ws", 1) + "/ws/user",
        clob_market_ws_url=url.replace("http", "ws", 1) + "/ws/market",
    )
    return with_environment_config(PRODUCTION, config=config)


def fund(sandbox: Sandbox, **wish: object) -> dict[str, Any]:
    """Give a wallet money; answers how it stands."""
    answer = sandbox.http.post("/admin/fund", json=wish)
    assert answer.status_code == 200, answer.text
    stand: dict[str, Any] = answer.json()
    return stand


def step(sandbox: Sandbox, seconds: float) -> None:
    """Let a stepped world's time pass."""
    assert sandbox.http.post("/admin/step", json={"seconds": seconds}).status_code == 200


def truth(sandbox: Sandbox, part: str) -> list[dict[str, Any]]:
    """One part of what the venue holds."""
    rows: list[dict[str, Any]] = sandbox.get("/admin/truth", parts=part)[part]
    return rows


def open_market(world: World, *, neg_risk: bool = False) -> WorldMarket:
    """A market with hours to go, a book on both sides of the middle, and fees."""
    now = world.start_at
    for number, one in enumerate(world.markets):
        ladder = world.ladder(number, now) if one.opened_at + HOUR < now < one.end_at - 6 * HOUR else None
        is_middling = ladder is not None and ladder.mid is not None and 0.3 < ladder.mid < 0.7
        if is_middling and one.neg_risk is neg_risk and one.has_fees:
            return one
    raise AssertionError("the world has no such market")


def best(sandbox: Sandbox, token: str) -> tuple[float, float]:
    """Best bid and best ask as the public book shows them."""
    book = sandbox.get("/book", token_id=token)
    return float(book["bids"][-1]["price"]), float(book["asks"][-1]["price"])
