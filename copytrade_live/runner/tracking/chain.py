"""Reading the exchanges' logs block by block: complete, a second or two late, from a node of the operator's choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from copytrade_live.clock import Clock
from copytrade_live.core.market import MINUTE, SECOND, Instant
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking.ports import ChainFeed, Sighting, SourceName
from copytrade_live.runner.tracking.tokens import TokenNames
from copytrade_live.settings import TrackerConfig
from copytrade_live.venue.chain import RangeTooLarge
from copytrade_live.venue.identity import fill_id, with_identity
from copytrade_live.venue.rows import FillRow
from copytrade_live.venue.wire_chain import ChainFill

_PART = "chain"
# Providers refuse larger filters; the answers of several calls are put together.
WALLETS_PER_CALL = 500
MOST_BLOCKS = 200
# Blocks read again with each look: their logs may have moved to another block.
REORG_BLOCKS = 12
# A node whose newest block is older than this stands still, whatever it answers.
STANDING_STILL: Instant = 30 * SECOND
# A token that nobody can name for so long is left to the listing, which names it.
_UNNAMED_FOR: Instant = 10 * MINUTE
_DECIMALS = range(2, 7)


class ChainSource:
    """Asks a node for the logs of the followed wallets, from where it was on to the head."""

    name = SourceName.CHAIN
    is_complete = True
    wake = None

    def __init__(
        self, feed: ChainFeed, tokens: TokenNames, clock: Clock, config: TrackerConfig, health: Health
    ) -> None:
        self._feed = feed
        self._tokens = tokens
        self._clock = clock
        self._config = config
        self._health = health
        self._since: dict[str, Instant] = {}
        self._from: Instant | None = None
        self._next: int | None = None
        self._step = MOST_BLOCKS
        self._covered: Instant = 0
        # The oldest instant from which on every block was read.
        self.read_from: Instant | None = None
        self._unnamed: list[tuple[Instant, ChainFill]] = []
        self.is_behind = False

    @property
    def interval_seconds(self) -> float:
        """Time between two looks."""
        return self._config.chain_interval_seconds

    def follow(self, since: Mapping[str, Instant]) -> None:
        """Follow exactly these wallets, each from an instant on."""
        earlier = min((at for wallet, at in since.items() if wallet not in self._since), default=None)
        if earlier is not None and (self._next is None or earlier < self._covered):
            # Someone new, from before where we are.
            self._from = earlier if self._from is None else min(self._from, earlier)
        self._since = dict(since)

    async def look(self) -> Sequence[Sighting]:
        """The next blocks, as many as one answer may hold; is_behind says that there are more."""
        if not self._since:
            return []
        head = await self._feed.head() - self._config.chain_confirmations
        if self._from is not None:
            start = await self._feed.block_at(self._from, head=head)
            self.read_from = self._from if self.read_from is None else min(self._from, self.read_from)
            self._next, self._from = start if self._next is None else min(self._next, start), None
        if self._next is None:
            return []
        first = max(0, self._next - REORG_BLOCKS)
        last = min(head, self._next + self._step - 1)
        if last < first:
            return []
        fills, covered = await self._read(first, last)
        self._next, self._covered = last + 1, max(self._covered, covered)
        self.is_behind = last < head
        self._health.succeeded(_PART, self._clock.now())
        return await self._named(fills)

    def covered_until(self) -> Instant:
        """The newest block read, less those that may still move; or the oldest fill that waits for its name."""
        waiting = [fill.event_at for _, fill in self._unnamed]
        return min([self._covered - 2 * REORG_BLOCKS * SECOND, *waiting]) if self._covered else 0

    def is_alive(self, now: Instant) -> bool:
        """Whether the blocks that are read are young."""
        return now - self._covered <= STANDING_STILL + self._config.chain_confirmations * 2 * SECOND

    def take_gap(self) -> bool:
        """Never: it goes on where it was."""
        return False

    def facts(self) -> dict[str, object]:
        """What an operator may want to know of it."""
        return {"next_block": self._next, "is_behind": self.is_behind, "unnamed": len(self._unnamed)}

    async def _read(self, first: int, last: int) -> tuple[list[ChainFill], Instant]:
        wallets = list(self._since)
        found: list[ChainFill] = []
        at: Instant = 0
        for place in range(0, len(wallets), WALLETS_PER_CALL):
            try:
                span = await self._feed.span(wallets[place : place + WALLETS_PER_CALL], first, last)
            except RangeTooLarge:
                self._step = max(1, self._step // 2)
                raise
            found += span.fills
            at = span.last_at
            self._health.saw_bad_rows(_PART, len(span.bad))
        self._step = min(MOST_BLOCKS, self._step + 1 + self._step // 8)
        return sorted(found, key=lambda fill: (fill.block_number, fill.log_index)), at

    async def _named(self, fills: Sequence[ChainFill]) -> list[Sighting]:
        now = self._clock.now()
        again = {fill.chain_fill_id for fill in fills}
        waiting = [*((at, fill) for at, fill in self._unnamed if fill.chain_fill_id not in again)]
        waiting += [(now, fill) for fill in fills if fill.shares > 0]
        names = await self._tokens.named({fill.token_id for _, fill in waiting})
        self._unnamed = [(at, one) for at, one in waiting if one.token_id not in names and now - at < _UNNAMED_FOR]
        named = [(_row(fill, *names[fill.token_id]), fill) for _, fill in waiting if fill.token_id in names]
        # Equal fills are numbered in the order of their logs; every look holds whole transactions.
        equals: Counter[str] = Counter()
        sightings: list[Sighting] = []
        for row, told in named:
            first_id = fill_id(row, 0)
            fill = with_identity(row, equals[first_id])
            equals[first_id] += 1
            sightings.append(Sighting(source=self.name, fill=fill, role=told.role, seen_at=now))
        return sightings


def _row(fill: ChainFill, condition_id: str, outcome: str, outcome_index: int) -> FillRow:
    return FillRow(
        wallet=fill.wallet,
        condition_id=condition_id,
        token_id=fill.token_id,
        outcome=outcome,
        outcome_index=outcome_index,
        side=fill.side,
        price=shown_price(fill.cash, fill.shares),
        size=fill.size,
        event_at=fill.event_at,
        tx_hash=fill.tx_hash,
        title="",
        slug="",
        event_slug="",
    )


def shown_price(cash: int, shares: int) -> float:
    """The price as listings show it: the shortest that gives this cash. Units: millionths."""
    exact = min(1.0, cash / shares)
    for decimals in _DECIMALS:
        price = round(exact, decimals)
        if abs(price * shares - cash) <= 1.0:
            return price
    return exact
