"""How late each source tells of a fill, and who tells first: counted for status and metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.metrics import SOURCE_LAG

# Upper ends of the buckets, seconds; whatever is later falls into one more.
BUCKETS = SOURCE_LAG.buckets


@dataclass(slots=True)
class Lag:
    """How late one source told of fills. Units: seconds, from the fill (whole seconds on the venue) to our knowing."""

    told: int = 0
    first: int = 0
    total_seconds: float = 0.0
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))

    def note(self, lag: Instant) -> None:
        """Count one fill."""
        seconds = max(0.0, lag / SECOND)
        self.told += 1
        self.total_seconds += seconds
        self.counts[next((place for place, end in enumerate(BUCKETS) if seconds <= end), len(BUCKETS))] += 1

    def quantile(self, share: float) -> float | None:
        """The lag that this share of fills does not exceed, as the end of its bucket; None before the first."""
        wanted, so_far = share * self.told, 0
        for place, count in enumerate(self.counts):
            so_far += count
            if self.told and so_far >= wanted:
                return BUCKETS[min(place, len(BUCKETS) - 1)]
        return None


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
