"""The pipelines' verbs. Dagster, DuckDB and pandas are imported only inside the verbs, so that --help stays light."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster import AssetKey

    from copytrade_live.settings import CopytradeConfig
    from copytrade_pipelines.gating import GateDecision
    from copytrade_pipelines.headless import Location, Outcome

app = typer.Typer()
PANEL = "Data platform"

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Config file; default: config.yaml in COPYTRADE_HOME.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
VenueOption = Annotated[
    str | None, typer.Option("--venue", metavar="URL", help="One address of every API, instead of the config's.")
]


@app.command(rich_help_panel=PANEL)
def ingest(
    venue: VenueOption = None,
    wallets: Annotated[
        Path | None, typer.Option(metavar="FILE", help="One wallet a line; then the leaderboard is not asked.")
    ] = None,
    max_wallets: Annotated[
        int | None, typer.Option(min=0, help="Wallets from the leaderboard; default: every one, none with --wallets.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch wallets, fills, markets and resolutions, and build every table up to the marts."""
    outcome = _open(config, venue).run_job("ingest_to_marts", _wallets_run(wallets, max_wallets))
    if as_json:
        print(json.dumps({"run_id": outcome.run_id, "rows": outcome.rows}, sort_keys=True))
    else:
        _show_rows(outcome.rows)


@app.command("import", rich_help_panel=PANEL)
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CSV, JSON or Parquet, plain or gzip.")],
    timezone: Annotated[str, typer.Option(help="Zone of times that name none, such as America/New_York.")] = "UTC",
    config: ConfigOption = None,
) -> None:
    """Import recorded data-API rows, then build the marts."""
    from copytrade_live.core.market import SECOND
    from copytrade_pipelines.ingest.dumps import import_dumps
    from copytrade_pipelines.warehouse import Warehouse

    location = _open(config)
    lag = round(location.config.pipelines.index_lag_seconds * SECOND)
    summary = import_dumps(files, Warehouse(path=str(location.home.warehouse)), timezone, lag=lag)
    for file in summary.files:
        print(
            f"{file.path}: {file.read} rows, {file.new_fills} new fills, {file.new_activity} new activity rows, "
            f"{file.duplicates} seen before, {file.quarantined} quarantined"
        )
    _show_rows(location.materialize(_marts()).rows)


