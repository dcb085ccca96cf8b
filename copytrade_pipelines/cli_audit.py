"""The verb `audit`: whether scores and backtests follow from what was known at their time, and from when they began."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrade_pipelines.cli_options import ConfigOption, JsonOption, open_location

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from copytrade_live.core.market import Instant
    from copytrade_pipelines.scoring.audit import Audit

app = typer.Typer(no_args_is_help=True)
DIFFERENCE_FOUND = 3
SHOWN = 40


@app.callback()
def audit() -> None:
    """Check what the data platform keeps against its own past."""


BacktestOption = Annotated[
    str | None, typer.Option("--backtest", metavar="RUN", help="A backtest's id, its beginning, or: last.")
]


@app.command()
def lookahead(
    backtest: BacktestOption = None,
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="TIME", help="With --backtest: change rows from here on. Default: just after decisions."),
    ] = None,
    as_of: Annotated[
        list[str] | None, typer.Option(metavar="TIME", help="ISO 8601; may be given again. Default: a sample.")
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="How many kept times, or moments of a backtest, to audit.")] = 5,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do again what was done, from data cut off at past times, and compare; exit 3 where it differs.

    Scores are scored again. With --backtest, a run is run again up to moments in it, with the later rows cut off and
    with them falsified.
    """
    if backtest is not None:
        from copytrade_pipelines.cli_audit_backtest import lookahead_of

        cuts = [_instant(text) for text in at or []]
        if not lookahead_of(open_location(config), backtest, cuts, samples, as_json):
            raise typer.Exit(DIFFERENCE_FOUND)
        return
    _audit_scores(as_of, samples, config, as_json)


@app.command()
def recursion(
    backtest: BacktestOption = "last",
    start: Annotated[
        list[str] | None,
        typer.Option(metavar="TIME", help="Begin here too; may be given again. Default: 1/8, 1/4 and 1/2 in."),
    ] = None,
    earlier_days: Annotated[
        float, typer.Option(min=0, help="Also begin so many days earlier, with rows of the warehouse as it is now.")
    ] = 0.0,
    tolerance: Annotated[float, typer.Option(min=0, help="Average relative difference that still passes.")] = 0.05,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a backtest from other starts, and compare what its decisions saw and did; exit 3 above the tolerance."""
    from copytrade_pipelines.cli_audit_backtest import recursion_of

    starts = [_instant(text) for text in start or []]
    if not recursion_of(open_location(config), backtest or "last", starts, earlier_days, tolerance, as_json):
        raise typer.Exit(DIFFERENCE_FOUND)


def _instant(text: str) -> Instant:
    from copytrade_live.clock import from_iso

    try:
        return from_iso(text)
    except ValueError:
        raise typer.BadParameter(f"a time is ISO 8601 such as 2026-01-31T12:00:00Z, was {text!r}") from None


def _audit_scores(as_of: list[str] | None, samples: int, config: Path | None, as_json: bool) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from copytrade_live.errors import ConfigError
    from copytrade_pipelines.scoring.audit import audit as audit_scores
    from copytrade_pipelines.scoring.audit import kept_as_ofs, kept_versions, sample
    from copytrade_pipelines.scoring.parameters import parameters_of
    from copytrade_pipelines.warehouse import Warehouse

    location = open_location(config)
    found = []
    with (
        Warehouse(path=str(location.home.warehouse)).connect() as con,
        Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar,
    ):
        kept = {version: kept_as_ofs(con, version) for version in kept_versions(con)}
        if not kept:
            raise ConfigError(f"no scores are kept in {location.home.warehouse}; make some with: copytrade score")
        for version, as_ofs in kept.items():
            chosen = _chosen(as_of, as_ofs) if as_of else sample(as_ofs, samples)
            task = bar.add_task(version, total=len(chosen))
            show = partial(_advance, bar, task)
            found.append(audit_scores(con, chosen, parameters_of(location.config), version, progress=show))
    _show(found, as_json)
    if any(one.differences for one in found):
        raise typer.Exit(DIFFERENCE_FOUND)


def _chosen(wanted: list[str], kept: list[Instant]) -> list[Instant]:
    from copytrade_live.clock import to_iso

    chosen = []
    for text in wanted:
        instant = _instant(text)
        if instant not in kept:
            near = min(kept, key=lambda one: abs(one - instant), default=None)
            hint = "none is kept" if near is None else f"the nearest is {to_iso(near)}"
            raise typer.BadParameter(f"no scores are kept as of {text}; {hint}")
        chosen.append(instant)
    return chosen


def _advance(bar: Progress, task: TaskID, done: int, of: int) -> None:
    bar.update(task, completed=done, total=of)


def _show(found: list[Audit], as_json: bool) -> None:
    from copytrade_live.clock import to_iso
    from copytrade_live.output import print_table

    differing = [difference for one in found for difference in one.differences]
    rows: list[dict[str, Any]] = [{**asdict(one), "as_of": to_iso(one.as_of)} for one in differing]
    counted, as_ofs = sum(one.rows for one in found), sorted({as_of for one in found for as_of in one.as_ofs})
    if as_json:
        content = {"as_ofs": [to_iso(as_of) for as_of in as_ofs], "rows": counted, "differences": rows}
        print(json.dumps(content, sort_keys=True, default=str))
        return
    print(f"{counted:,} rows of {len(as_ofs)} times scored again, {len(rows):,} differences")
    if rows:
        shown = [[_exact(value) for value in row.values()] for row in rows[:SHOWN]]
        print_table("Differences", list(rows[0]), shown)
    if len(rows) > SHOWN:
        print(f"… and {len(rows) - SHOWN:,} more; --json prints them all")


def _exact(value: object) -> object:
    # Rounded for reading, two numbers that differ may look alike.
    return f"{value:.9g}" if isinstance(value, float) else value
