"""The verbs `quality check`, `quality docs` and `quality quarantine`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_pipelines.cli_options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from copytrade_live.core.market import Instant
    from copytrade_live.settings import CopytradeConfig, Home
    from copytrade_pipelines.quality.quarantine import Times
    from copytrade_pipelines.warehouse import Warehouse

app = typer.Typer(help="Whether the data can be trusted: contracts, anomalies, data docs, quarantine.")
quarantine = typer.Typer(help="Rows that were set aside, and their second chance.")
app.add_typer(quarantine, name="quarantine")

DIFFERENCE_FOUND = 3
SourceOption = Annotated[
    str, typer.Option(metavar="SOURCE", help="Only sources that begin so, such as data-api/v2/trades.")
]


@app.command()
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check every contract and look for every anomaly; exit code 3 when something was found."""
    from copytrade_live.clock import SystemClock
    from copytrade_live.output import print_json, print_table
    from copytrade_pipelines.quality.inspection import inspect

    loaded, home = _loaded(config)
    verdicts = inspect(home, now=_now(loaded), checked_at=SystemClock().now(), progress=_tell)
    odd = [one for one in verdicts if not one.is_met]
    if as_json:
        rows = [
            {"table": one.table, "check": one.check, "severity": one.severity, "rows": one.rows, "found": one.found}
            for one in verdicts
        ]
        print_json({"checks": rows, "found": len(odd)})
    else:
        columns = ["table", "check", "severity", "found"]
        print_table(
            "Checks", columns, [(one.table, one.check, one.severity, one.found or "nothing") for one in verdicts]
        )
    if odd:
        raise typer.Exit(DIFFERENCE_FOUND)


@app.command()
def docs(
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to write; default: quality/docs in COPYTRADE_HOME.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the last results of the suites as static pages that load nothing from anywhere."""
    from copytrade_live.errors import InputFileError
    from copytrade_live.output import print_json
    from copytrade_pipelines.quality.pages import write_pages
    from copytrade_pipelines.quality.results import stored_results

    _, home = _loaded(config)
    results = stored_results(home.quality)
    if not results:
        raise InputFileError(f"{home.quality} holds no results yet; run: copytrade quality check")
    pages = write_pages(out or home.quality / "docs", results)
    if as_json:
        print_json({"index": str(pages[0]), "suites": [one.suite for one in results]})
    else:
        print(f"{len(results)} suites, {sum(one.broken for one in results)} broken demands: {pages[0]}")


@quarantine.command("list")
def list_(source: SourceOption = "", config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Count what was set aside, by source and field, and show the ids."""
    from copytrade_live.output import print_json, print_table
    from copytrade_pipelines.quality.quarantine import ids_of, list_quarantine

    warehouse = _warehouse(config)
    with warehouse.connect() as con:
        counts, rows = list_quarantine(con, source), ids_of(con, source)
    if as_json:
        names = ("source", "field", "rows", "reason")
        ids = [{"id": one.quarantine_id, "source": one.source, "reason": one.reason} for one in rows]
        print_json({"counts": [dict(zip(names, row, strict=True)) for row in counts], "rows": ids})
        return
    print_table("Set aside", ["source", "field", "rows", "reason"], counts)
    print_table("Rows", ["id", "source", "reason"], [(one.quarantine_id, one.source, one.reason) for one in rows])


@quarantine.command()
def show(
    row_id: Annotated[str, typer.Argument(metavar="ID", help="The id, or the beginning of it.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one row whole: why it was set aside, and the payload as it came."""
    from dataclasses import asdict

    from copytrade_live.output import print_facts, print_json
    from copytrade_pipelines.quality.quarantine import find_row

    with _warehouse(config).connect() as con:
        row = find_row(con, row_id)
    if as_json:
        print_json(asdict(row))
    else:
        print_facts("Set aside", asdict(row))


@quarantine.command()
def reingest(source: SourceOption = "", config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Read rows again: what the parser accepts moves to its table, the rest keeps the new reason."""
    from dataclasses import asdict

    from copytrade_live.output import print_json, print_table
    from copytrade_pipelines.quality.quarantine import reingest as read_again

    loaded, _ = _loaded(config)
    times = _times(loaded)
    with _warehouse(config).connect() as con:
        done = read_again(con, times, source)
    if as_json:
        print_json([asdict(one) for one in done])
        return
    rows = [(one.source, one.tried, one.accepted, one.new, one.refused) for one in done]
    print_table("Read again", ["source", "tried", "accepted", "new", "refused"], rows)


def _loaded(config: Path | None) -> tuple[CopytradeConfig, Home]:
    from copytrade_live.settings import home_from_environment, load_config

    home = home_from_environment()
    return load_config(config, home), home


def _warehouse(config: Path | None) -> Warehouse:
    from copytrade_pipelines.warehouse import Warehouse

    _, home = _loaded(config)
    return Warehouse(path=str(home.warehouse))


def _now(config: CopytradeConfig) -> Instant:
    from copytrade_live.clock import SystemClock
    from copytrade_live.errors import VenueError
    from copytrade_pipelines.resources import VenueResource

    try:
        return VenueResource.of(config.venue).now()
    except VenueError:  # a sandbox that is gone; the machine's time says at least what is over
        return SystemClock().now()


def _times(config: CopytradeConfig) -> Times:
    from copytrade_live.core.market import SECOND
    from copytrade_pipelines.quality.quarantine import Times

    return Times(lag=round(config.pipelines.index_lag_seconds * SECOND), now=_now(config))


def _tell(done: int, total: int, label: str) -> None:
    typer.echo(f"[{done}/{total}] {label}", err=True)
