"""Pushed books: trusted while they agree, asked for again when they do not, read from the listing meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from copytrade_live.clock import AcceleratedClock
from copytrade_live.core.events import OperatorCommanded, Verb
from copytrade_live.core.market import Book, Level
from copytrade_live.runner.book_stream import TOKENS_A_CONNECTION, BookStream
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.health import Health
from copytrade_live.venue.listing import Listing
from tests.builders import CONDITION, NO, NOW, YES, book
from tests.runner.scripted_socket import ScriptedSocket, Switchboard


@dataclass
class Listed:
    """The listing of books, and how often it was asked for what."""

    books_now: dict[str, Book] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)

    async def books(self, token_ids: Iterable[str]) -> Listing:
        wanted = list(token_ids)
        self.asked.append(wanted)
        rows = tuple((CONDITION, self.books_now[token]) for token in wanted if token in self.books_now)
        return Listing(rows=rows, bad=(), is_complete=True)


@dataclass
class Line:
    board: Switchboard
    health: Health
    clock: AcceleratedClock
    stream: BookStream
    listed: Listed
    desk: BookDesk

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():  # noqa: ASYNC110
                await asyncio.sleep(0.002)


@asynccontextmanager
async def line(speed: float = 1.0):
    board, health, clock = Switchboard(), Health(), AcceleratedClock(NOW, speed)
    stream = BookStream(board.dial, clock, health, silence_seconds=30.0, pulse=clock)
    listed = Listed()
    running = asyncio.create_task(stream.run())
    try:
        yield Line(board, health, clock, stream, listed, BookDesk(listed, clock, health, stream))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())  # type: ignore[arg-type]


def whole(token: str = YES, at: int = NOW, bid: str = "0.49", ask: str = "0.50") -> str:
    return json.dumps(
        [
            {
                "event_type": "book",
                "market": CONDITION,
                "asset_id": token,
                "timestamp": str(at),
                "hash": "h",
                "bids": [{"price": "0.48", "size": "7"}, {"price": bid, "size": "5"}],
                "asks": [{"price": "0.52", "size": "7"}, {"price": ask, "size": "5"}],
            }
        ]
    )


def change(price: str, size: str, side: str, bid: str, ask: str, at: int = NOW + 1, token: str = YES) -> str:
    one = {"asset_id": token, "price": price, "size": size, "side": side, "best_bid": bid, "best_ask": ask, "hash": ""}
    return json.dumps({"event_type": "price_change", "market": CONDITION, "timestamp": str(at), "price_changes": [one]})


async def opened(made: Line, *tokens: str) -> ScriptedSocket:
    await made.desk.follow(tokens)
    socket = await made.board.answered(1)
    await made.until(lambda: bool(socket.sent))
    return socket


def test_a_book_follows_its_changes_best_first_on_both_sides():
    async def scenario() -> None:
        async with line() as made:
            socket = await opened(made, YES)
            assert json.loads(socket.sent[0])["assets_ids"] == [YES]
            socket.say(
                whole(), change("0.495", "3", "BUY", "0.495", "0.50"), change("0.50", "0", "SELL", "0.495", "0.52")
            )
            await made.until(lambda: (made.stream.book(YES, 5) or book()).best_ask == 0.52)
            seen = made.stream.book(YES, 5)
            assert seen is not None
            assert seen.bids == (Level(0.495, 3.0), Level(0.49, 5.0), Level(0.48, 7.0))
            assert seen.asks == (Level(0.52, 7.0),)
            assert (await made.desk.fresh([YES]))[YES].best_bid == 0.495

    run(scenario)


def test_a_dropped_change_is_noticed_and_the_listing_answers_until_a_whole_book_comes():
    async def scenario() -> None:
        async with line(speed=50.0) as made:
            socket = await opened(made, YES)
            # The change that moved the best bid to 0.48 was dropped.
            socket.say(whole(), change("0.47", "3", "BUY", "0.48", "0.50"))
            await made.until(lambda: made.stream.facts()["trusted"] == 0 and made.stream.book(YES, 5) is None)
            made.listed.books_now = {YES: book()}
            assert YES in await made.desk.fresh([YES])
            assert made.listed.asked == [[YES]]
            await made.until(lambda: made.clock.now() > NOW + 11_000)
            await made.desk.follow([YES])
            assert json.loads(socket.sent[-1])["operation"] == "subscribe"
            socket.say(whole(at=made.clock.now()))
            await made.until(lambda: made.stream.book(YES, 5) is not None)

    run(scenario)


def test_a_subscription_that_is_ignored_is_asked_again():
    async def scenario() -> None:
        async with line(speed=50.0) as made:
            socket = await opened(made, YES, NO)
            socket.say(whole(YES))
            await made.until(lambda: made.clock.now() > NOW + 11_000)
            await made.desk.follow([YES, NO])
            assert json.loads(socket.sent[-1]) == {
                "operation": "subscribe",
                "assets_ids": [NO],
                "custom_feature_enabled": False,
            }

    run(scenario)


def test_many_tokens_are_spread_over_connections_and_given_up_when_unwanted():
    async def scenario() -> None:
        async with line() as made:
            tokens = [str(number) for number in range(1, 2 * TOKENS_A_CONNECTION + 51)]
            await made.stream.want(tokens)
            await made.board.answered(3)
            sockets = made.board.sockets
            await made.until(lambda: all(socket.sent for socket in sockets))
            carried = [len(json.loads(socket.sent[0])["assets_ids"]) for socket in sockets]
            assert sorted(carried) == [50, TOKENS_A_CONNECTION, TOKENS_A_CONNECTION]
            await made.stream.want(tokens[:10])
            dropped = [json.loads(frame) for socket in sockets for frame in socket.sent[1:] if "unsub" in frame]
            assert sum(len(one["assets_ids"]) for one in dropped) == len(tokens) - 10
            assert made.stream.facts()["tokens"] == 10

    run(scenario)


def test_a_token_that_freezes_while_others_move_is_doubted_after_two_listings():
    async def scenario() -> None:
        async with line(speed=50.0) as made:
            socket = await opened(made, YES, NO)
            made.listed.books_now = {YES: book(bids=(Level(0.40, 9.0),))}
            socket.say(whole(YES), whole(NO))
            await made.until(lambda: made.stream.facts()["trusted"] == 2)
            for _ in range(2):
                start = made.clock.now()
                await made.until(lambda start=start: made.clock.now() > start + 11_000)  # type: ignore[misc]
                socket.say(whole(NO, at=made.clock.now()))
                await made.until(lambda: (made.stream.book(NO, 5) or book()).observed_at > made.clock.now() - 1_500)
                seen = await made.desk.fresh([YES])
                assert seen[YES].best_bid == 0.40
            assert made.stream.book(YES, 5) is None

    run(scenario)


def test_a_frame_that_cannot_be_read_leaves_no_book_trusted():
    async def scenario() -> None:
        async with line() as made:
            socket = await opened(made, YES)
            socket.say(whole())
            await made.until(lambda: made.stream.facts()["trusted"] == 1)
            socket.say(change("a lot", "3", "BUY", "0.495", "0.50"))
            await made.until(lambda: made.stream.facts()["trusted"] == 0)
            assert "price" in made.health.last_failure["book stream"]

    run(scenario)


def test_without_data_a_pushed_book_is_old_and_the_listing_is_asked():
    async def scenario() -> None:
        async with line(speed=50.0) as made:
            socket = await opened(made, YES)
            socket.say(whole())
            await made.until(lambda: made.stream.book(YES, 5) is not None)
            await made.until(lambda: made.clock.now() > NOW + 5_000)
            fresh = replace(book(), observed_at=made.clock.now())
            made.listed.books_now = {YES: fresh}
            assert (await made.desk.fresh([YES]))[YES] == fresh

    run(scenario)


def test_a_position_closed_by_hand_is_decided_on_with_the_next_book_although_it_stands_still() -> None:
    desk = BookDesk(Listed(), AcceleratedClock(NOW, 1.0), Health())
    seen: list[object] = []
    desk.observe_news(book(), seen.append)
    desk.observe_news(book(), seen.append)
    assert len(seen) == 1
    close = OperatorCommanded(
        event_at=NOW, observed_at=NOW, command_id="c1", verb=Verb.CLOSE_POSITION, by="op", argument=YES
    )
    desk.hear(close)
    desk.observe_news(book(), seen.append)
    desk.observe_news(book(), seen.append)
    assert len(seen) == 2
