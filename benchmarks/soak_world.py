"""The venue of a soak: fills of everyone at a set rate in virtual time, told by stream, chain and listing, with faults.

The stream drops, repeats and delays frames of followed wallets, freezes behind working pings and breaks off; the node
is out of reach now and then; the listing is late. What was told is kept for a while only, so that the world does not
grow; a running sum of hashes remembers what should have become a signal.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from copytrade_live.core.market import HOUR, MINUTE, SECOND, Book, Instant, Level, Role, Side
from copytrade_live.errors import VenueUnavailable
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.venue.chain import ChainSpan
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.listing import Listing
from copytrade_live.venue.rows import FillRow, MarketRow, PositionRow, ResolutionRow, VenueFill
from copytrade_live.venue.sockets import FrameSocket
from copytrade_live.venue.wire_chain import ChainFill

MARKETS = 500
STEP_SECONDS = 0.25
LISTING_LAG: Instant = 10 * SECOND
BLOCK: Instant = 2 * SECOND
KEPT: Instant = 45 * MINUTE
FREEZE_EVERY, FREEZE_FOR = 50 * MINUTE, 4 * MINUTE
BREAK_EVERY = 17 * MINUTE
NODE_EVERY, NODE_FOR = 3 * HOUR, 6 * MINUTE
DROPPED, REPEATED, DELAYED = 0.3, 0.5, 0.05


def key_of(wallet: str, tx_hash: str, token_id: str, size: float) -> int:
    """A fill as a number that can be summed."""
    return hash((wallet, tx_hash, token_id, round(size * 1e6)))


@dataclass
class Trail:
    """Fills of a while, oldest first."""

    rows: deque[FillRow] = field(default_factory=deque)

    def add(self, row: FillRow) -> None:
        """Keep one and drop what is old."""
        self.rows.append(row)
        while self.rows[0].event_at < row.event_at - KEPT:
            self.rows.popleft()


class SoakSocket:
    """One connection to the stream."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[str | None] = asyncio.Queue()
        self.is_greeted = False
        self.is_frozen = False

    async def send(self, frame: str) -> None:
        """A greeting, which also ends a freeze, or a ping."""
        if frame == "PING":
            self.frames.put_nowait("PONG")
        else:
            self.is_greeted, self.is_frozen = True, False

    async def receive(self) -> str:
        """The next frame."""
        frame = await self.frames.get()
        if frame is None:
            raise VenueUnavailable("hung up")
        return frame

    async def close(self) -> None:
        """Hang up."""
        self.frames.put_nowait(None)


