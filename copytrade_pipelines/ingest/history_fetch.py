"""Histories of many wallets at once, from whichever API answers, handed over stretch by stretch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from copytrade_live.errors import PayloadError, VenueRefusal
from copytrade_live.venue.cursor_parts import v2_question
from copytrade_live.venue.data_api import SOURCE, DataApi
from copytrade_live.venue.histories import HistoryReader
from copytrade_live.venue.listing import Page
from copytrade_live.venue.stretch import History, Stretch
from copytrade_pipelines.ingest.history_plan import WalletPlan

CONCURRENT_WALLETS = 8
# So much may wait for the warehouse, and no more: memory stays flat however long a history is.
WAITING_STRETCHES = 12
BATCH_STRETCHES = 12
# After so long without a stretch one wants to hear that it still goes on.
QUIET_SECONDS = 5.0


class Source(StrEnum):
    """Where fills are read: auto takes v2, and v1 where v2 refuses; chain leaves the data API out."""

    AUTO = "auto"
    V2 = "v2"
    V1 = "v1"
    CHAIN = "chain"


@dataclass(slots=True)
class Done:
    """How many wallets have been read to the end."""

    wallets: int = 0


class HistoryFeed:
    """Reads what plans say, several wallets at a time, and yields it in batches."""

    def __init__(self, api: DataApi, source: Source) -> None:
        newer, older = api.histories(), api.histories(older_api=True)
        self._readers = {Source.V2: (newer,), Source.V1: (older,)}.get(source, (newer, older))
        self._waiting: asyncio.Queue[Stretch | None] = asyncio.Queue(WAITING_STRETCHES)
        self.done = Done()

    async def batches(self, plans: Sequence[WalletPlan]) -> AsyncIterator[list[Stretch]]:
        """Stretches as they come; those of a window in order. An empty batch says that nothing came for a while.

        Raises: VenueUnavailable, VenueRefusal, after everything that was read has been yielded.
        """
        reading = asyncio.create_task(self._read_all(plans))
        try:
            is_open = True
            while is_open:
                batch, is_open = await self._take()
                if batch or is_open:
                    yield batch
            await reading
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await reading

    async def _take(self) -> tuple[list[Stretch], bool]:
        batch: list[Stretch] = []
        try:
            item = await asyncio.wait_for(self._waiting.get(), QUIET_SECONDS)
        except TimeoutError:
            return batch, True
        while item is not None:
            batch.append(item)
            if self._waiting.empty() or len(batch) >= BATCH_STRETCHES:
                return batch, True
            item = self._waiting.get_nowait()
        return batch, False

    async def _read_all(self, plans: Sequence[WalletPlan]) -> None:
        gate = asyncio.Semaphore(CONCURRENT_WALLETS)

        async def read(plan: WalletPlan) -> None:
            async with gate:
                for history, start, end in plan.reads:
                    await self._read_window(plan.wallet, history, start, end)
                self.done.wallets += 1

        tasks = [asyncio.create_task(read(plan)) for plan in plans]
        try:
            await asyncio.gather(*tasks)
        finally:  # after a failure the others would go on asking a venue that is down
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._waiting.put(None)

    async def _read_window(self, wallet: str, history: History, start: int, end: int | None) -> None:
        first: PayloadError | VenueRefusal | None = None
        for reader in self._readers:
            try:
                async for stretch in _from(reader, wallet, history, start, end):
                    await self._waiting.put(stretch)
                    end = stretch.start - 1
            except (PayloadError, VenueRefusal) as error:
                first = first or error
            else:
                return
        if not isinstance(first, PayloadError):
            raise first or AssertionError("at least one API is asked")
        await self._waiting.put(_unreadable(wallet, history, start, end, first))


def _from(reader: HistoryReader, wallet: str, history: History, start: int, end: int | None) -> AsyncIterator[Stretch]:
    return reader.stretches(wallet, history, start=start, end=end)


def _unreadable(wallet: str, history: History, start: int, end: int | None, error: PayloadError) -> Stretch:
    """A stretch that holds nothing but what the venue sent in its place: it is set aside when it is loaded."""
    path, _ = v2_question(wallet, history, taker_only=False)
    page = Page(source=SOURCE, request=path, body=json.dumps(error.value, default=str))
    return Stretch(wallet=wallet, history=history, window=start, start=start, end=end, pages=(page,), is_complete=False)
