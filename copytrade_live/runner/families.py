"""Values as a monitor is handed them: families of gauges, counters and histograms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family

from copytrade_live import metrics
from copytrade_live.metric_kinds import Metric
from copytrade_live.runner.tracking.lags import BUCKETS, Lags
from copytrade_live.venue.budget import PACES, Use


def labelled(metric: Metric, values: Mapping[tuple[str, ...], float]) -> Family:
    """A gauge with a value for each combination of labels."""
    family = GaugeMetricFamily(metric.full_name, metric.meaning, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def counted(metric: Metric, values: Mapping[tuple[str, ...], float]) -> Family:
    """A counter with a value for each combination of labels."""
    family = CounterMetricFamily(metric.full_name, metric.meaning, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def lag_family(lags: Lags) -> Family:
    """How late each source told of fills."""
    metric = metrics.SOURCE_LAG
    family = HistogramMetricFamily(metric.full_name, metric.meaning, labels=metric.labels)
    for name, lag in lags.by_source.items():
        ends = [*(f"{end:g}" for end in BUCKETS), "+Inf"]
        family.add_metric([name], list(zip(ends, accumulate(lag.counts), strict=True)), lag.total_seconds)
    return family


def venue_families() -> Iterator[Family]:
    """How much of each host's budget is used."""
    uses: dict[tuple[str, ...], Use] = {(host,): pace.use for host, pace in PACES.items()}
    yield counted(metrics.VENUE_REQUESTS, {host: use.requests for host, use in uses.items()})
    yield counted(metrics.VENUE_THROTTLED, {host: use.throttled for host, use in uses.items()})
    yield counted(metrics.VENUE_WAITED, {host: use.waited_seconds for host, use in uses.items()})
    limits = {host: use.limit for host, use in uses.items() if use.limit is not None}
    yield labelled(metrics.VENUE_LIMIT, limits)
    yield labelled(metrics.VENUE_GAP, {(host,): pace.gap_seconds for host, pace in PACES.items()})
