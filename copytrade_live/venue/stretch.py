"""What one read of a wallet's history brought: whole seconds, whole pages, and whether the venue showed everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from copytrade_live.venue.listing import Page
from copytrade_live.venue.paging import fingerprint

# A larger number than this is in milliseconds.
_FIRST_MILLISECONDS = 100_000_000_000
# Without a start the venue shows three years; 1 shows everything.
BEGINNING = 1


class History(StrEnum):
    """What is listed of a wallet."""

    FILLS = "fills"
    ACTIVITY = "activity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of a wallet's history: every row from start to end is on its pages, rows outside it may be too.

    Units: start and end in whole seconds since epoch, both included; end is None where the wallet has no rows at all.
    taker_pages are the same stretch with the maker's fills left out. window is the start of what was asked for, and
    is_complete is False when the venue would not show all there is.
    """

    wallet: str
    history: History
    window: int
    start: int
    end: int | None
    pages: tuple[Page, ...]
    taker_pages: tuple[Page, ...] = ()
    is_complete: bool = True

    @property
    def is_last(self) -> bool:
        """Whether what was asked for has been read down to its beginning."""
        return self.start <= self.window


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Pages of one listing read downwards. Units: start and end in whole seconds."""

    pages: tuple[Page, ...]
    rows: list[object]
    start: int
    end: int | None
    is_complete: bool = True

    def seam(self, start: int) -> Counter[str]:
        """The rows of the second below the part: they come again, with the rest of their second."""
        return counted(row for row in self.rows if second_of(row) == start - 1)


def second_of(row: object) -> int | None:
    """When a row happened; None when it does not say."""
    value = row.get("timestamp") if isinstance(row, Mapping) else None
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value // 1000 if value >= _FIRST_MILLISECONDS else value


def wallet_of(row: object) -> str | None:
    """Whose row it is; None when it does not say."""
    value = row.get("proxy_wallet", row.get("proxyWallet")) if isinstance(row, Mapping) else None
    return value.lower() if isinstance(value, str) else None


def seconds_of(rows: Iterable[object]) -> list[int]:
    """When rows happened, those that say so."""
    return [second for second in map(second_of, rows) if second is not None]


def counted(rows: Iterable[object]) -> Counter[str]:
    """Rows with their multiplicity."""
    return Counter(map(fingerprint, rows))


def misplaced(rows: Iterable[object], wallet: str, start: int, end: int | None) -> str:
    """What shows that rows answer another question; empty when nothing does."""
    for row in rows:
        second, owner = second_of(row), wallet_of(row)
        if owner is not None and owner != wallet:
            return f"a row of {owner} was sent for {wallet}"
        if second is not None and not start <= second <= (second if end is None else end):
            return f"a row of second {second} was sent for {start} to {end}"
    return ""
