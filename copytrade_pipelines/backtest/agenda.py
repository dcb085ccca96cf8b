"""What a backtest does between observations: by time, then kind, then the id it is about."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from enum import IntEnum

from copytrade_live.core.market import Instant


class Due(IntEnum):
    """What is to be done; at one moment in this order."""

    SETTLEMENT = 0
    PAYOUT = 1
    ORDER = 2
    HELD = 3
    MIDNIGHT = 4


@dataclass(slots=True)
class Agenda:
    """Entries wait here."""

    _due: list[tuple[Instant, Due, str]] = field(default_factory=list)

    def add(self, at: Instant, kind: Due, key: str = "") -> None:
        """Put something down."""
        heapq.heappush(self._due, (at, kind, key))

    def is_due(self, end: Instant) -> bool:
        """Whether something is due before end."""
        return bool(self._due) and self._due[0][0] < end

    def pop_before(self, end: Instant) -> tuple[Instant, Due, str] | None:
        """Take the first entry before end."""
        return heapq.heappop(self._due) if self._due and self._due[0][0] < end else None
