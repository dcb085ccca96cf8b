"""Planted bugs of following, deciding and paper execution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from copytrade_live.core import on_leader
from copytrade_live.core.context import Context
from copytrade_live.core.decide import Approved, decide
from copytrade_live.core.market import Instant
from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.reasons import Rejected
from copytrade_live.core.signal import Signal
from copytrade_live.runner.paper import PaperExecutor
from copytrade_live.runner.tracking.polling import PollSource, _Polled
from copytrade_live.runner.tracking.ports import Sighting
from copytrade_live.runner.tracking.stream import StreamSource
from copytrade_live.runner.tracking.tracker import Tracker
from copytrade_live.simulation.planted import Bug, swapped

_CAPS_KEPT: Instant = 4_000


@contextmanager
def _one_signal_a_transaction() -> Iterator[None]:
    right = Tracker.take

    def take(self: Tracker, sightings: Iterable[Sighting], *rest: Any) -> list[Signal]:
        seen: set[str] = self.__dict__.setdefault("_seen_transactions", set())
        found = []
        for signal in right(self, sightings, *rest):
            if signal.tx_hash not in seen:
                seen.add(signal.tx_hash)
                found.append(signal)
        return found

    with swapped(Tracker, "take", take):
        yield


@contextmanager
def _caps_outside() -> Iterator[None]:
    kept: list[tuple[Instant, Portfolio]] = []

    def decide_late(context: Context) -> Approved | Rejected:
        # Read at one time, acted on at another.
        if not kept or not 0 <= context.now - kept[0][0] < _CAPS_KEPT:
            kept[:] = [(context.now, context.portfolio)]
        return decide(replace(context, portfolio=kept[0][1]))

    with swapped(on_leader, "decide", decide_late):
        yield


@contextmanager
def _watermark_now() -> Iterator[None]:
    right = PollSource._read

    async def read(self: PollSource, wallet: str, polled: _Polled) -> list[Sighting]:
        found = await right(self, wallet, polled)
        polled.newest = self._clock.now() + self._overlap
        return found

    with swapped(PollSource, "_read", read):
        yield


@contextmanager
def _wall_clock_ttl() -> Iterator[None]:
    with swapped(PaperExecutor, "_elapsed", lambda self: self._clock.now()):
        yield


@contextmanager
def _pong_is_data() -> Iterator[None]:
    right = StreamSource.hear
    with swapped(StreamSource, "hear", lambda self, frame: right(self, frame) or frame == "PONG"):
        yield


TRACKING_BUGS = (
    Bug(
        name="pong-is-data",
        summary="A stream counts as alive as long as it answers pings.",
        profile="streams",
        plant=_pong_is_data,
    ),
    Bug(
        name="dedupe-by-transaction",
        summary="Fills are told apart by their transaction alone.",
        profile="paper",
        plant=_one_signal_a_transaction,
    ),
    Bug(
        name="caps-outside-transaction",
        summary="Caps are compared with what the portfolio was a moment ago.",
        profile="paper",
        plant=_caps_outside,
    ),
    Bug(
        name="watermark-now",
        summary="The next look begins where the last one ended, not where everything was told.",
        profile="paper",
        plant=_watermark_now,
    ),
    Bug(
        name="wall-clock-ttl",
        summary="An order's time to live runs by the wall clock.",
        profile="clocks",
        plant=_wall_clock_ttl,
    ),
)
