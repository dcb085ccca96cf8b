"""How old each asset may grow, by how often something is meant to make it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import dagster as dg

from copytrade_live.core.market import SECOND, Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Older than warn is late, older than fail is stale."""

    warn: timedelta
    fail: timedelta

    def policy(self) -> dg.FreshnessPolicy:
        """The same for Dagster, which shows it beside the asset."""
        return dg.FreshnessPolicy.time_window(fail_window=self.fail, warn_window=self.warn)


# One run missed is a warning, three are a failure; scores fail long before the runner calls them stale.
HOURLY = Window(warn=timedelta(hours=2), fail=timedelta(hours=4))
DAILY = Window(warn=timedelta(hours=26), fail=timedelta(hours=50))
WEEKLY = Window(warn=timedelta(days=8), fail=timedelta(days=15))
_BY_GROUP = {"raw": HOURLY, "marts": HOURLY, "scores": HOURLY, "backtests": DAILY, "report_card": WEEKLY}
_BY_KEY: Mapping[tuple[str, ...], Window | None] = {
    ("daily_scores",): DAILY,
    ("raw", "history_audit"): DAILY,
    ("report_card",): WEEKLY,
    ("walk_forward",): WEEKLY,
    # Made when somebody asks for one.
    ("sweep_points",): None,
}
# Those whose age is an asset check as well, so that it stands with the other checks and its change is an event.
WATCHED: Mapping[dg.AssetKey, Window] = {
    dg.AssetKey(["raw", "fills"]): HOURLY,
    dg.AssetKey(["raw", "books"]): HOURLY,
    dg.AssetKey(["marts", "fct_fills"]): HOURLY,
    dg.AssetKey(["trader_scores"]): HOURLY,
    dg.AssetKey(["published_scores"]): HOURLY,
    dg.AssetKey(["backtest_runs"]): DAILY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How old an asset is, and whether that is all right. seconds is None for one that was never made."""

    is_fresh: bool
    said: str
    seconds: float | None = None


def window_of(key: dg.AssetKey, group: str | None) -> Window | None:
    """How old an asset may grow; None where it does not matter."""
    return _BY_KEY[tuple(key.path)] if tuple(key.path) in _BY_KEY else _BY_GROUP.get(group or "")


def keep_fresh(spec: dg.AssetSpec) -> dg.AssetSpec:
    """A spec with the freshness policy of its window."""
    window = window_of(spec.key, spec.group_name)
    return spec if window is None else spec.replace_attributes(freshness_policy=window.policy())


def judge_age(made_at: Instant | None, now: Instant, window: Window) -> Age:
    """Whether something made then is still fresh now."""
    if made_at is None:
        return Age(is_fresh=False, said="was never made; launch the job that makes it")
    age = timedelta(seconds=(now - made_at) // SECOND)
    if age <= window.warn:
        return Age(is_fresh=True, said=f"made within {window.warn}", seconds=age.total_seconds())
    word = "stale" if age > window.fail else "late"
    said = f"{word}: older than {window.fail if age > window.fail else window.warn}; does its schedule run?"
    return Age(is_fresh=False, said=said, seconds=age.total_seconds())
