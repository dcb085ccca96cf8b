"""Counts what the journal tells into the metrics of this run."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from copytrade_live import metrics
from copytrade_live.core.events import (
    CopyClosed,
    ExitDecided,
    FillVoided,
    JournalEvent,
    LeaderFillObserved,
    OrderAbandoned,
    OrderFilled,
    OrderRefusedByVenue,
    OrderReposted,
    OrderUnknown,
    PositionSettled,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.market import MICRO, SECOND, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.reasons import ExitReason
from copytrade_live.metric_kinds import MOST_WALLETS, OTHER, Kind, Metric

# Orders remembered to measure their fills against; the oldest are forgotten first.
_REMEMBERED = 2000


class Tally:
    """The counters and histograms of one run. What runs before did is not counted again."""

    def __init__(self, registry: CollectorRegistry, *, name_wallets: bool) -> None:
        self._name_wallets = name_wallets
        self._wallets: set[str] = set()
        self._orders: dict[str, Order] = {}
        self._counters = {
            one.name: Counter(one.full_name, one.meaning, one.labels, registry=registry) for one in _of(Kind.COUNTER)
        }
        self._histograms = {
            one.name: Histogram(one.full_name, one.meaning, one.labels, buckets=one.buckets, registry=registry)
            for one in _of(Kind.HISTOGRAM)
        }

    def begin(self, portfolio: Portfolio) -> None:
        """Know the orders that the runs before left: what still fills is measured against them."""
        for entry in (*portfolio.retired.values(), *portfolio.working.values()):
            self._remember(entry.order)

    def count(self, metric: Metric, *labels: str, by: float = 1.0) -> None:
        """Add to a counter."""
        counter = self._counters[metric.name]
        (counter.labels(*labels) if labels else counter).inc(by)

    def measure(self, metric: Metric, value: float, *labels: str) -> None:
        """Add a value to a histogram."""
        histogram = self._histograms[metric.name]
        (histogram.labels(*labels) if labels else histogram).observe(value)

    def apply(self, event: JournalEvent) -> None:
        """Hear one journaled event."""
        match event:
            case SignalCopied() | ExitDecided() | OrderReposted():
                self._remember(event.order)
            case _:
                pass
        self._count(event)

    def _count(self, event: JournalEvent) -> None:
        match event:
            case LeaderFillObserved():
                signal = event.signal
                self.count(metrics.SIGNALS, signal.side.value, self._wallet(signal.wallet))
                self.measure(metrics.SIGNAL_LAG, (event.observed_at - signal.event_at) / SECOND)
                self.measure(metrics.DECISION_SECONDS, (event.observed_at - signal.observed_at) / SECOND)
            case SignalCopied():
                self.count(metrics.COPIED, self._wallet(event.wallet))
                self.count(metrics.ORDERS, event.order.side.value)
            case SignalRejected():
                self.count(metrics.REJECTED, event.reason.value)
            case ExitDecided():
                self.count(metrics.EXITS, event.reason.value)
                self.count(metrics.ORDERS, event.order.side.value)
            case OrderReposted():
                self.count(metrics.ORDERS, event.order.side.value)
            case OrderAbandoned():
                self.count(metrics.ABANDONED, event.reason.value)
            case OrderUnknown():
                self.count(metrics.UNKNOWN)
            case FillVoided():
                self.count(metrics.VOIDED)
            case OrderRefusedByVenue():
                self.count(metrics.REFUSED)
            case PositionSettled():
                self.count(metrics.EXITS, ExitReason.RESOLUTION.value)
            case CopyClosed():
                self.count(metrics.CLOSED, "won" if event.pnl > 0 else "lost")
            case OrderFilled():
                self._fill(event)
            case _:
                pass

    def _fill(self, event: OrderFilled) -> None:
        fill = event.fill
        self.count(metrics.FILLS, fill.side.value)
        self.count(metrics.FILLED_CASH, fill.side.value, by=fill.cash / MICRO)
        self.count(metrics.FEES, by=fill.fee / MICRO)
        order = self._orders.get(fill.order_id)
        if order is None:
            return
        self.measure(metrics.FILL_DELAY, max(0.0, (event.event_at - order.submitted_at) / SECOND))
        worse = fill.price - order.anchor if fill.side is Side.BUY else order.anchor - fill.price
        self.measure(metrics.SLIPPAGE, 10_000 * worse / order.anchor, fill.side.value)

    def _remember(self, order: Order) -> None:
        self._orders[order.order_id] = order
        if len(self._orders) > _REMEMBERED:
            self._orders.pop(next(iter(self._orders)))

    def _wallet(self, wallet: str) -> str:
        if not self._name_wallets:
            return ""
        if len(self._wallets) < MOST_WALLETS:
            self._wallets.add(wallet)
        return wallet if wallet in self._wallets else OTHER


def _of(kind: Kind) -> list[Metric]:
    return [one for one in metrics.METRICS if one.kind is kind and one not in metrics.READ_WHEN_ASKED]
