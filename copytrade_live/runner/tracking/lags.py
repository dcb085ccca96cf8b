"""How late each source tells of a fill, and who tells first: counted for status and metrics."""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass, field

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.metrics import SOURCE_LAG

# Upper ends of the buckets, seconds; whatever is later falls into one more.
BUCKETS = SOURCE_LAG.buckets
# Quantiles are of so many fills at most, those told of last: what was late this morning need not be late now.
LATEST = 100


@dataclass(slots=True)
class Lag:
    """How late one source told of fills. Units: seconds, from the fill (whole seconds on the venue) to our knowing.

    Shape: counts holds all fills by bucket, latest the buckets of those told of last.
    """

    told: int = 0
    first: int = 0
    total_seconds: float = 0.0
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    latest: deque[int] = field(default_factory=lambda: deque(maxlen=LATEST))

    def note(self, lag: Instant) -> None:
        """Count one fill."""
        seconds = max(0.0, lag / SECOND)
        self.told += 1
        self.total_seconds += seconds
        bucket = next((place for place, end in enumerate(BUCKETS) if seconds <= end), len(BUCKETS))
        self.counts[bucket] += 1
        self.latest.append(bucket)

    def quantile(self, share: float) -> float | None:
        """The lag that this share of the latest fills does not exceed, as its bucket's end; None before the first."""
        if not self.latest:
            return None
        place = math.ceil(share * len(self.latest)) - 1
        return BUCKETS[min(sorted(self.latest)[max(0, place)], len(BUCKETS) - 1)]


@dataclass(slots=True)
class Lags:
    """The lags of all sources, and what could not be used."""

    by_source: dict[str, Lag] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)

    def note(self, source: str, lag: Instant) -> None:
        """A source told of a fill for the first time."""
        self.by_source.setdefault(source, Lag()).note(lag)

    def note_first(self, source: str) -> None:
        """A source told of a fill before any other."""
        self.by_source.setdefault(source, Lag()).first += 1

    def facts(self, source: str) -> dict[str, object]:
        """The lags of one source, ready for JSON. Units: seconds."""
        lag = self.by_source.get(source) or Lag()
        return {
            "told": lag.told,
            "first": lag.first,
            "lag_p50": lag.quantile(0.5),
            "lag_p90": lag.quantile(0.9),
            "lag_p99": lag.quantile(0.99),
        }
