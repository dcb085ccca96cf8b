"""Listening to the activity stream: takers' fills a second after the match, as long as it lasts.

The stream tells of everyone; frames of wallets we do not follow are dropped before they are read. Equal frames are one
fill: both kinds of frame tell of the same fill, and repeats are common. What was missed while it was silent, or when
more came than the queue holds, the complete sources tell; they are asked to hurry.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence

from copytrade_live.clock import Clock, Pulse
from copytrade_live.core.market import Instant, Role
from copytrade_live.errors import PayloadError
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking.connection import Connection
from copytrade_live.runner.tracking.ports import Sighting, SourceName
from copytrade_live.settings import TrackerConfig
from copytrade_live.venue.identity import with_identity
from copytrade_live.venue.sockets import Dial
from copytrade_live.venue.wire_activity import parse_activity_frame, subscriptions, wallet_of

_PART = "stream"
_PING_SECONDS = 5.0
# Fills of followed wallets that wait to be answered; beyond that the oldest go, and are told by the others.
MOST_WAITING = 10_000


class StreamSource:
    """What the stream tells of followed wallets."""

    name = SourceName.STREAM
    is_complete = False
    interval_seconds = 0.0

    def __init__(
        self, dial: Dial, clock: Clock, config: TrackerConfig, health: Health, pulse: Pulse | None = None
    ) -> None:
        self._clock = clock
        self._health = health
        self._since: frozenset[str] = frozenset()
        self._waiting: deque[Sighting] = deque()
        self._arrived = asyncio.Event()
        self._has_gap = False
        self.frames = 0
        self.unreadable = 0
        self.overflowed = 0
        self.connection = Connection(
            _PART,
            dial,
            self,
            clock,
            health,
            ping_seconds=_PING_SECONDS,
            silence_seconds=config.stream_silence_seconds,
            pulse=pulse,
        )

    async def run(self) -> None:
        """Stay connected; run this as a task."""
        await self.connection.run()

    async def wake(self) -> None:
        """Wait until there is something to look at."""
        await self._arrived.wait()

    # --- as a source ----------------------------------------------------------------------------------------

    def follow(self, since: Mapping[str, Instant]) -> None:
        """Follow exactly these wallets."""
        self._since = frozenset(since)

    async def look(self) -> Sequence[Sighting]:
        """What came since the last look."""
        self._arrived.clear()
        told = list(self._waiting)
        self._waiting.clear()
        return told

    def covered_until(self) -> Instant:
        """Nothing: makers' fills are not told."""
        return 0

    def is_alive(self, now: Instant) -> bool:
        """Whether fills of anyone came lately."""
        return self.connection.is_alive()

    def take_gap(self) -> bool:
        """Whether something may have been missed since this was last asked."""
        had_gap, self._has_gap = self._has_gap, False
        return had_gap

    def facts(self) -> dict[str, object]:
        """What an operator may want to know of it."""
        line = self.connection
        return {
            "frames": self.frames,
            "unreadable": self.unreadable,
            "overflowed": self.overflowed,
            "opened": line.opened,
            "greeted_again": line.greeted_again,
            "given_up": line.given_up,
        }

    # --- as a listener --------------------------------------------------------------------------------------

    def greeting(self) -> Sequence[str]:
        """Everything: filters are ignored by the venue."""
        return subscriptions()

    def hear(self, frame: str) -> bool:
        """Keep the fill of a followed wallet. A frame that names no wallet is no data, whatever it is."""
        wallet = wallet_of(frame)
        if wallet is None:
            return False
        self.frames += 1
        return wallet not in self._since or self._keep(frame)

    def lost(self) -> None:
        """Something may have been missed."""
        self._has_gap = True
        self._arrived.set()

    def _keep(self, frame: str) -> bool:
        try:
            row = parse_activity_frame(frame)
        except PayloadError as error:
            self.unreadable += 1
            self._health.failed(_PART, error)
            self.lost()
            return False
        told = Sighting(source=self.name, fill=with_identity(row, 0), role=Role.TAKER, seen_at=self._clock.now())
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.overflowed += 1
            self._has_gap = True
        self._waiting.append(told)
        self._arrived.set()
        return True
