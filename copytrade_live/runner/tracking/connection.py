"""Keeping a stream alive: connect, greet, listen, notice silence, start again.

A peer that answers pings may still have stopped sending, so what counts is data: after silence_seconds without any the
greeting is sent once more, and a little later the connection is opened anew. When that brings nothing either, the
patience doubles, so that a world in which nothing happens is not called up for ever. Pings, pauses and silence are
counted as the socket's peer counts them: in real time, not in the time of a sandbox's world.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from copytrade_live.clock import Clock, LoopPulse, Pulse
from copytrade_live.core.market import Instant
from copytrade_live.errors import VenueUnavailable
from copytrade_live.runner.health import Health
from copytrade_live.venue.sockets import Dial, FrameSocket

PING = "PING"
# After this share of the patience a greeting is sent again; at its end the connection is given up.
_GREET_AGAIN_AT = 0.6
_LONGEST_PATIENCE_SECONDS = 300.0
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
# Frames heard in one go before others get their turn, and for how long at most: whole books take their time.
_FRAMES_AT_ONCE = 200
_LONGEST_TURN_SECONDS = 0.01


class Listener(Protocol):
    """Who talks over a connection."""

    def greeting(self) -> Sequence[str]:
        """The frames that ask for what is wanted."""
        ...

    def hear(self, frame: str) -> bool:
        """Take in one frame. Returns: whether it was data."""
        ...

    def lost(self) -> None:
        """The connection was given up or had to be greeted again: something may have been missed."""
        ...


class Connection:
    """One supervised stream. Run it as a task; it ends only when that is cancelled."""

    def __init__(
        self,
        name: str,
        dial: Dial,
        listener: Listener,
        clock: Clock,
        health: Health,
        *,
        ping_seconds: float,
        silence_seconds: float,
        pulse: Pulse | None = None,
    ) -> None:
        self._name = name
        self._dial = dial
        self._listener = listener
        self._clock = clock
        self._pulse = pulse or LoopPulse()
        self._health = health
        self._ping = ping_seconds
        self._silence = silence_seconds
        self._patience = silence_seconds
        self._socket: FrameSocket | None = None
        self._why: VenueUnavailable | None = None
        self.heard_at: Instant = 0
        self._heard = float("-inf")
        self.opened = 0
        self.greeted_again = 0
        self.given_up = 0

    def is_alive(self) -> bool:
        """Whether data came lately over an open connection."""
        return self._socket is not None and self._pulse.monotonic() - self._heard <= self._silence

    async def run(self) -> None:
        """Stay connected."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            before = self._heard
            try:
                await self._talk(await self._dial())
            except VenueUnavailable as error:
                self._health.failed(self._name, self._why or error)
            if self._heard > before:
                pause = _FIRST_PAUSE_SECONDS
            await self._pulse.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def send(self, frame: str) -> None:
        """Say something if anyone listens; the greeting will say it again."""
        if self._socket is not None:
            try:
                await self._socket.send(frame)
            except VenueUnavailable as error:
                self._health.failed(self._name, error)

    async def greet(self) -> None:
        """Ask for what is wanted."""
        for frame in self._listener.greeting():
            await self.send(frame)

    async def _talk(self, socket: FrameSocket) -> None:
        self._socket, self._why = socket, None
        self.opened += 1
        watching = asyncio.create_task(self._watch(socket, self._pulse.monotonic()), name=f"{self._name} watchdog")
        try:
            await self.greet()
            await self._listen(socket)
        finally:
            self._socket = None
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await socket.close()
            self._listener.lost()

    async def _listen(self, socket: FrameSocket) -> None:
        in_one_go, since = 0, self._pulse.monotonic()
        while True:
            frame = await socket.receive()
            if frame and self._listener.hear(frame):
                self.heard_at, self._heard = self._clock.now(), self._pulse.monotonic()
                self._patience = self._silence
                if self._name in self._health.last_failure:
                    self._health.succeeded(self._name, self.heard_at)
            in_one_go += 1
            if in_one_go >= _FRAMES_AT_ONCE or self._pulse.monotonic() - since > _LONGEST_TURN_SECONDS:
                await asyncio.sleep(0)
                in_one_go, since = 0, self._pulse.monotonic()

    async def _watch(self, socket: FrameSocket, opened_at: float) -> None:
        """Ping, and hang up on a peer that has nothing to say."""
        greeted_at, pinged_at = opened_at, opened_at
        while True:
            await self._pulse.sleep(min(self._ping, self._patience / 5))
            now = self._pulse.monotonic()
            silent_since = max(self._heard, opened_at)
            silent = now - silent_since
            if silent > self._patience:
                self.given_up += 1
                self._patience = min(2 * self._patience, max(_LONGEST_PATIENCE_SECONDS, self._silence))
                self._why = VenueUnavailable("connected, but no data came; connecting again")
                await socket.close()
                return
            if silent > _GREET_AGAIN_AT * self._patience and greeted_at <= silent_since:
                self.greeted_again += 1
                greeted_at = now
                self._listener.lost()
                await self.greet()
            if now - pinged_at >= self._ping:
                pinged_at = now
                await self.send(PING)
