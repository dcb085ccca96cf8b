"""The day that is over, in a few lines: what it earned, copied, refused, and where equity stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from copytrade_live.clock import to_iso
from copytrade_live.core.events import (
    CopyClosed,
    HaltTripped,
    OrderFilled,
    Period,
    PeriodOpened,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.market import DAY, Instant, Micro
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.valuation import fall_from
from copytrade_live.store.backward import read_back
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow

_COUNTED = tuple(kind.__name__ for kind in (SignalCopied, SignalRejected, CopyClosed, OrderFilled, HaltTripped))
_MOST_REASONS = 3


@dataclass(slots=True, kw_only=True)
class Day:
    """What one UTC day came to.

    Units: opened and closed in collateral; pnl and fees in micro-collateral.
    """

    opened: float
    closed: float
    ended_at: Instant
    copies: int = 0
    won: int = 0
    lost: int = 0
    fills: int = 0
    pnl: Micro = 0
    fees: Micro = 0
    halts: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def count(self, row: JournalRow) -> None:
        """Count one event of the day."""
        match row.event:
            case SignalCopied():
                self.copies += 1
            case SignalRejected(reason=reason):
                self.refused[reason.value] += 1
            case CopyClosed(pnl=pnl):
                self.won, self.lost = self.won + (pnl > 0), self.lost + (pnl <= 0)
                self.pnl += pnl
            case OrderFilled(fill=fill):
                self.fills, self.fees = self.fills + 1, self.fees + fill.fee
            case HaltTripped(reason=halt):
                self.halts.append(halt.value)
            case _:
                pass


def day_before(journal: Journal, opening: JournalRow) -> Day | None:
    """The day that ended when this one opened; None where no day had opened before. Reads no earlier day."""
    closing = opening.event
    assert isinstance(closing, PeriodOpened)  # noqa: S101 - only such rows are handed here
    begun = next(filter(is_day, read_back(journal, (PeriodOpened.__name__,), opening.seq - 1)), None)
    if begun is None or not isinstance(begun.event, PeriodOpened):
        return None
    day = Day(opened=begun.event.equity, closed=closing.equity, ended_at=opening.observed_at)
    for row in journal.read_types(_COUNTED, begun.seq, opening.seq - 1):
        day.count(row)
    return day


def is_day(row: JournalRow) -> bool:
    """Whether a UTC day opened here."""
    return isinstance(row.event, PeriodOpened) and row.event.period is Period.DAY


def summary(day: Day) -> tuple[str, str]:
    """Title and lines."""
    date = to_iso(day.ended_at // DAY * DAY - 1)[:10]
    lines = [
        f"equity {day.closed:,.2f} ({day.closed - day.opened:+,.2f}{_share(day)})",
        f"closed {day.won + day.lost} copies, {day.won} won: PnL {from_micro(day.pnl):+,.2f}",
        f"copied {day.copies} signals, refused {day.refused.total()}{_reasons(day)}",
        f"fills {day.fills}, fees {from_micro(day.fees):,.2f}",
    ]
    if day.halts:
        lines.append(f"halted: {', '.join(day.halts)}")
    return f"copytrade: {date}", "\n".join(lines)


def equity_points(journal: Journal, until: JournalRow, days: int) -> list[tuple[Instant, float]]:
    """Equity at each copy and each day's opening of the last days, oldest first. Reads nothing older."""
    since = until.observed_at - days * DAY
    points = []
    for row in read_back(journal, (SignalCopied.__name__, PeriodOpened.__name__), until.seq):
        if row.observed_at < since:
            break
        if isinstance(row.event, SignalCopied | PeriodOpened):
            points.append((row.observed_at, row.event.equity))
    return points[::-1]


def _share(day: Day) -> str:
    return f", {-fall_from(day.opened, day.closed):+.2%}" if day.opened else ""


def _reasons(day: Day) -> str:
    most = ", ".join(f"{reason} {count}" for reason, count in day.refused.most_common(_MOST_REASONS))
    return f" ({most})" if most else ""
