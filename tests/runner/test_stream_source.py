"""The activity stream: silence noticed, repeats folded, what it misses asked for elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from copytrade_live.clock import AcceleratedClock
from copytrade_live.core.market import MINUTE
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking import stream as stream_module
from copytrade_live.runner.tracking.holdings import LeaderHoldings
from copytrade_live.runner.tracking.polling import PollSource
from copytrade_live.runner.tracking.stream import StreamSource
from copytrade_live.runner.tracking.tracker import Tracker
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.settings import TrackerConfig
from copytrade_live.venue.sockets import dialler, dialler_beside
from tests.builders import NOW, OTHER_WALLET, WALLET
from tests.runner.conftest import SteppedVenue
from tests.runner.scripted_socket import Switchboard, frame_of
from tests.runner.test_chain_source import due
from tests.runner.test_tracker import ScriptedFeed, row

TX = "0x" + "4e" * 32
CONFIG = TrackerConfig(leaders=(WALLET,), follow_top=0, stream_silence_seconds=10)
FRAME = frame_of(row(NOW, tx=TX))
STRANGE = frame_of(row(NOW, tx=TX, wallet=OTHER_WALLET))
SPEED = 100.0


@dataclass
class Line:
    board: Switchboard
    health: Health
    clock: AcceleratedClock
    source: StreamSource

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():  # noqa: ASYNC110
                await asyncio.sleep(0.002)


@asynccontextmanager
async def line(board: Switchboard | None = None):
    made = Line(board or Switchboard(), Health(), AcceleratedClock(NOW, SPEED), None)  # type: ignore[arg-type]
    made.source = StreamSource(made.board.dial, made.clock, CONFIG, made.health, made.clock)
    made.source.follow({WALLET: NOW})
    running = asyncio.create_task(made.source.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())  # type: ignore[arg-type]


def test_a_fill_of_a_followed_wallet_wakes_and_others_do_not():
    async def scenario() -> None:
        async with line() as made:
            socket = await made.board.answered(1)
            socket.say("", "PONG", "not json", STRANGE, FRAME, frame_of(row(NOW, tx=TX), "orders_matched"))
            await asyncio.wait_for(made.source.wake(), 5)
            await made.until(lambda: made.source.frames == 3)
            told = await made.source.look()
            assert [one.fill.wallet for one in told] == [WALLET, WALLET]
            assert len({one.fill.fill_id for one in told}) == 1
            assert made.source.is_alive(made.clock.now())
            assert all("subscribe" in frame for frame in socket.sent[:2])

    run(scenario)


def test_silence_is_greeted_again_and_then_given_up_though_the_peer_answers_pings():
    async def scenario() -> None:
        async with line() as made:
            socket = await made.board.answered(1)
            socket.say(STRANGE)
            await made.until(lambda: "PING" in socket.sent)
            socket.say("PONG")
            await made.board.answered(2)
            assert made.source.connection.greeted_again >= 1
            assert made.source.connection.given_up == 1
            assert len([frame for frame in socket.sent if "subscribe" in frame]) == 4
            assert made.source.take_gap()
            assert not made.source.take_gap()
            assert not made.source.is_alive(made.clock.now())
            assert "no data came" in made.health.last_failure["stream"]
            (await made.board.answered(2)).say(STRANGE)
            await made.until(lambda: "stream" not in made.health.last_failure)

    run(scenario)


def test_a_world_in_which_nothing_happens_is_called_up_less_and_less():
    async def scenario() -> None:
        async with line() as made:
            started = made.clock.now()
            await made.board.answered(4)
            # 10, 20 and 40 seconds of patience, and the pauses between.
            assert made.clock.now() - started > 60_000

    run(scenario)


def test_a_connection_that_breaks_or_cannot_be_made_is_made_again():
    async def scenario() -> None:
        async with line(Switchboard(failures=2)) as made:
            (await made.board.answered(1)).break_off()
            (await made.board.answered(2)).say(FRAME)
            await asyncio.wait_for(made.source.wake(), 5)
            assert made.health.failures["stream"] >= 3

    run(scenario)


def test_frames_that_changed_their_shape_are_no_data_and_leave_the_stream_dead():
    async def scenario() -> None:
        async with line() as made:
            socket = await made.board.answered(1)
            for _ in range(5):
                socket.say(FRAME.replace("proxyWallet", "wallet"), frame_of(row(NOW, tx=TX), price="a lot"))
            await made.until(lambda: made.source.unreadable == 5)
            assert not made.source.is_alive(made.clock.now())
            assert list(await made.source.look()) == []
            assert "price" in made.health.last_failure["stream"]

    run(scenario)


def test_a_flood_drops_the_oldest_counts_them_and_asks_the_others(monkeypatch):
    monkeypatch.setattr(stream_module, "MOST_WAITING", 3)

    async def scenario() -> None:
        async with line() as made:
            (await made.board.answered(1)).say(*[frame_of(row(NOW, tx=TX, size=float(n))) for n in range(1, 9)])
            await made.until(lambda: made.source.frames == 8)
            assert [one.fill.size for one in await made.source.look()] == [6.0, 7.0, 8.0]
            assert made.source.overflowed == 5
            assert made.source.take_gap()

    run(scenario)


def test_after_a_gap_every_listing_is_looked_at_at_once():
    async def scenario() -> None:
        async with line() as made:
            config = replace_round(CONFIG)
            feed = ScriptedFeed()
            poll = PollSource(feed, made.clock, config, made.health, requests_per_second=100.0)
            holdings = LeaderHoldings(feed, made.clock, made.health, set)
            tracker = Tracker(poll, [made.source], holdings, made.clock, config, made.health)
            tracker.follow([WALLET])
            await tracker.look(poll)
            await tracker.look(poll)
            assert len(feed.starts) == 1
            (await made.board.answered(1)).break_off()
            await made.board.answered(2)
            await tracker.look(made.source)
            await tracker.look(poll)
            assert len(feed.starts) == 2

    run(scenario)


def replace_round(config: TrackerConfig) -> TrackerConfig:
    return config.model_copy(update={"poll_interval_seconds": 100_000.0})


def test_a_stream_never_leads_away_from_a_sandbox():
    assert dialler_beside("wss://elsewhere.example", "http://127.0.0.1:8900") is None
    assert dialler_beside("", "https://data.example") is None
    assert dialler_beside("ws://127.0.0.1:1/", "http://127.0.0.1:8900") is not None


def test_takers_fills_of_a_real_sandbox_arrive_over_a_real_socket(venue: SteppedVenue):
    async def scenario() -> None:
        world, health = venue.world, Health()
        wallets = [one.address for one in world.wallets]
        begin = venue.keeper.now()
        clock = KeepersClock(venue.keeper)
        source = StreamSource(dialler(venue.url.replace("http", "ws") + "/"), clock, CONFIG, health)
        source.follow(dict.fromkeys(wallets, 0))
        running = asyncio.create_task(source.run())
        async with asyncio.timeout(30):
            while source.connection.opened == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            venue.keeper.step_to(begin + 60 * MINUTE)
            await source.wake()
            await asyncio.sleep(0.5)
        told = {(one.fill.wallet, one.fill.tx_hash, one.fill.token_id, one.fill.size) for one in await source.look()}
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert told
        assert told <= set(due(venue, wallets, begin - 1000, begin + 60 * MINUTE))

    run(scenario)


@dataclass
class KeepersClock:
    """The stepped world's time; waiting is real."""

    keeper: TimeKeeper

    def now(self) -> int:
        return self.keeper.now()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def test_silence_is_counted_in_real_time_however_fast_the_world_runs():
    async def scenario() -> None:
        board, health, clock = Switchboard(), Health(), AcceleratedClock(NOW, 1_000.0)
        source = StreamSource(board.dial, clock, CONFIG, health)
        running = asyncio.create_task(source.run())
        try:
            (await board.answered(1)).say(STRANGE)
            await asyncio.sleep(0.3)  # five minutes of the world
            assert source.is_alive(clock.now())
            assert (source.connection.opened, source.connection.greeted_again) == (1, 0)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    run(scenario)
