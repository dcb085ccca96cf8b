"""The verb `sql`: build, check, print and read the SQL models by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrade_pipelines.cli_options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from copytrade_pipelines.sql_run import Ran
    from copytrade_pipelines.warehouse import Warehouse

FAILED = 1
DIFFERENCE = 3

app = typer.Typer(no_args_is_help=True, help="Build, check, print and read the SQL models.")

ModelsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MODEL]…",
        help="Names or dbt selectors: fct_fills, +fct_fills, fct_fills+, 2+fct_fills, tag:pnl, marts, stg_*.",
    ),
]
UpstreamOption = Annotated[bool, typer.Option("--upstream", help="Also everything they are made from, as +MODEL.")]
DownstreamOption = Annotated[bool, typer.Option("--downstream", help="Also everything made from them, as MODEL+.")]


@app.command()
def run(
    models: ModelsArgument = None,
    upstream: UpstreamOption = False,
    downstream: DownstreamOption = False,
    full_refresh: Annotated[bool, typer.Option("--full-refresh", help="Build from nothing, whatever changed.")] = False,
    checks: Annotated[bool, typer.Option(help="Hold what was built to its rules.")] = True,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring models up to date and check them; what is made from one with a broken blocking rule is skipped."""
    from copytrade_pipelines.sql_models import load_project
    from copytrade_pipelines.sql_run import run_models
    from copytrade_pipelines.sql_select import select

    project = load_project()
    names = select(project, models or (), upstream=upstream, downstream=downstream)
    ran = run_models(project, _warehouse(config), names, full_refresh=full_refresh, checks=checks)
    _show(_told(ran, len(names), quiet=as_json), as_json, all_must_end=bool(models))


