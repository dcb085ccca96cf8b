"""The official client, unmodified but for its addresses, reads a really started sandbox."""

from __future__ import annotations

import asyncio
import dataclasses
from decimal import Decimal

import pytest
from polymarket import AsyncPublicClient, PublicClient
from polymarket._internal.environment import get_environment_config, with_environment_config
from polymarket.environments import PRODUCTION, Environment

from copytrade_live.core.market import HOUR
from copytrade_live.sandbox.synthetic import SyntheticWorld
from tests.sandbox.running import Sandbox


def environment(url: str) -> Environment:
    """The private seam of the pinned client: production with other addresses."""
    config = dataclasses.replace(get_environment_config(PRODUCTION), clob_url=url, gamma_url=url, data_url=url)
    return with_environment_config(PRODUCTION, config=config)


@pytest.fixture
def user(synthetic: SyntheticWorld) -> str:
    return next(wallet.address for wallet in synthetic.wallets if wallet.kind == "maker")


def test_the_official_client_reads_everything_a_copier_needs(
    sandbox: Sandbox, synthetic: SyntheticWorld, user: str
) -> None:
    live = next(one for one in synthetic.markets if one.opened_at + HOUR < synthetic.start_at < one.end_at - HOUR)
    done = next(one for one in synthetic.markets if (one.resolved_at or synthetic.start_at) < synthetic.start_at)
    with PublicClient(environment=environment(sandbox.url)) as client:
        trades = [
            trade for page in client.list_trades(user=user, taker_only=False, page_size=50) for trade in page.items
        ]
        assert len(trades) == len(set(sandbox_ids(sandbox, user)))
        kinds = {
            type(one).__name__ for page in client.list_activity(user=user, full_history=True) for one in page.items
        }
        assert {"TradeActivity", "SplitActivity", "MergeActivity"} <= kinds
        assert "UnknownActivity" not in kinds
        positions = next(iter(client.list_positions(user=user))).items
        assert positions
        assert client.get_portfolio_value(user=user).value >= 0
        book = client.get_order_book(asset_id=live.token_ids[0])
        assert book.bids[-1].price < book.asks[-1].price
        assert book.tick_size == Decimal(str(live.tick_size))
        assert len(client.get_order_books(asset_ids=list(live.token_ids))) == 2
        markets = next(iter(client.list_markets(closed=False, condition_ids=[live.condition_id]))).items
        assert markets[0].outcomes.yes.token_id == live.token_ids[0]
        assert markets[0].trading.fees_enabled is live.has_fees
        assert client.get_market(slug=live.slug).id == live.market_id
        assert client.get_event(id=live.event_id).id == live.event_id
        resolution = client.get_resolutions(condition_ids=[done.condition_id])[0]
        assert resolution.payouts == tuple(Decimal(str(payout)) for payout in done.payouts or ())
        ranks = [one.rank for page in client.list_trader_leaderboard(window="all", page_size=30) for one in page.items]
        assert ranks == list(range(1, 65))


def sandbox_ids(sandbox: Sandbox, user: str) -> list[tuple[object, ...]]:
    rows = sandbox.get("/v2/trades", user=user, taker_only="false", limit=1000)["data"]
    return [(row["transaction_hash"], row["token_id"], row["size"], place) for place, row in enumerate(rows)]


def test_the_official_async_client_reads_the_same(sandbox: Sandbox, synthetic: SyntheticWorld, user: str) -> None:
    live = next(one for one in synthetic.markets if one.opened_at + HOUR < synthetic.start_at < one.end_at - HOUR)

    async def read() -> None:
        async with AsyncPublicClient(environment=environment(sandbox.url)) as client:
            page = await client.list_trades(user=user, taker_only=False).first_page()
            assert page.items[0].wallet.lower() == user
            assert (await client.get_midpoint(asset_id=live.token_ids[0])) > 0
            history = await client.get_order_book(asset_id=live.token_ids[1])
            assert history.condition_id == live.condition_id

    asyncio.run(read())
