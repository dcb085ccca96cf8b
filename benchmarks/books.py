"""What pushed books cost: processor time an event at 7,000 a second, and how long a burst keeps others waiting.

The anchor is decoding the same frames and nothing else. Equality: the books at the end are those of a plain recount.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections.abc import Sequence

import msgspec

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import Book
from copytrade_live.runner.book_stream import TOKENS_A_CONNECTION, BookStream
from copytrade_live.runner.health import Health
from copytrade_live.venue.sockets import FrameSocket

TOKENS, LEVELS, EVENTS, REPEATS = TOKENS_A_CONNECTION, 40, 40_000, 5
EVENTS_A_SECOND = 7_000
# Of one core, at that rate; and how long nothing else runs while a burst of all events comes at once.
CORE_GOAL, STALL_GOAL_SECONDS = 0.5, 0.05

START = 1_785_000_000_000

Sides = tuple[dict[float, float], dict[float, float]]


class Canned:
    """A connection that says what it holds, as fast as it is heard."""

    def __init__(self, frames: Sequence[str]) -> None:
        self._frames = iter(frames)
        self.is_done = asyncio.Event()

    async def send(self, frame: str) -> None:
        """Nothing is answered."""

    async def receive(self) -> str:
        """The next frame; waits for ever after the last one."""
        frame = next(self._frames, None)
        if frame is None:
            self.is_done.set()
            await asyncio.Event().wait()
        assert frame is not None
        return frame

    async def close(self) -> None:
        """Nothing to let go of."""


def measure() -> dict[str, dict[str, float | bool | str]]:
    """Medians of interleaved runs."""
    frames, books = _day()
    bare, ours, stalls, is_equal = [], [], [], True
    for _ in range(REPEATS):
        began = time.process_time()
        for frame in frames:
            msgspec.json.decode(frame)
        bare.append((time.process_time() - began) / len(frames))
        spent, stall, told = asyncio.run(_follow(frames, list(books)))
        ours.append(spent / len(frames))
        stalls.append(stall)
        is_equal &= told == books
    value, anchor, stall = statistics.median(ours), statistics.median(bare), statistics.median(stalls)
    share = value * EVENTS_A_SECOND
    return {
        "B1.books": {
            "value": f"{value * 1e6:.1f} us an event",
            "anchor": f"{anchor * 1e6:.1f} us to decode it",
            "ratio": round(share, 4),
            "goal": f"of a core at {EVENTS_A_SECOND}/s <= {CORE_GOAL:g}",
            "holds": share <= CORE_GOAL,
            "equal": is_equal,
        },
        "B1.burst": {
            "value": f"{stall * 1e3:.1f} ms",
            "anchor": f"{EVENTS} events at once",
            "ratio": round(stall / STALL_GOAL_SECONDS, 4),
            "goal": f"others wait <= {STALL_GOAL_SECONDS * 1e3:g} ms",
            "holds": stall <= STALL_GOAL_SECONDS,
            "equal": is_equal,
        },
    }


async def _follow(frames: Sequence[str], tokens: Sequence[str]) -> tuple[float, float, dict[str, Sides]]:
    socket, stalls = Canned(frames), [0.0]

    async def dial() -> FrameSocket:
        return socket

    async def watch() -> None:
        while True:
            before = time.process_time()  # whatever else this machine does
            await asyncio.sleep(0)
            stalls.append(time.process_time() - before)

    stream = BookStream(dial, SystemClock(), Health(), silence_seconds=60.0)
    await stream.want(tokens)
    began = time.process_time()
    running, watching = asyncio.create_task(stream.run()), asyncio.create_task(watch())
    await socket.is_done.wait()
    spent = time.process_time() - began
    told = {token: _sides(stream.book(token, 10**6)) for token in tokens}
    for task in (running, watching):
        task.cancel()
    await asyncio.gather(running, watching, return_exceptions=True)
    return spent, max(stalls), told


def _sides(book: Book | None) -> Sides:
    if book is None:
        return {}, {}
    bids, asks = ({level.price: level.size for level in side} for side in (book.bids, book.asks))
    return bids, asks


def _day() -> tuple[list[str], dict[str, Sides]]:
    """A whole book of every token, then changes of one level each; and the books that this makes."""
    dice = random.Random(3)  # noqa: S311 - a world to measure in
    books: dict[str, Sides] = {str(10**60 + number): _fresh() for number in range(TOKENS)}
    frames = [_whole(token, *sides) for token, sides in books.items()]
    names = list(books)
    for number in range(EVENTS):
        token = dice.choice(names)
        bids, asks = books[token]
        is_bid = dice.random() < 0.5
        levels = bids if is_bid else asks
        price, size = dice.choice(list(levels)), round(dice.uniform(1, 900), 2)
        levels[price] = size
        frames.append(_change(token, price, size, "BUY" if is_bid else "SELL", max(bids), min(asks), number))
    return frames, books


def _fresh() -> Sides:
    bids = {round(0.49 - step / 100, 2): 100.0 for step in range(LEVELS)}
    return bids, {round(0.51 + step / 100, 2): 100.0 for step in range(LEVELS)}


def _whole(token: str, bids: dict[float, float], asks: dict[float, float]) -> str:
    sides = {
        name: [{"price": str(price), "size": str(size)} for price, size in levels.items()]
        for name, levels in (("bids", bids), ("asks", asks))
    }
    told = {"event_type": "book", "market": "0x1", "asset_id": token, "timestamp": str(START), "hash": "h"}
    return json.dumps([told | sides])


def _change(token: str, price: float, size: float, side: str, bid: float, ask: float, number: int) -> str:
    one = {"asset_id": token, "price": str(price), "size": str(size), "side": side, "hash": "h"}
    one |= {"best_bid": str(bid), "best_ask": str(ask)}
    told = {"event_type": "price_change", "market": "0x1", "timestamp": str(START + number)}
    return json.dumps(told | {"price_changes": [one]})
