"""What backtests, sweeps and walk-forwards can be told in the launchpad, and what their windows mean.

Ranges are checked by the step itself: the launchpad does not know them, and its own errors name no remedy.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from copytrade_live.clock import from_iso
from copytrade_live.core.market import DAY, SECOND, Instant
from copytrade_live.errors import ConfigError, VenueError
from copytrade_live.settings import Home
from copytrade_pipelines.backtest.grid import Grid, parse_grid, read_grid
from copytrade_pipelines.resources import Settings
from copytrade_pipelines.warehouse import Warehouse

DEFAULT_DAYS = 14
_LONGEST_STEP = 7 * DAY
DEFAULT_GRID: dict[str, Any] = {
    "score.min_p_pos": [0.7, 0.8],
    "sizing.kelly_multiplier": [0.15, 0.25],
    "exit.stop_loss": [0.12, 0.3],
}


class BacktestConfig(dg.Config):
    """What to test. Every field has a default, so that a run can be launched as it stands."""

    from_day: str = Field(
        default="",
        description="Start, an ISO day or time (2026-03-01, 2026-03-01T06:00Z); empty: 14 days before the end.",
    )
    to_day: str = Field(default="", description="End, not included, an ISO day or time; empty: the venue's now.")
    leaders: list[str] = Field(default=[], description="Wallets to follow; empty follows the best scored as of then.")
    follow_top: int = Field(default=20, description="How many of the best scored to follow when none is named.")
    score_missing: bool = Field(
        default=True,
        description="Score as of the start, and again before scores grow too old, where none was known of that time.",
    )
    overrides: dict[str, Any] = Field(
        default={}, description="Settings to change for this run, by dotted key: {'filter.max_spread': 0.05}."
    )


class GridConfig(BacktestConfig):
    """A window, whom to follow, and the settings to try on it."""

    grid: dict[str, Any] = Field(
        default=DEFAULT_GRID, description="Values to try by dotted setting: {'filter.max_spread': [0.03, 0.05]}."
    )
    random: int = Field(default=0, description="How many combinations to draw by chance; 0 tries every one.")
    seed: int = Field(default=0, description="What such a draw depends on.")
    grid_file: str = Field(
        default="", description="A YAML file to read instead of grid, random and seed; relative ones lie in the home."
    )


class WalkConfig(GridConfig):
    """How a walk-forward is cut into folds, besides what a grid says. from_day and to_day are not asked for."""

    train_days: float = Field(default=14.0, description="Days a fold chooses settings on.")
    test_days: float = Field(default=7.0, description="Days that follow, on which the choice is tested.")
    purge_days: float = Field(
        default=3.0, description="Days left out between: copies held over them would be known only in the test."
    )
    folds: int = Field(default=3, description="How many folds, the last one ending at to_day.")


def grid_of(config: GridConfig, home: Home) -> tuple[Grid, str]:
    """The grid a run is told to try, and what to call it in errors. Raises: ConfigError saying what is wrong."""
    if config.grid_file:
        path = home.resolve(config.grid_file)
        return read_grid(path), str(path)
    values = {"settings": config.grid, "seed": config.seed, "random": config.random or None}
    return parse_grid(values, origin="grid"), "grid"


def window_days(
    from_day: str, to_day: str, now: Callable[[], Instant], days: float = DEFAULT_DAYS
) -> tuple[Instant, Instant]:
    """The window two ISO times name; now is asked only when the end is left open. Raises: ConfigError."""
    try:
        end = _instant("to_day", to_day) if to_day else now()
    except VenueError as error:
        raise ConfigError(f"no end was given, and the venue's time cannot be told: {error}; or give to_day") from None
    start = _instant("from_day", from_day) if from_day else end - round(days * DAY)
    return start, end


def score_before(warehouse: Warehouse, settings: Settings, start: Instant, end: Instant) -> list[Instant]:
    """Score as of the start of a window, and in it as often as scores grow too old, where none was known of that time.

    Such scores use nothing that was known later: they are those that would have been published. Returns: as of when.
    """
    # Heavy, and definitions load often.
    from copytrade_pipelines.assets.scores import score_times
    from copytrade_pipelines.scoring.audit import kept_as_ofs

    chosen = settings.config()
    step = max(DAY, min(round(chosen.score.max_age_seconds) * SECOND, _LONGEST_STEP))
    with warehouse.connect() as con:
        kept = kept_as_ofs(con, chosen.scoring.champion)
    due = [at for at in range(start, end, step) if not any(at - step < as_of <= at for as_of in kept)]
    if due:
        score_times(warehouse, settings, due)
    return due


def report_links(folder: Path, dashboard: str) -> dict[str, dg.MetadataValue[Any]]:
    """Where a report is read, and where it lies: browsers follow no link from a page of a server to a file."""
    return {
        "read_the_report": dg.MetadataValue.url(f"{dashboard}/backtests/{folder.name}"),
        "report": dg.MetadataValue.path(str(folder / "report.html")),
        "open_the_report": dg.MetadataValue.text(f"copytrade backtest show {folder.name} --open"),
        "folder": dg.MetadataValue.path(str(folder)),
    }


def _instant(name: str, text: str) -> Instant:
    try:
        return from_iso(text)
    except ValueError:
        raise ConfigError(
            f"{name} must be an ISO day or time like 2026-03-01 or 2026-03-01T06:00:00Z, was {text!r}"
        ) from None
