"""Both streams of a real sandbox over real sockets, with its faults switched on."""

from __future__ import annotations

import asyncio

import httpx

from copytrade_live.core.market import MINUTE
from copytrade_live.runner.book_stream import BookStream
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking.ports import SourceName
from copytrade_live.runner.tracking.stream import StreamSource
from copytrade_live.settings import TrackerConfig
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.sockets import dialler
from tests.runner.conftest import SteppedVenue
from tests.runner.test_chain_source import START, Bench, due, keys
from tests.runner.test_stream_source import KeepersClock


def switch_on(venue: SteppedVenue, **probabilities: float) -> None:
    for name, probability in probabilities.items():
        fault = {"name": name, "probability": probability, "delay_seconds": 20, "most_in_row": 2}
        httpx.post(f"{venue.url}/admin/faults", json=fault).raise_for_status()


def test_pushed_books_are_the_listed_ones(venue: SteppedVenue):
    async def scenario() -> None:
        clock, health = KeepersClock(venue.keeper), Health()
        now = venue.keeper.now()
        markets = [one for one in venue.world.markets if one.opened_at < now < one.end_at][:3]
        tokens = [token for market in markets for token in market.token_ids]
        stream = BookStream(
            dialler(venue.url.replace("http", "ws") + "/ws/market"), clock, health, silence_seconds=1_000.0
        )
        clob = ClobApi.from_config(venue.config().venue, clock=clock)
        running = asyncio.create_task(stream.run())
        await stream.want(tokens)
        for minutes in (0, 7):
            venue.keeper.step_to(now + minutes * MINUTE)
            listed = {book.token_id: book for _, book in (await clob.books(tokens)).rows}
            async with asyncio.timeout(20):
                while any(tops(stream.book(token, 50)) != tops(listed[token]) for token in listed):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        await clob.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert listed
        assert not health.failures

    asyncio.run(scenario())


def tops(book):
    return None if book is None else (book.best_bid, book.best_ask)


def test_a_stream_that_drops_repeats_and_delays_gives_with_the_listing_each_fill_once(venue: SteppedVenue):
    begin = venue.world.start_at + START
    bench = Bench(venue, at=begin)
    switch_on(venue, frame_dropped=0.3, frame_repeated=0.5, frame_delayed=0.2, stream_dropped=0.05)

    async def scenario() -> None:
        bench.step(begin)
        config = TrackerConfig(stream_silence_seconds=1_000.0)
        stream = StreamSource(
            dialler(venue.url.replace("http", "ws") + "/"), KeepersClock(venue.keeper), config, bench.health
        )
        bench.tracker.others = (stream,)
        bench.tracker.follow(bench.wallets)
        running = asyncio.create_task(stream.run())
        async with asyncio.timeout(10):
            while stream.connection.opened == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        for now in range(begin, begin + 120 * MINUTE, 20 * MINUTE):
            bench.step(now + 20 * MINUTE)
            await asyncio.sleep(0.2)
            await bench.look(SourceName.STREAM)
            if now % 3 == 0:
                await bench.look(SourceName.POLL)
        bench.step(begin + 125 * MINUTE)
        await asyncio.sleep(0.2)
        await bench.look(SourceName.STREAM)
        await bench.look(SourceName.POLL)
        bench.step(begin + 126 * MINUTE)
        await bench.look(SourceName.POLL)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await bench.close()

    asyncio.run(scenario())
    assert keys(bench.journal) == due(venue, bench.wallets, begin, bench.clock.now() - 11_000)
    assert bench.tracker.lags.by_source[SourceName.STREAM].first > 0
