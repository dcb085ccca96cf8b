"""Turns news of the journal into batches for the hub, a few times a second, and only while somebody listens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from copytrade_live.core.events import LeaderFillObserved
from copytrade_live.dashboard.desk import Desk
from copytrade_live.dashboard.moment import Moment
from copytrade_live.dashboard.pages import has_pages
from copytrade_live.dashboard.projection import News
from copytrade_live.dashboard.schemas.events import Reset
from copytrade_live.dashboard.schemas.health import Health
from copytrade_live.dashboard.stream import message, told
from copytrade_live.dashboard.views.health import health
from copytrade_live.dashboard.views.overview import overview
from copytrade_live.dashboard.views.positions import positions
from copytrade_live.errors import CopytradeError
from copytrade_live.logs import logger

BATCH_SECONDS = 0.25
# Overview and positions change with every book; people read once a second.
SUMMARY_SECONDS = 1.0
# News kept for the next batch; more than that was slept through, and the pages read again anyway.
_MOST_NEWS = 5_000

_log = logger("dashboard")


class Broadcast:
    """Runs in the app's loop; hear is called by the projection's thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._news: list[News] = []
        self._lock = threading.Lock()
        self._cause: LeaderFillObserved | None = None
        self._shown: object = None
        self._health: Health | None = None
        self._journal = _journal(desk)
        desk.projection.hear = self.hear

    def hear(self, news: Sequence[News]) -> None:
        """Keep what happened for the next batch."""
        with self._lock:
            self._news += news
            del self._news[:-_MOST_NEWS]

    async def run(self) -> None:
        """Send until cancelled."""
        turns = round(SUMMARY_SECONDS / BATCH_SECONDS)
        turn = 0
        while True:
            await asyncio.sleep(BATCH_SECONDS)
            turn = (turn + 1) % turns
            with self._lock:
                news, self._news = self._news, []
            if not self._desk.hub.is_heard:
                self._forget(news)
                continue
            try:
                batch = await asyncio.to_thread(self._batch, news, turn == 0)
            except CopytradeError as error:
                _log.warning("the event stream skips a batch: %s", error)
                continue
            if batch:
                self._desk.hub.send(batch)

    def _forget(self, news: Sequence[News]) -> None:
        fills = [one.event for one in news if isinstance(one.event, LeaderFillObserved)]
        self._cause = fills[-1] if fills else self._cause
        self._shown = self._health = None
        self._journal = _journal(self._desk)

    def _batch(self, news: Sequence[News], is_summary: bool) -> bytes:
        said, self._cause = told(news, self._cause, self._desk.projection.place.mode, self._desk.titles)
        said += self._reset()
        return said + self._summary() if is_summary else said

    def _reset(self) -> bytes:
        """To be read again: all of a journal that took another's place, and its past once that has been read."""
        seen = _journal(self._desk)
        if seen == self._journal:
            return b""
        self._journal, seq = seen, self._desk.projection.place.seq
        return message("reset", Reset(seq=seq), seq)

    def _summary(self) -> bytes:
        desk = self._desk
        seen = desk.moment()
        said = b""
        shown = _shown(seen)
        if shown != self._shown:
            self._shown, seq = shown, seen.view.last_seq
            last, refused = desk.history.newest_signal(), desk.history.newest_refusal()
            said = message("overview", overview(desk.home, seen, last, refused), seq)
            said += message("position", positions(seen, desk.titles), seq)
        found = health(desk.home, seen, desk.config_seen.problem, has_pages())
        if self._health is None or found.components != self._health.components:
            self._health = found
            said += message("health", found)
        return said


def _journal(desk: Desk) -> tuple[int, bool]:
    """Which journal is followed, and whether its past is still being read."""
    place = desk.projection.place
    return place.journal, place.history_seq < place.seq


def _shown(seen: Moment) -> tuple[object, ...]:
    """What overview and positions hang on, cheap to compare."""
    return seen.view.last_seq, seen.is_alive, seen.now, seen.file
