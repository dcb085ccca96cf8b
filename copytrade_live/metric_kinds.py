"""What a metric is: its kind, its unit, and labels with so few values that what a monitor keeps is bounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from copytrade_live.core.market import Side
from copytrade_live.core.reasons import AbandonReason, Condition, ExitReason, HaltReason, RejectReason, TradingState

PREFIX = "copytrade"
# A runner with wallet labels names so many leaders; those that come later share the name "other".
MOST_WALLETS = 200
OTHER = "other"


class Kind(StrEnum):
    """How a metric behaves: a counter only grows within a run, a gauge stands anywhere."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Unit(StrEnum):
    """What a metric counts or measures."""

    COUNT = "-"
    TRUTH = "0 or 1"
    MONEY = "collateral"
    SECONDS = "seconds"
    DAYS = "days"
    BYTES = "bytes"
    RATIO = "ratio"
    BASIS_POINTS = "basis points"
    PER_SECOND = "1/s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a label tells apart, and how many values it can take at most: what a monitor keeps is bounded."""

    meaning: str
    most: int


LABELS: Mapping[str, Label] = {
    "side": Label(meaning="BUY or SELL.", most=len(Side)),
    "wallet": Label(
        meaning=f"With `observability.wallet_labels` the leader, of many the first and then `{OTHER}`; else empty.",
        most=MOST_WALLETS + 1,
    ),
    "reason": Label(
        meaning="A reason of docs/reasons.md.",
        most=max(map(len, (RejectReason, ExitReason, AbandonReason, HaltReason))),
    ),
    "result": Label(meaning="won or lost.", most=2),
    "kind": Label(meaning="What an alert is about.", most=30),
    "part": Label(meaning="A part of the runner: its rounds, sources and writers.", most=40),
    "state": Label(meaning="active, reducing or halted.", most=len(TradingState)),
    "word": Label(meaning="on, degraded, off, halted or stopped.", most=5),
    "condition": Label(meaning="A condition of docs/reasons.md.", most=len(Condition)),
    "source": Label(meaning="Where leaders' fills come from: poll, stream or chain.", most=3),
    "host": Label(meaning="A host of the venue's that is asked.", most=8),
    "run": Label(meaning="The id of the run.", most=1),
    "mode": Label(meaning="paper or live.", most=1),
    "code": Label(meaning="Release and digest of the rules.", most=1),
    "config": Label(meaning="Digest of what decisions depend on.", most=1),
    "version": Label(meaning="The release.", most=1),
    "python": Label(meaning="The interpreter's version.", most=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. name is without the prefix; buckets are the upper ends of a histogram's."""

    name: str
    kind: Kind
    unit: Unit
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """The name a monitor sees."""
        return f"{PREFIX}_{self.name}"

    @property
    def most_series(self) -> int:
        """How many series it can become at most."""
        # A histogram has one for each bucket, for +Inf, the sum and the count.
        series = len(self.buckets) + 3 if self.kind is Kind.HISTOGRAM else 1
        for label in self.labels:
            series *= LABELS[label].most
        return series