class SoakWorld:
    """Everything a runner reads, except scores and gate."""

    def __init__(self, clock: VirtualClock, *, leaders: int, fills_a_second: float, followed_share: float) -> None:
        self.clock = clock
        self.leaders = [f"0x{number:040x}" for number in range(1, leaders + 1)]
        self._dice = random.Random(11)  # noqa: S311 - a world to measure in
        self._rate, self._share = fills_a_second, followed_share
        self._trails = {wallet: Trail() for wallet in self.leaders}
        self._all = Trail()
        self._strangers = [self._frame(self._row(f"0x{n:040x}", 0)) for n in range(10**6, 10**6 + 2_000)]
        self._late: deque[tuple[Instant, str]] = deque()
        self._socket: SoakSocket | None = None
        self._started_at = clock.now()
        self.sent = 0
        self.traded = 0
        self.sum = 0

    async def run(self, seconds: float) -> None:
        """Trade for a while."""
        for _ in range(round(seconds / STEP_SECONDS)):
            await asyncio.sleep(STEP_SECONDS)
            self._step(self.clock.now())

    # --- as the stream --------------------------------------------------------------------------------------

    async def dial(self) -> FrameSocket:
        """A new connection."""
        self._socket = SoakSocket()
        return self._socket

    def _step(self, now: Instant) -> None:
        since = now - self._started_at
        socket = self._socket
        if socket is not None and since % BREAK_EVERY < STEP_SECONDS * SECOND:
            socket.frames.put_nowait(None)
        if socket is not None and since % FREEZE_EVERY < STEP_SECONDS * SECOND:
            socket.is_frozen = True
        heard = socket if socket is not None and socket.is_greeted and not socket.is_frozen else None
        while self._late and self._late[0][0] <= now:
            self._say(heard, self._late.popleft()[1])
        for _ in range(round(self._rate * STEP_SECONDS)):
            if self._dice.random() >= self._share:
                self._say(heard, self._strangers[self._dice.randrange(len(self._strangers))])
            else:
                self._trade(now, heard)

    def _trade(self, now: Instant, heard: SoakSocket | None) -> None:
        row = self._row(self._dice.choice(self.leaders), now)
        twins = 2 if self._dice.random() < 0.03 else 1
        for _ in range(twins):
            self._trails[row.wallet].add(row)
            self._all.add(row)
            self.traded += 1
            self.sum += key_of(row.wallet, row.tx_hash, row.token_id, row.size)
        if self._dice.random() < 0.5 or self._dice.random() < DROPPED:
            return  # makers' fills are not told, and some are lost
        frame = self._frame(row)
        if self._dice.random() < DELAYED:
            self._late.append((now + 20 * SECOND, frame))
            return
        self._say(heard, frame)
        if self._dice.random() < REPEATED:
            self._say(heard, frame)

    def _say(self, socket: SoakSocket | None, frame: str) -> None:
        if socket is not None:
            socket.frames.put_nowait(frame)
            self.sent += 1

    # --- as listing, node, books and markets ----------------------------------------------------------------

    async def fills(self, wallet: str, *, start: Instant | None = None) -> Listing[VenueFill]:
        """A wallet's fills, as late as a listing is."""
        await asyncio.sleep(0.05)
        until, since = self.clock.now() - LISTING_LAG, (start or 0) // SECOND * SECOND
        rows = [row for row in self._trails[wallet].rows if since <= row.event_at <= until]
        return Listing(rows=tuple(identify_fills(reversed(rows))), bad=(), is_complete=True)

    async def positions(self, wallet: str) -> Listing[PositionRow]:
        """Nothing is told of holdings."""
        return Listing(rows=(), bad=(), is_complete=True)

    async def head(self) -> int:
        """The newest block."""
        since = self.clock.now() - self._started_at
        if since % NODE_EVERY > NODE_EVERY - NODE_FOR:
            raise VenueUnavailable("the node is out of reach")
        return self.clock.now() // BLOCK - 1

    async def block_at(self, moment: Instant, *, head: int) -> int:
        """The block of a moment."""
        return min(moment // BLOCK, head)

    async def span(self, wallets: Sequence[str], first: int, last: int) -> ChainSpan:
        """The logs of some blocks."""
        await asyncio.sleep(0.05)
        wanted = set(wallets)
        logs: list[ChainFill] = []
        for row in reversed(self._all.rows):
            block = row.event_at // BLOCK
            if block < first:
                break
            if block <= last and row.wallet in wanted:
                logs.append(_log(row, block, len(logs)))
        return ChainSpan(
            first=first, last=last, first_at=first * BLOCK, last_at=last * BLOCK, fills=tuple(logs[::-1]), bad=()
        )

    async def markets_of_tokens(self, token_ids: Iterable[str]) -> Listing[MarketRow]:
        """Markets by their tokens."""
        numbers = sorted({int(token) // 2 for token in token_ids})
        return Listing(rows=tuple(map(_market, numbers)), bad=(), is_complete=True)

    async def markets(self, condition_ids: Iterable[str]) -> Listing[MarketRow]:
        """Markets by their conditions."""
        rows = tuple(_market(int(condition, 16)) for condition in condition_ids)
        return Listing(rows=rows, bad=(), is_complete=True)

    async def resolutions(self, condition_ids: Iterable[str]) -> Listing[ResolutionRow]:
        """Nothing resolves."""
        return Listing(rows=(), bad=(), is_complete=True)

    async def books(self, token_ids: Iterable[str]) -> Listing[tuple[str, Book]]:
        """The same book everywhere."""
        await asyncio.sleep(0.03)
        now = self.clock.now()
        rows = [
            (f"0x{int(token) // 2:064x}", Book(token_id=token, bids=_BIDS, asks=_ASKS, event_at=now, observed_at=now))
            for token in token_ids
        ]
        return Listing(rows=tuple(rows), bad=(), is_complete=True)

    def _row(self, wallet: str, now: Instant) -> FillRow:
        token = 2 * self._dice.randrange(MARKETS) + 2
        return FillRow(
            wallet=wallet,
            condition_id=f"0x{token // 2:064x}",
            token_id=str(token),
            outcome="Yes",
            outcome_index=0,
            side=self._dice.choice((Side.BUY, Side.BUY, Side.SELL)),
            price=0.5,
            size=round(self._dice.uniform(20, 400), 2),
            event_at=now // BLOCK * BLOCK,
            tx_hash=f"0x{self._dice.getrandbits(256):064x}",
            title="",
            slug="",
            event_slug="",
        )

    def _frame(self, row: FillRow) -> str:
        payload = {
            "asset": row.token_id,
            "conditionId": row.condition_id,
            "outcome": row.outcome,
            "outcomeIndex": 0,
            "price": row.price,
            "proxyWallet": row.wallet.upper().replace("0X", "0x"),
            "side": row.side.value,
            "size": row.size,
            "timestamp": row.event_at // SECOND,
            "transactionHash": row.tx_hash,
            "title": "x" * 300,
        }
        return json.dumps({"topic": "activity", "type": "trades", "timestamp": row.event_at, "payload": payload})


_BIDS = (Level(0.495, 40_000.0), Level(0.49, 40_000.0))
_ASKS = (Level(0.5, 40_000.0), Level(0.505, 40_000.0))


def _log(row: FillRow, block: int, number: int) -> ChainFill:
    return ChainFill(
        wallet=row.wallet,
        token_id=row.token_id,
        side=row.side,
        role=Role.MAKER,
        shares=round(row.size * 1e6),
        cash=round(row.size * row.price * 1e6),
        fee=0,
        block_number=block,
        event_at=row.event_at,
        tx_hash=row.tx_hash,
        log_index=10**6 - number,
        exchange="",
    )


def _market(number: int) -> MarketRow:
    return MarketRow(
        condition_id=f"0x{number:064x}",
        market_id=str(number),
        question="",
        slug="",
        event_id=f"e{number}",
        event_slug="",
        category="politics",
        outcomes=("Yes", "No"),
        token_ids=(str(2 * number), str(2 * number + 1)),
        tick_size=0.005,
        min_order_size=5.0,
        fee_rate=0.0,
        fee_exponent=1.0,
        neg_risk=False,
        start_at=None,
        end_at=4_000_000_000_000,
        closed=False,
        closed_at=None,
        accepting_orders=True,
        updated_at=None,
        uma_statuses=(),
        outcome_prices=(),
    )
