"""Histories of wallets, newest first, in stretches that are exact by themselves and can be resumed anywhere.

Stretches end between seconds, never inside one: the rows of a transaction stay together, and a row that comes in
while we read cannot shift or double what was read. What cannot be true (a row outside the window, a page again, a
taker's fill that the full listing lacks) is read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Protocol

from copytrade_live.errors import PayloadError
from copytrade_live.venue.stretch import History, Part, Stretch, counted, second_of

READS = 5


class PartReader(Protocol):
    """Reads one listing downwards from a second, as far as it likes; whole reads down to start."""

    async def read(
        self, wallet: str, history: History, *, start: int, end: int | None, taker_only: bool, whole: bool
    ) -> Part:
        """The newest rows from start to end."""
        ...


class HistoryReader:
    """Reads histories through one of the venue's APIs."""

    def __init__(self, parts: PartReader) -> None:
        self._parts = parts

    async def stretches(
        self, wallet: str, history: History, *, start: int, end: int | None = None
    ) -> AsyncIterator[Stretch]:
        """All rows from start to end, newest first; end None is up to now. Units: whole seconds.

        Raises: VenueUnavailable, VenueRefusal, PayloadError; what was yielded stays true.
        """
        seam: Counter[str] = Counter()
        window = start
        while True:
            stretch, seam = await self._stretch(wallet, history, window, end, seam)
            yield stretch
            if stretch.is_last:
                return
            end = stretch.start - 1

    async def _stretch(
        self, wallet: str, history: History, window: int, end: int | None, seam: Counter[str]
    ) -> tuple[Stretch, Counter[str]]:
        part = await self._joined(wallet, history, window, end, seam)
        taken: tuple[Part, ...] = ()
        for _ in range(READS if history is History.FILLS and part.rows else 0):
            found = await self._parts.read(wallet, history, start=part.start, end=part.end, taker_only=True, whole=True)
            taken = (found,)
            if not part.is_complete or counted(_inside(found, part)) <= counted(_inside(part, part)):
                break
            # A row came in between the two reads, or one of them was not true.
            part = await self._parts.read(wallet, history, start=part.start, end=part.end, taker_only=False, whole=True)
        else:
            if taken:
                raise PayloadError(f"fills of {wallet} differ each time they are listed", field="data", value=wallet)
        stretch = Stretch(
            wallet=wallet,
            history=history,
            window=window,
            start=part.start,
            end=part.end,
            pages=part.pages,
            taker_pages=tuple(page for one in taken for page in one.pages),
            is_complete=part.is_complete and all(one.is_complete for one in taken),
        )
        return stretch, part.seam(part.start)

    async def _joined(self, wallet: str, history: History, start: int, end: int | None, seam: Counter[str]) -> Part:
        """A part whose first second holds what the part above it showed of that second."""
        for _ in range(READS):
            part = await self._parts.read(wallet, history, start=start, end=end, taker_only=False, whole=False)
            if seam <= counted(row for row in part.rows if second_of(row) == end):
                return part
        raise PayloadError(f"rows of {wallet} at second {end} come and go", field="data", value=end)


def _inside(rows_of: Part, bounds: Part) -> list[object]:
    end = bounds.end
    return [
        row
        for row in rows_of.rows
        if (second := second_of(row)) is not None and bounds.start <= second <= (second if end is None else end)
    ]
