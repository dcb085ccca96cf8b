"""Follows one journal and tells of it: reads, remembers its place, and sends what is due."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

from copytrade_live.clock import Clock
from copytrade_live.core.events import GateObserved
from copytrade_live.core.market import MINUTE, Instant
from copytrade_live.errors import StateError
from copytrade_live.logs import logger
from copytrade_live.notify.channel import Channel, Message
from copytrade_live.notify.daily import day_before, equity_points, is_day, summary
from copytrade_live.notify.news import TOLD_TYPES, News, Newsroom
from copytrade_live.notify.outbox import Outbox
from copytrade_live.notify.place import Place, PlaceFile
from copytrade_live.runner.alerts import Severity
from copytrade_live.settings import CopytradeConfig, Home, NewsKind
from copytrade_live.store.backward import read_back
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow

LOOK_SECONDS = 1.0
_CHUNK = 20_000
_LEAST_POINTS = 2
_TRIES, _FIRST_PAUSE_SECONDS = 4, 2.0
_NOTE_EVERY: Instant = MINUTE
_log = logger("notify")


class Correspondent:
    """Tells of one home. Every method but tell is called from one thread at a time."""

    def __init__(self, home: Home, config: CopytradeConfig, channel: Channel, clock: Clock) -> None:
        self._home = home
        self._own = config.notifications
        self._channel = channel
        self._clock = clock
        self._outbox = Outbox(self._own, clock)
        self._place = PlaceFile(folder_of(home) / "place.json")
        self._noted_at: Instant = 0
        self._read = 0
        self._newsroom: Newsroom | None = None
        self._came: list[News] = []
        self._lock = threading.Lock()

    def tell(self, news: News) -> None:
        """News from elsewhere; from any thread."""
        with self._lock:
            self._came.append(news)

    def look(self) -> None:
        """Read what the journal has that was not read yet, and send what is due. Raises: StateError."""
        # A check reads all of the file: the first look makes it.
        with Journal.open_reader(self._home.state, is_checked=self._newsroom is not None) as journal:
            newsroom = self._newsroom_of(journal)
            if journal.last_seq < self._read:
                # It was restored meanwhile: what is lost was told, and what takes its place is news.
                self._read = journal.last_seq
                self._place.write(Place(told=self._read))
            until = min(journal.last_seq, self._read + _CHUNK)
            for row in journal.read_types(TOLD_TYPES, self._read, until):
                for news in newsroom.hear(row):
                    self._outbox.add(news)
                if is_day(row) and NewsKind.DAILY in self._own.kinds:
                    self._send_daily(journal, row)
                self._read = row.seq
            self._read = until
        self.flush()

    def flush(self, *, is_last: bool = False) -> None:
        """Send what is due, or all of it at the end."""
        with self._lock:
            came, self._came = self._came, []
        for news in came:
            self._outbox.add(news)
        message = self._outbox.take(is_last=is_last)
        if message is not None:
            self._send(message, self._read)
        elif not self._outbox.is_waiting and self._clock.now() - self._noted_at >= _NOTE_EVERY:
            self._note()

    def _newsroom_of(self, journal: Journal) -> Newsroom:
        if self._newsroom is None:
            self._begin(journal)
            last = next(read_back(journal, (GateObserved.__name__,), self._read), None)
            gate = last.event.gate if last is not None and isinstance(last.event, GateObserved) else None
            self._newsroom = Newsroom(gate, name_leaders=self._own.name_leaders)
        self._newsroom.journal = journal
        return self._newsroom

    def _begin(self, journal: Journal) -> None:
        place = self._place.read()
        if place is None:
            # The first time: what happened before is nobody's news.
            self._read = journal.last_seq
            self._place.write(Place(told=self._read))
            return
        if place.told > journal.last_seq:
            raise StateError(f"the journal of {self._home.state} is another one; remove {folder_of(self._home)}")
        self._read = place.told
        if place.sending is not None:
            lost = (
                f"a message about events {place.sending + 1} to {place.told} may not have arrived: copytrade decisions"
            )
            self.tell(News(at=self._clock.now(), kind=NewsKind.ALERTS, severity=Severity.WARNING, text=lost))
            self._place.sent()

    def _send_daily(self, journal: Journal, row: JournalRow) -> None:
        day = day_before(journal, row)
        if day is None:
            return
        title, body = summary(day)
        points = equity_points(journal, row, self._own.chart_days)
        self._send(Message(title=title, body=body, severity=Severity.INFO, picture=self._picture(points)), row.seq)

    def _picture(self, points: list[tuple[Instant, float]]) -> Path | None:
        if len(points) < _LEAST_POINTS:
            return None
        from copytrade_live.notify.chart import draw_equity

        return draw_equity(points, folder_of(self._home) / "equity.png")

    def _send(self, message: Message, until: int) -> None:
        self._place.begin_sending(until)
        failed: list[str] | None = None
        for number in range(_TRIES):
            failed = self._channel.send(message, failed)
            if not failed:
                break
            _log.warning("address %s did not take %r", " and ".join(failed), message.title)
            if number < _TRIES - 1:
                time.sleep(_FIRST_PAUSE_SECONDS * 2.0**number)
        self._place.sent()
        if not failed:
            _log.info("told: %s", message.title)

    def _note(self) -> None:
        self._noted_at = self._clock.now()
        place = self._place.read()
        if place is not None and place.told != self._read:
            self._place.write(Place(told=self._read))


async def follow(correspondent: Correspondent, clock: Clock) -> None:
    """Look again and again until cancelled; a journal that is not there yet is waited for."""
    complaint = ""
    try:
        while True:
            try:
                await asyncio.to_thread(correspondent.look)
                complaint = ""
            except StateError as error:
                if str(error) != complaint:
                    complaint = str(error)
                    _log.warning("%s", complaint)
                await asyncio.to_thread(correspondent.flush)
            await clock.sleep(LOOK_SECONDS)
    finally:
        await asyncio.to_thread(correspondent.flush, is_last=True)


def folder_of(home: Home) -> Path:
    """Where this process keeps its place and its picture."""
    return home.own / "notify"
