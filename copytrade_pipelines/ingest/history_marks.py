"""How far each history of a wallet is known: the fold of the stretches that were loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb

from copytrade_live.core.market import DAY, SECOND, Instant
from copytrade_live.venue.stretch import BEGINNING, History, Stretch
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.upsert import upsert

# A rerun looks this far back over what it has: rows appear late, and blanks are filled in.
OVERLAP_SECONDS = DAY // SECOND
TABLE = "raw.histories"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryMark:
    """What is known of one history. Units: whole seconds since epoch; audited_at in milliseconds.

    Everything from known_from to known_through is loaded. While a window is open it is loaded from open_through down
    to just above open_next, and goes on to open_start. audited_at is when it was last read whole.
    """

    wallet: str
    history: History
    known_from: int | None = None
    known_through: int | None = None
    is_complete: bool = False
    audited_at: Instant | None = None
    open_start: int | None = None
    open_next: int | None = None
    open_through: int | None = None
    open_complete: bool = True

    def is_whole(self) -> bool:
        """Whether everything up to known_through is loaded and the venue showed all of it."""
        return self.is_complete and self.known_from == BEGINNING


def advance(mark: HistoryMark, stretch: Stretch, asked_at: Instant | None) -> HistoryMark:
    """The mark after a stretch was loaded. Stretches of a window come from its end downwards."""
    goes_on = mark.open_next is not None and mark.open_next == stretch.end and mark.open_start == stretch.window
    through = mark.open_through if goes_on else stretch.end
    is_complete = stretch.is_complete and (mark.open_complete or not goes_on)
    if not stretch.is_last:
        return replace(
            mark,
            open_start=stretch.window,
            open_next=stretch.start - 1,
            open_through=through,
            open_complete=is_complete,
        )
    closed = replace(mark, open_start=None, open_next=None, open_through=None, open_complete=True)
    if stretch.window == BEGINNING:
        newest = max(mark.known_through or 0, through or 0) or None
        return replace(closed, known_from=BEGINNING, known_through=newest, is_complete=is_complete, audited_at=asked_at)
    is_joined = mark.known_through is not None and stretch.window <= mark.known_through + 1
    return replace(
        closed,
        known_from=mark.known_from if is_joined else stretch.window,
        known_through=max(mark.known_through or 0, through or 0) or None,
        is_complete=is_complete and (mark.is_complete if is_joined else True),
    )


def windows(mark: HistoryMark, *, is_due: bool) -> list[tuple[int, int | None]]:
    """What is to be read of a history, in order: what a kill left open, then what is new, or everything again."""
    found: list[tuple[int, int | None]] = []
    through = mark.known_through
    if mark.open_start is not None:
        found.append((mark.open_start, mark.open_next))
        through = max(through or 0, mark.open_through or 0)
        is_due = is_due and mark.open_start != BEGINNING
    if is_due or through is None:
        return [*found, (BEGINNING, None)]
    return [*found, (max(through - OVERLAP_SECONDS, BEGINNING), None)]


def read_marks(con: duckdb.DuckDBPyConnection, wallets: Iterable[str]) -> dict[tuple[str, History], HistoryMark]:
    """The marks of wallets; one that was never read has an empty mark."""
    wanted = list(wallets)
    rows = con.execute(
        "SELECT wallet, history, known_from, known_through, is_complete, audited_at, open_start, open_next, "
        "open_through, open_complete FROM raw.histories WHERE list_contains(?, wallet)",
        [wanted],
    ).fetchall()
    found = {(wallet, history): HistoryMark(wallet=wallet, history=history) for wallet in wanted for history in History}
    for wallet, history, known_from, through, whole, audited, start, following, open_through, open_whole in rows:
        audited_ms = _seconds(audited)
        found[wallet, History(history)] = HistoryMark(
            wallet=wallet,
            history=History(history),
            known_from=_seconds(known_from),
            known_through=_seconds(through),
            is_complete=bool(whole),
            audited_at=None if audited_ms is None else audited_ms * SECOND,
            open_start=_seconds(start),
            open_next=_seconds(following),
            open_through=_seconds(open_through),
            open_complete=bool(open_whole),
        )
    return found


def write_marks(con: duckdb.DuckDBPyConnection, marks: Mapping[tuple[str, History], HistoryMark]) -> None:
    """Keep marks; in the transaction that loads what they say is loaded."""
    rows = [
        {
            "wallet": mark.wallet,
            "history": mark.history.value,
            "known_from": _instant(mark.known_from),
            "known_through": _instant(mark.known_through),
            "is_complete": mark.is_complete,
            "audited_at": None if mark.audited_at is None else mark.audited_at // SECOND * SECOND,
            "open_start": _instant(mark.open_start),
            "open_next": _instant(mark.open_next),
            "open_through": _instant(mark.open_through),
            "open_complete": mark.open_complete,
        }
        for mark in marks.values()
    ]
    upsert(con, TABLE, tables.arrow(TABLE, rows))


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.replace(tzinfo=UTC).timestamp())


def _instant(second: int | None) -> Instant | None:
    return None if second is None else second * SECOND