@app.command("test")
def find_broken(
    models: ModelsArgument = None,
    upstream: UpstreamOption = False,
    downstream: DownstreamOption = False,
    everything: Annotated[bool, typer.Option("--everything", help="See every row, not only changed ones.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--compare-rebuild", help="Also compare incremental tables with a build from nothing.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the rows that break a rule of a built model; exit 3 when there are some."""
    from copytrade_pipelines.sql_models import load_project
    from copytrade_pipelines.sql_run import check_models
    from copytrade_pipelines.sql_select import select

    project = load_project()
    names = [
        name
        for name in select(project, models or (), upstream=upstream, downstream=downstream)
        if name in project.models
    ]
    ran = check_models(project, _warehouse(config), names, everything=everything, rebuild=rebuild)
    _show(_told(ran, len(names), quiet=as_json), as_json, all_must_end=bool(models))


@app.command()
def render(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name of one model.")],
    incremental: Annotated[
        bool, typer.Option("--incremental", help="What a step of an incremental model selects.")
    ] = False,
) -> None:
    """Print the SQL of a model as the DuckDB shell runs it."""
    from copytrade_live.errors import SqlModelError
    from copytrade_pipelines.sql_models import load_project

    rendered = load_project().model(model).rendered
    if incremental and rendered.step is None:
        raise SqlModelError(f"{model} is a {rendered.materialized}, not incremental; leave --incremental out")
    print(rendered.step.sql if incremental and rendered.step else rendered.sql, end="")


@app.command("list")
def list_(
    models: ModelsArgument = None,
    upstream: UpstreamOption = False,
    downstream: DownstreamOption = False,
    as_json: JsonOption = False,
) -> None:
    """List models in building order, with what they are made from."""
    from copytrade_live.output import print_json, print_table
    from copytrade_pipelines.sql_docs import facts_of
    from copytrade_pipelines.sql_models import load_project
    from copytrade_pipelines.sql_select import select

    project = load_project()
    facts = [
        facts_of(project, name) for name in select(project, models or (), upstream=upstream, downstream=downstream)
    ]
    if as_json:
        print_json(facts)
        return
    shown = [[each["relation"], each["materialized"], each["grain"], each["upstream"]] for each in facts]
    print_table("Models", ["table", "is", "grain", "made from"], shown)


@app.command()
def docs(
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Page to write; default: docs/models.md.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare; exit 3 when the page is not what models say.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the page about every model: grain, columns, lineage, tests."""
    from copytrade_live.output import print_json
    from copytrade_pipelines.sql_docs import PAGE, models_page, project_facts
    from copytrade_pipelines.sql_models import load_project

    project, path = load_project(), out or PAGE
    if as_json:
        print_json(project_facts(project))
        return
    text = models_page(project)
    is_current = path.exists() and path.read_text(encoding="utf-8") == text
    if check:
        print(f"{path} is current" if is_current else f"{path} differs from the models; run: copytrade sql docs")
        raise typer.Exit(0 if is_current else DIFFERENCE)
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path}" if not is_current else f"{path} was current")


@app.command()
def publish(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Publish the marts for readers: what `sql shell` and other programs open while the pipelines write."""
    from copytrade_live.output import print_json, print_table
    from copytrade_live.settings import home_from_environment, load_config
    from copytrade_pipelines.mart_files import publish_marts

    home = home_from_environment()
    settings = load_config(config, home).pipelines
    with _warehouse(config).connect() as con:
        manifest = publish_marts(con, home.published, settings.published_marts, keep=settings.keep_marts)
    if as_json:
        print_json(asdict(manifest))
        return
    rows = [[mart.name, mart.rows, mart.bytes, mart.file] for mart in manifest.marts]
    print_table(f"Published {manifest.publication_id}", ["mart", "rows", "bytes", "file"], rows)


@app.command()
def shell(
    command: Annotated[
        str | None, typer.Option("--command", "-c", metavar="SQL", help="Run this and leave, instead of a prompt.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Query the published marts in DuckDB: a prompt on a terminal, else statements from standard input."""
    from copytrade_live.settings import home_from_environment
    from copytrade_pipelines.sql_shell import Shell, prompt, run_script

    home = home_from_environment()
    opened = Shell.open(home.published)
    if command is None and sys.stdin.isatty() and not as_json:
        prompt(opened, home.root / "sql_history")
        return
    run_script(opened, command if command is not None else sys.stdin.read(), as_json=as_json)


def _warehouse(config: Path | None) -> Warehouse:
    from copytrade_live.settings import home_from_environment, load_config
    from copytrade_pipelines.warehouse import Warehouse

    home = home_from_environment()
    load_config(config, home)
    return Warehouse(path=str(home.warehouse))


def _told(runs: Iterable[Ran], total: int, *, quiet: bool) -> list[Ran]:
    done: list[Ran] = []
    for ran in runs:
        done.append(ran)
        if not quiet:
            print(f"[{len(done)}/{total}] {_line(ran)}", flush=True)
    return done


def _line(ran: Ran) -> str:
    built = f" {ran.way}, {ran.written:,} of {ran.rows:,} rows" if ran.way else ""
    why = f" ({ran.why})" if ran.why else ""
    passed = sum(result.passed for result in ran.results)
    rules = f", {passed} of {len(ran.results)} rules hold" if ran.results else ""
    return f"{ran.name}: {ran.end}{built}{why}{rules}, {ran.seconds:.2f} s"


def _show(runs: list[Ran], as_json: bool, *, all_must_end: bool) -> None:
    broken = [ran for ran in runs if ran.broken]
    if as_json:
        print(json.dumps([_document(ran) for ran in runs], sort_keys=True))
    else:
        _show_broken(broken)
    if broken:
        raise typer.Exit(DIFFERENCE)
    if all_must_end and any(ran.end == "skipped" for ran in runs):  # whoever names a model wants it
        raise typer.Exit(FAILED)


def _show_broken(broken: list[Ran]) -> None:
    from copytrade_live.output import print_table

    for ran in broken:
        for result in ran.broken:
            columns = list(result.sample[0])
            rows = [list(row.values()) for row in result.sample]
            print_table(
                f"{ran.name}, {result.rule.name}: {result.bad_rows:,} rows. {result.rule.description}", columns, rows
            )


def _document(ran: Ran) -> dict[str, Any]:
    rules = [
        {
            "rule": result.rule.name,
            "passed": result.passed,
            "is_blocking": result.rule.is_blocking,
            "bad_rows": result.bad_rows,
            "changed_since": result.since,
            "sample": list(result.sample),
        }
        for result in ran.results
    ]
    kept = ("name", "end", "way", "rows", "written", "why", "seconds")
    return {name: getattr(ran, name) for name in kept} | {"rules": rules}
