"""What a tape had to leave out, model or go without: counted while it is read, shown in the report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from copytrade_live.core.market import Book, Instant

NO_BOOK = "none"


@dataclass(slots=True, kw_only=True)
class TapeNotes:
    """Counts of one reading of a tape.

    Shape: skipped counts rows by what was wrong with them; books counts leader fills by where their book came from;
    gaps counts what was missing by its name; shapes counts modelled books by what shaped them: fitted or fixed;
    origins says in words where assumed lags came from, by their key in the config.
    """

    skipped: Counter[str] = field(default_factory=Counter)
    books: Counter[str] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    origins: dict[str, str] = field(default_factory=dict)
    days_with_fills: set[Instant] = field(default_factory=set)

    def skip(self, problem: str, rows: int = 1) -> None:
        """Count rows that do not make sense."""
        if rows:
            self.skipped[problem] += rows

    def decided_on(self, book: Book | None) -> None:
        """Count the book that goes with a leader's fill."""
        self.books[source_of(book)] += 1


def source_of(book: Book | None) -> str:
    """Where a book came from, as the report names it."""
    return NO_BOOK if book is None else book.source.value
