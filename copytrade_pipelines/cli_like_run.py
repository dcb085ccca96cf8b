"""What `backtest like-run` does, and how it tells of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from copytrade_pipelines.cli_audit_backtest import shown_progress
from copytrade_pipelines.cli_options import open_location

if TYPE_CHECKING:
    from copytrade_live.core.market import Instant
    from copytrade_pipelines.backtest.like_run import LikeRun


def explain_period(
    journal: Path | None,
    start: str,
    end: str,
    *,
    is_live: bool,
    tape: str,
    assume: str,
    top: int,
    config: Path | None,
    as_json: bool,
) -> None:
    """Run a period again as a backtest and show why it came out otherwise."""
    from copytrade_live.output import print_json
    from copytrade_live.settings import Home
    from copytrade_pipelines.backtest.like_run import Assume, TapeFrom, like_run
    from copytrade_pipelines.warehouse import Warehouse

    location = open_location(config)
    own: Home = location.home.live() if is_live else location.home
    with shown_progress() as progress:
        found = like_run(
            journal or own.export,
            location.config,
            location.home,
            Warehouse(path=str(location.home.warehouse)),
            start=_instant(start),
            end=_instant(end),
            tape_from=TapeFrom(tape),
            assume=Assume(assume),
            progress=progress,
        )
    if as_json:
        print_json(found.as_json())
    else:
        _show(found, top)


def _instant(text: str) -> Instant | None:
    from copytrade_live.clock import from_iso
    from copytrade_live.errors import ConfigError

    if not text:
        return None
    try:
        return from_iso(text)
    except ValueError:
        raise ConfigError(f"a time is ISO 8601 such as 2026-01-31 or 2026-01-31T12:00:00Z, was {text!r}") from None


def _show(found: LikeRun, top: int) -> None:
    from copytrade_live.clock import to_iso
    from copytrade_live.output import counted, print_table, short_id
    from copytrade_pipelines.backtest.explained import MEANINGS, Cause

    lived, explained = found.lived, found.explained
    print(f"{lived.run_id} ({lived.mode}), {to_iso(lived.started_at)[:19]} to {to_iso(lived.ended_at)[:19]}")
    print(
        f"{counted(explained.agreed, 'signal')} came to the same, {len(explained.rows):,} did not. Copies earned "
        f"{explained.lived:+,.2f} $ then and {explained.tested:+,.2f} $ in the backtest: {explained.difference:+,.2f} $"
    )
    causes = [
        [cause.value, explained.counted(cause), f"{explained.total(cause):+,.2f}", MEANINGS[cause]]
        for cause in Cause
        if explained.counted(cause) or explained.total(cause)
    ]
    total = f"{sum(explained.total(cause) for cause in Cause):+,.2f}"
    print_table("Why", ["cause", "rows", "$", ""], [*causes, ["together", len(explained.rows), total, ""]])
    largest = sorted(explained.rows, key=lambda row: (-abs(row.difference), row.at))[:top]
    rows = [
        [
            to_iso(row.at)[5:19],
            short_id(row.signal_id),
            row.lived_answer,
            row.tested_answer,
            f"{row.difference:+,.2f}",
            ", ".join(f"{cause.value} {part:+,.2f}" for cause, part in row.parts.items()),
        ]
        for row in largest
    ]
    print_table("Largest differences", ["at", "signal", "then", "in the backtest", "$", "of which"], rows)
    print(f"all rows {found.folder / 'rows.csv'}")
    if found.backtest is not None:
        print(f"report {found.backtest / 'report.html'}")
