"""The port over the official client, against a really started sandbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest
from polymarket import AsyncSecureClient
from polymarket._internal.actions.orders.cache import AsyncOrderMetadataCache
from polymarket.errors import RequestRejectedError

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import MICRO, MINUTE, SECOND, Market, MarketStatus, Role, Side
from copytrade_live.core.orders import Order
from copytrade_live.errors import PolicyRefused, VenueError
from copytrade_live.ports import PostAccepted, PostRefused, PostStatus, RedeemFailed, TradeStatus
from copytrade_live.sandbox.world import WorldMarket
from copytrade_live.venue.trading.sdk_venue import SdkVenue
from tests.sandbox.running import Sandbox, run_server
from tests.sandbox.trading import KEY, OWNER, best, fund, open_market, step, trading_environment
from tests.worlds import default_world


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    world = default_world()
    with run_server(world, world.start_at, None) as running:
        yield running


def market_of(one: WorldMarket) -> Market:
    return Market(
        condition_id=one.condition_id,
        token_ids=one.token_ids,
        outcomes=("Yes", "No"),
        event_id="",
        category="",
        tick_size=0.01,
        min_order_size=5.0,
        fee_rate=0.0,
        fee_exponent=1.0,
        neg_risk=one.neg_risk,
        end_at=None,
        status=MarketStatus.OPEN,
        accepting_orders=True,
        observed_at=0,
    )


def order_of(token: str, market: Market, side: Side, limit: float, shares: float, number: int) -> Order:
    return Order(
        order_id=f"s{number}-1",
        root_id=f"s{number}",
        attempt=1,
        token_id=token,
        condition_id=market.condition_id,
        wallet="0x" + "1" * 40,
        side=side,
        limit=limit,
        size=round(shares * MICRO),
        anchor=limit,
        tick_size=0.01,
        fee_rate=0.0,
        fee_exponent=1.0,
        submitted_at=0,
        expires_at=15 * SECOND,
    )


def with_venue(sandbox: Sandbox, act: Callable[[SdkVenue], Awaitable[None]]) -> None:
    async def main() -> None:
        client = await AsyncSecureClient.create(
            private_key=KEY, wallet=OWNER, environment=trading_environment(sandbox.url)
        )
        async with client:
            await act(SdkVenue(client, ManualClock(sandbox.time.now())))

    asyncio.run(main())


def test_an_order_is_known_by_its_hash_before_it_is_sent_and_its_trades_cost_what_the_venue_took(
    sandbox: Sandbox,
) -> None:
    one = open_market(sandbox.world)
    market, token = market_of(one), one.token_ids[0]
    fund(sandbox, address=OWNER, cash=1000)
    since = sandbox.time.now() - MINUTE

    async def act(venue: SdkVenue) -> None:
        before = await venue.account([token])
        await venue.prepare(market, token)
        _, ask = best(sandbox, token)
        signed = await venue.sign(order_of(token, market, Side.BUY, round(ask + 0.02, 2), 37.0, 1))
        assert "signature" not in repr(signed)
        answer = await venue.post(signed)
        assert isinstance(answer, PostAccepted)
        assert (answer.venue_order_id, answer.status) == (signed.venue_order_id, PostStatus.MATCHED)
        trades = await venue.trades(after=since)
        assert {trade.venue_order_id for trade in trades} == {signed.venue_order_id}
        assert all(trade.role is Role.TAKER and trade.fee > 0 for trade in trades)
        step(sandbox, 30)
        trades = await venue.trades(after=since)
        assert {trade.status for trade in trades} == {TradeStatus.CONFIRMED}
        after = await venue.account([token])
        assert before.cash - after.cash == sum(trade.cash for trade in trades)
        assert after.holdings[token] - before.holdings[token] == sum(trade.size for trade in trades) == 37 * MICRO

    with_venue(sandbox, act)


def test_a_resting_order_is_listed_cancelled_once_and_then_gone(sandbox: Sandbox) -> None:
    one = open_market(sandbox.world)
    market, token = market_of(one), one.token_ids[1]
    fund(sandbox, address=OWNER, cash=1000)

    async def act(venue: SdkVenue) -> None:
        # Nothing was prepared: terms that are not remembered are asked for.
        assert not venue.may_sign_at_once(order_of(token, market, Side.BUY, 0.5, 10.0, 2))
        bid, _ = best(sandbox, token)
        signed = await venue.sign(order_of(token, market, Side.BUY, round(bid - 0.05, 2), 10.0, 2))
        answer = await venue.post(signed)
        assert isinstance(answer, PostAccepted)
        assert answer.status is PostStatus.LIVE
        (resting,) = await venue.open_orders()
        assert (resting.venue_order_id, resting.size, resting.matched) == (signed.venue_order_id, 10 * MICRO, 0)
        # Sending it again would be refused as a duplicate, which proves that the venue has it.
        assert isinstance(await venue.post(signed), PostAccepted)
        assert (await venue.cancel([signed.venue_order_id])).cancelled == {signed.venue_order_id}
        again = await venue.cancel([signed.venue_order_id])
        assert (again.cancelled, list(again.not_cancelled)) == (frozenset(), [signed.venue_order_id])
        assert await venue.open_orders() == []

    with_venue(sandbox, act)


def test_what_the_venue_will_not_take_is_a_refusal_with_its_code(sandbox: Sandbox) -> None:
    one = open_market(sandbox.world)
    market, token = market_of(one), one.token_ids[0]

    async def act(venue: SdkVenue) -> None:
        await venue.prepare(market, token)
        for shares, side, code in ((2.0, Side.BUY, "minimum_size"), (9_000.0, Side.SELL, "not_enough_balance")):
            answer = await venue.post(await venue.sign(order_of(token, market, side, 0.3, shares, 3)))
            assert isinstance(answer, PostRefused), answer
            assert answer.code == code

    with_venue(sandbox, act)


def test_the_venues_clock_is_read_and_a_venue_that_is_gone_is_a_venue_error(sandbox: Sandbox) -> None:
    async def act(venue: SdkVenue) -> None:
        assert abs(await venue.server_time() - sandbox.time.now()) <= 2 * SECOND
        sandbox.http.post("/admin/faults", json={"name": "server_error", "paths": ["/data/orders"], "probability": 1.0})
        with pytest.raises(VenueError, match="open orders"):
            await venue.open_orders()
        sandbox.http.delete("/admin/faults")

    with_venue(sandbox, act)


def test_the_orders_hash_is_that_of_the_reference_vectors() -> None:
    from types import SimpleNamespace

    from copytrade_live.venue.trading.order_hash import protocol_version, venue_order_id
    from tests.sandbox.running import shared

    vectors = json.loads(shared("samples", "test_vectors.json").read_text())
    for name, vector in vectors["orders"].items():
        wire = vector["order"]
        order = SimpleNamespace(
            salt=int(wire["salt"]),
            maker=wire["maker"],
            signer=wire["signer"],
            token_id=wire["tokenId"],
            maker_amount=int(wire["makerAmount"]),
            taker_amount=int(wire["takerAmount"]),
            side=("BUY", "SELL")[wire["side"]],
            signature_type=wire["signatureType"],
            timestamp=int(wire["timestamp"]),
            metadata=wire["metadata"],
            builder=wire["builder"],
        )
        exchange = vector.get("verifyingContract", "0xE111180000d2663C0091e4f400237545B87B996B")
        assert protocol_version(order.token_id) == ("3" if name == "v3" else "2")
        found = venue_order_id(order, exchange=exchange, chain_id=137)  # type: ignore[arg-type]
        assert found == vector["order_id_digest"], name


class ClientOfAGuardedKey:
    """What the official client does when the signer refuses a transaction."""

    async def redeem_positions(self, *, condition_id: str) -> object:
        raise PolicyRefused("the runner's key signs no transactions")


def test_a_payout_that_the_key_may_not_ask_for_is_left_to_others_for_good() -> None:
    venue = SdkVenue(cast("AsyncSecureClient", ClientOfAGuardedKey()), ManualClock(0))
    answer = asyncio.run(venue.redeem("0x" + "5a" * 32))
    assert answer == RedeemFailed(message="the runner's key signs no transactions", may_retry=False)


def made_and_taken() -> list[Any]:
    """A match in which we were a maker, and one in which we were the taker."""
    times = {"matched_at": datetime.fromtimestamp(0, UTC), "updated_at": datetime.fromtimestamp(0, UTC)}
    plain = {"id": "t1", "condition_id": "0xc", "side": "BUY", "status": "CONFIRMED", "transaction_hash": None, **times}
    mine = SimpleNamespace(
        maker_address="0xA", order_id="0x1", asset_id="8", side="BUY", matched_amount=Decimal(3), price=Decimal("0.5")
    )
    made = SimpleNamespace(**plain, asset_id="8", trader_side="MAKER", maker_orders=[mine])
    taken = SimpleNamespace(
        **plain,
        asset_id="9",
        trader_side="TAKER",
        maker_orders=[],
        taker_order_id="0x2",
        size=Decimal(2),
        price=Decimal("0.5"),
    )
    return [made, taken]


def test_a_market_that_is_not_told_any_more_hides_no_fill() -> None:
    client = ClientOfEndedMarkets(made_and_taken())
    venue = SdkVenue(cast("AsyncSecureClient", client), ManualClock(0))

    async def act() -> None:
        await venue.prepare(None, "9")
        client.has_ended = True
        rows = await venue.trades(after=0)
        assert [(row.venue_order_id, row.size) for row in rows] == [("0x1", 3 * MICRO), ("0x2", 2 * MICRO)]
        assert rows[1].fee == 25_000

    asyncio.run(act())


def test_a_market_that_was_never_told_to_this_run_hides_no_fill_but_its_fee() -> None:
    client = ClientOfEndedMarkets(made_and_taken())
    client.has_ended = True
    venue = SdkVenue(cast("AsyncSecureClient", client), ManualClock(0))
    made, taken = asyncio.run(venue.trades(after=0))
    assert (made.size, made.fee, made.cash) == (3 * MICRO, 0, 1_500_000)
    assert (taken.size, taken.fee, taken.cash) == (2 * MICRO, None, MICRO)
    assert (taken.charged(25_000).cash, replace(taken, side=Side.SELL).charged(25_000).cash) == (1_025_000, 975_000)


def test_only_terms_that_were_used_lately_are_remembered() -> None:
    client = ClientOfEndedMarkets()
    venue, memory = SdkVenue(cast("AsyncSecureClient", client), ManualClock(0)), client._ctx.order_metadata

    async def act() -> None:
        for token in range(1500):
            await venue.prepare(None, str(token))
            await venue.prepare(None, "7")

    asyncio.run(act())
    market = market_of(open_market(default_world()))
    known = [
        venue.may_sign_at_once(order_of(token, market, Side.BUY, 0.5, 10.0, 1)) for token in ("1499", "600", "7", "8")
    ]
    assert known == [True, True, True, False]
    assert len(memory._conditions._values) == len(memory._markets._values) == 1000


class ClientOfEndedMarkets:
    """Lists trades, and tells the terms of a market until it has ended."""

    wallet = "0xa"
    has_ended = False

    def __init__(self, trades: Sequence[Any] = ()) -> None:
        self._trades = trades
        # Terms are always too old to be trusted again.
        memory = AsyncOrderMetadataCache(clock=count(step=1000).__next__)
        self._ctx = SimpleNamespace(order_metadata=memory, clob=self)

    async def get_json(self, path: str) -> object:
        if self.has_ended:
            raise RequestRejectedError("market not found", status=404)
        token = int(path.rpartition("/")[2], 0)
        if path.startswith("/markets-by-token/"):
            return {"condition_id": f"0x{token:064x}"}
        return {"fd": {"r": 0.05, "e": 1}, "mts": 0.01, "t": [{"t": str(token)}]}

    def list_account_trades(self, *, after: str) -> Any:
        async def pages() -> Any:
            yield SimpleNamespace(items=self._trades)

        return pages()