@app.command(rich_help_panel=PANEL)
def score(
    as_of: Annotated[str, typer.Option(metavar="TIME", help="ISO 8601; default: the venue's time now.")] = "",
    backfill_days: Annotated[int, typer.Option(min=0, help="Also score each day this far back, for backtests.")] = 0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score every wallet, check the scores and publish them."""
    import dagster as dg

    keys = [
        dg.AssetKey(["intermediate", "int_episodes"]),
        dg.AssetKey("trader_scores"),
        dg.AssetKey("published_scores"),
    ]
    settings = {"as_of": as_of, "backfill_days": backfill_days, "backfill_step_days": 1}
    _show_published(_open(config).materialize(keys, {"trader_scores": {"config": settings}}), as_json)


@app.command(rich_help_panel=PANEL)
def gate(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Decide once whether the runner may copy, and write the gate."""
    _show_gate(_write_gate(_open(config)), as_json)


@app.command(rich_help_panel=PANEL)
def feedback(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Read the runner's journal back, build its decisions and copies, and score again."""
    _show_published(_open(config).run_job("rescore_after_copies"), as_json)


@app.command(rich_help_panel=PANEL)
def refresh(venue: VenueOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Ingest, score, publish and decide the gate, in one go."""
    location = _open(config, venue)
    outcome = location.run_job("refresh_scores")
    _show_published(outcome, as_json, _write_gate(location))


@app.command(rich_help_panel=PANEL)
def backtest(
    start: Annotated[
        str, typer.Option("--from", metavar="DAY", help="First day; default: 14 days before the end.")
    ] = "",
    end: Annotated[str, typer.Option("--to", metavar="DAY", help="End, not included; default: the venue's now.")] = "",
    leaders: Annotated[
        str, typer.Option(metavar="WALLETS", help="Wallets by comma; default: the best scored as of then.")
    ] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay history through the runner's own decisions and write a report."""
    location = _open(config)
    named = [wallet.strip().lower() for wallet in leaders.split(",") if wallet.strip()]
    settings = {
        "from_day": start,
        "to_day": end,
        "leaders": named,
        "follow_top": location.config.tracker.follow_top,
    }
    found = location.run_job("nightly_backtest", {"backtest_runs": {"config": settings}}).metadata["backtest_runs"]
    _show_backtest(found, as_json)


@app.command(hidden=True)
def prepare() -> None:
    """Make the Dagster instance of this home, before its processes start."""
    from copytrade_live.settings import home_from_environment
    from copytrade_pipelines.instance import prepare_instance

    prepare_instance(home_from_environment())


def _open(config: Path | None, venue: str | None = None) -> Location:
    from copytrade_live.settings import home_from_environment, load_config
    from copytrade_pipelines.headless import Location

    home = home_from_environment()
    loaded = load_config(config, home)
    return Location(_at(loaded, venue) if venue else loaded, home)


def _at(config: CopytradeConfig, venue: str) -> CopytradeConfig:
    from copytrade_live.venue_address import venue_changes

    changed = {name: change.value for (_, name), change in venue_changes(venue).items()}
    section = type(config.venue).model_validate(config.venue.model_dump() | changed)
    return config.model_copy(update={"venue": section})


def _wallets_run(wallets: Path | None, max_wallets: int | None) -> dict[str, object]:
    from copytrade_pipelines.assets.wallets import WalletsRun

    limit = 0 if wallets is not None and max_wallets is None else max_wallets
    chosen = WalletsRun(max_wallets=limit, watchlist=str(wallets.resolve()) if wallets else "")
    return {"raw__wallets": {"config": chosen.model_dump()}}


def _marts() -> list[AssetKey]:
    import dagster as dg

    from copytrade_pipelines.sql_models import load_project

    models = [[model.relation.schema, model.name] for model in load_project().models.values()]
    return [*map(dg.AssetKey, models), dg.AssetKey(["intermediate", "int_fill_values"])]


def _write_gate(location: Location) -> GateDecision:
    from copytrade_pipelines.gate_facts import tick_gate
    from copytrade_pipelines.resources import VenueResource

    now = VenueResource.of(location.config.venue).now()
    return tick_gate(location.instance, location.definitions, location.config, location.home, now)


def _show_published(outcome: Outcome, as_json: bool, decision: GateDecision | None = None) -> None:
    snapshot_id = outcome.metadata["published_scores"]["snapshot_id"]
    if as_json:
        content = {"run_id": outcome.run_id, "rows": outcome.rows, "snapshot_id": snapshot_id}
        print(json.dumps(content | ({"gate": asdict(decision.gate)} if decision else {}), sort_keys=True))
        return
    _show_rows(outcome.rows)
    print(f"published {snapshot_id}")
    if decision is not None:
        _show_gate(decision, as_json=False)


def _show_gate(decision: GateDecision, as_json: bool) -> None:
    from copytrade_live.clock import to_iso

    gate = decision.gate
    if as_json:
        print(json.dumps(asdict(gate), sort_keys=True))
        return
    print(f"gate {'open' if gate.is_open else 'closed'} until {to_iso(gate.valid_until)}, snapshot {gate.snapshot_id}")
    for reason in gate.reasons:
        print(f"  {reason}")


def _show_rows(rows: Mapping[str, int]) -> None:
    from copytrade_live.output import print_table

    print_table("Rows", ["table", "rows"], sorted(rows.items()))


def _show_backtest(found: Mapping[str, Any], as_json: bool) -> None:
    from copytrade_live.output import print_table

    numbers = {str(record["number"]): str(record["value"]) for record in found["summary"]}
    kept = {name: found[name] for name in ("run_id", "window", "report", "journal", "decisions", "exits", "books")}
    if as_json:
        print(json.dumps(kept | {"summary": numbers}, sort_keys=True))
        return
    print_table(f"Backtest {found['run_id']}, {found['window']}", ["", ""], numbers.items())
    for title in ("decisions", "exits"):
        print_table(title.capitalize(), ["", ""], Counter(found[title]).most_common())
    print(f"report {found['report']}")
