"""The pipelines' verbs. Dagster, DuckDB and pandas are imported only inside the verbs, so that --help stays light."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_pipelines import cli_audit, cli_backtest, cli_quality, cli_score, cli_sql, cli_sweep
from copytrade_pipelines.cli_options import PANEL, ConfigOption, FillSource, JsonOption, VenueOption, open_location
from copytrade_pipelines.cli_output import show_gate, show_published, show_rows

if TYPE_CHECKING:
    from dagster import AssetKey

    from copytrade_pipelines.gating import GateDecision
    from copytrade_pipelines.headless import Location


app = typer.Typer()
app.add_typer(cli_score.app, name="score", rich_help_panel=PANEL)
app.add_typer(cli_backtest.app, name="backtest", rich_help_panel=PANEL)
app.add_typer(cli_sweep.app, name="sweep", rich_help_panel=PANEL)
app.add_typer(cli_audit.app, name="audit", rich_help_panel=PANEL)
app.add_typer(cli_quality.app, name="quality", rich_help_panel=PANEL)
app.add_typer(cli_sql.app, name="sql", rich_help_panel=PANEL)


@app.command(rich_help_panel=PANEL)
def ingest(
    venue: VenueOption = None,
    wallets: Annotated[
        Path | None, typer.Option(metavar="FILE", help="One wallet a line; then the leaderboard is not asked.")
    ] = None,
    max_wallets: Annotated[
        int | None, typer.Option(min=0, help="Wallets from the leaderboard; default: every one, none with --wallets.")
    ] = None,
    source: Annotated[
        FillSource, typer.Option(help="Where fills are read; auto takes v2, v1 where it refuses; chain the node alone.")
    ] = FillSource.AUTO,
    from_landing: Annotated[
        bool, typer.Option("--from-landing", help="Load what landed before once more, and ask no venue.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch wallets, fills, markets and resolutions, and build every table up to the marts."""
    _check_watchlist(wallets)
    location = open_location(config, venue)
    reading: dict[str, object] = {"raw__fills": {"config": {"source": source.value, "from_landing": from_landing}}}
    if from_landing:
        outcome = location.materialize([_key("raw", "fills"), *_marts()], reading)
    else:
        outcome = location.run_job("ingest_to_marts", _wallets_run(wallets, max_wallets) | reading)
    if as_json:
        print(json.dumps({"run_id": outcome.run_id, "rows": outcome.rows}, sort_keys=True))
    else:
        show_rows(outcome.rows)


@app.command("import", rich_help_panel=PANEL)
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CSV, JSON or Parquet, plain or gzip.")],
    timezone: Annotated[str, typer.Option(help="Zone of times that name none, such as America/New_York.")] = "UTC",
    config: ConfigOption = None,
) -> None:
    """Import recorded data-API rows, then build the marts."""
    from copytrade_live.core.market import SECOND
    from copytrade_live.settings import home_from_environment, load_config
    from copytrade_pipelines.ingest.dumps import import_dumps
    from copytrade_pipelines.warehouse import Warehouse

    # Before Dagster is opened for the marts: what is wrong with a file is said at once.
    home = home_from_environment()
    loaded = load_config(config, home)
    lag = round(loaded.pipelines.index_lag_seconds * SECOND)
    summary = import_dumps(files, Warehouse(path=str(home.warehouse)), timezone, lag=lag)
    for file in summary.files:
        print(
            f"{file.path}: {file.read} rows, {file.new_fills} new fills, {file.new_activity} new activity rows, "
            f"{file.duplicates} seen before, {file.quarantined} quarantined"
        )
    from copytrade_pipelines.headless import Location

    show_rows(Location(loaded, home).materialize(_marts()).rows)


@app.command(rich_help_panel=PANEL)
def gate(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Decide once whether the runner may copy, and write the gate."""
    show_gate(_write_gate(open_location(config)), as_json)


@app.command(rich_help_panel=PANEL)
def feedback(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Read the runner's journal back, build its decisions and copies, and score again."""
    show_published(open_location(config).run_job("rescore_after_copies"), as_json)


@app.command(rich_help_panel=PANEL)
def refresh(venue: VenueOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Ingest, score, publish and decide the gate, in one go."""
    from copytrade_pipelines.scoring.rehearsal import rehearse_meanwhile

    rehearse_meanwhile()
    location = open_location(config, venue)
    outcome = location.run_job("refresh_scores")
    show_published(outcome, as_json, _write_gate(location))


@app.command(hidden=True)
def prepare() -> None:
    """Make the Dagster instance of this home, before its processes start."""
    from copytrade_live.settings import home_from_environment
    from copytrade_pipelines.instance import prepare_instance

    prepare_instance(home_from_environment())


def _check_watchlist(wallets: Path | None) -> None:
    """The run reads it; what is wrong with it is said before anything is started. Raises: InputFileError."""
    from copytrade_pipelines.ingest.wallets import read_watchlist

    if wallets is not None:
        read_watchlist(wallets)


def _wallets_run(wallets: Path | None, max_wallets: int | None) -> dict[str, object]:
    from copytrade_pipelines.assets.wallets import WalletsRun

    limit = 0 if wallets is not None and max_wallets is None else max_wallets
    chosen = WalletsRun(max_wallets=limit, watchlist=str(wallets.resolve()) if wallets else "")
    return {"raw__wallets": {"config": chosen.model_dump()}}


def _key(*path: str) -> AssetKey:
    import dagster as dg

    return dg.AssetKey(list(path))


def _marts() -> list[AssetKey]:
    import dagster as dg

    from copytrade_pipelines.sql_models import load_project

    models = [
        [model.relation.schema, model.name]
        for model in load_project().models.values()
        if "scores" not in model.rendered.tags
    ]
    return [*map(dg.AssetKey, models), dg.AssetKey(["intermediate", "int_fill_values"]), dg.AssetKey("published_marts")]


def _write_gate(location: Location) -> GateDecision:
    from copytrade_pipelines.gate_facts import tick_gate
    from copytrade_pipelines.resources import VenueResource

    now = VenueResource.of(location.config.venue).now()
    return tick_gate(location.instance, location.definitions, location.config, location.home, now)
