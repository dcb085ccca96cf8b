"""How late sources are: of the latest fills for people, of all for metrics."""

from __future__ import annotations

from copytrade_live.core.market import SECOND
from copytrade_live.runner.tracking.lags import LATEST, Lags


def test_quantiles_are_of_the_latest_fills_and_counts_of_all() -> None:
    lags = Lags()
    for _ in range(LATEST):
        lags.note("poll", 300 * SECOND)
    late = lags.by_source["poll"].quantile(0.9)
    assert late is not None
    assert late >= 300
    for _ in range(LATEST):
        lags.note("poll", 1 * SECOND)
    lag = lags.by_source["poll"]
    assert [lag.quantile(share) for share in (0.5, 0.9, 0.99)] == [1.0, 1.0, 1.0]
    assert lag.told == sum(lag.counts) == 2 * LATEST


def test_a_quantile_is_exceeded_by_no_more_than_its_share() -> None:
    lags = Lags()
    for number in range(20):
        lags.note("stream", (1 if number < 18 else 20) * SECOND)
    lag = lags.by_source["stream"]
    assert (lag.quantile(0.9), lag.quantile(0.95)) == (1.0, 20.0)


def test_nothing_was_told_yet() -> None:
    assert Lags().facts("chain")["lag_p90"] is None
