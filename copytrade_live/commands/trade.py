"""Verbs that run one thing: the runner, the sandbox, a replay."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_live.commands.options import ConfigOption, JsonOption, SeedOption

if TYPE_CHECKING:
    from copytrade_live.replay import ReplayReport
    from copytrade_live.settings import CopytradeConfig, Home

app = typer.Typer()
PANEL = "Running"
DIFFERENCE_FOUND = 3


class WorldKind(StrEnum):
    """Which world a sandbox serves."""

    SYNTHETIC = "synthetic"
    RECORDED = "recorded"


@app.command(rich_help_panel=PANEL)
def run(
    config: ConfigOption = None,
    live: Annotated[
        bool, typer.Option("--live", help="Trade real money; needs safety.dry_run: false, a key and a typed word.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="COPYTRADE_CONSENT='trade real money' stands for the typed word."),
    ] = False,
) -> None:
    """Run the live runner until Ctrl-C: on paper, or with --live for real."""
    import asyncio

    from copytrade_live.logs import setup_logging
    from copytrade_live.runner.serve import serve
    from copytrade_live.settings import home_from_environment, load_config

    home = home_from_environment()
    loaded = load_config(config, home)
    setup_logging(loaded.log_level)
    mode = "LIVE" if live else "PAPER: no real money"
    print(f"copytrade runner · {mode} · venue {loaded.venue.clob_url} · home {home.root}", flush=True)
    if live:
        _run_live(loaded, home, config, yes=yes)
    else:
        asyncio.run(serve(loaded, home, config))


def _run_live(config: CopytradeConfig, home: Home, path: Path | None, *, yes: bool) -> None:
    import asyncio
    import os
    import sys
    from getpass import getpass

    from copytrade_live.runner.serve_live import consent_of_a_person, consent_of_a_service, serve_live

    is_attended = sys.stdin.isatty()
    consent = consent_of_a_service(os.environ) if yes else consent_of_a_person(input)
    asyncio.run(serve_live(config, home, path, os.environ, getpass if is_attended else None, consent))


@app.command(rich_help_panel=PANEL)
def sandbox(
    world: Annotated[WorldKind, typer.Option(help="Seeded and synthetic, or recorded in a folder.")] = (
        WorldKind.SYNTHETIC
    ),
    seed: SeedOption = 7,
    path: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder with trades.parquet and markets.parquet.")
    ] = None,
    speed: Annotated[float | None, typer.Option(help="World seconds a second.")] = None,
    stepped: Annotated[bool, typer.Option("--stepped", help="Time stands still until POST /admin/step.")] = False,
    start: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Where time starts: ISO 8601, or 'start' of the history.")
    ] = "",
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 8900,
    wallets: Annotated[int | None, typer.Option(min=1, help="Wallets of a synthetic world of another size.")] = None,
    fills: Annotated[int | None, typer.Option(min=1, help="At least so many fills before its start.")] = None,
    faults: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON list of faults to start with, as POST /admin/faults.")
    ] = None,
    trades_offset_cap: Annotated[int, typer.Option(min=0, help="Highest offset that GET /trades takes.")] = 10_000,
    enforce_limits: Annotated[
        bool, typer.Option("--enforce-limits", help="Refuse requests over the venue's documented limits.")
    ] = False,
    fund: Annotated[
        list[str] | None, typer.Option(metavar="WALLET=DOLLARS", help="Money a wallet starts with; may be repeated.")
    ] = None,
) -> None:
    """Serve a local venue that speaks Polymarket's wire; it can be told to misbehave while it runs."""
    from copytrade_live.sandbox.cli import run_sandbox, scale_of
    from copytrade_live.sandbox.funding import read_fund
    from copytrade_live.sandbox.venue_options import VenueOptions

    funds = tuple(read_fund(one) for one in fund or ())
    options = VenueOptions(trades_offset_cap=trades_offset_cap, enforce_limits=enforce_limits, funds=funds)
    scale = scale_of(wallets, fills)
    run_sandbox(world.value, seed, path, speed, stepped, start, port, faults=faults, options=options, scale=scale)


@app.command(rich_help_panel=PANEL)
def replay(
    journal: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="State database, export folder or segment; default: this home's journal."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide a journal again with today's code and config; exit 3 when a decision differs."""
    from copytrade_live.output import print_json
    from copytrade_live.replay import read_rows
    from copytrade_live.replay import replay as decide_again
    from copytrade_live.settings import home_from_environment, load_config

    home = home_from_environment()
    report = decide_again(read_rows(journal or home.state), load_config(config, home).decision())
    if as_json:
        print_json(report_content(report))
    else:
        _print_report(report)
    if not report.agrees:
        raise typer.Exit(DIFFERENCE_FOUND)


def report_content(report: ReplayReport) -> dict[str, object]:
    """A replay's findings as plain values."""
    from dataclasses import asdict

    return {
        "observations": report.observations,
        "decisions": report.decisions,
        "agreed": report.agreed,
        "differences": [
            {"recorded": recorded, "replayed": replayed, "count": count}
            for (recorded, replayed), count in report.differences.most_common()
        ],
        "causes": {cause.value: count for cause, count in report.causes.items()},
        "first": [asdict(difference) for difference in report.first],
    }


def _print_report(report: ReplayReport) -> None:
    from copytrade_live.output import print_table

    share = 100 * report.agreed / report.decisions if report.decisions else 100.0
    print(f"{report.agreed} of {report.decisions} decisions agree ({share:.2f} %), {report.observations} observations")
    if report.agrees:
        return
    rows = [(recorded, replayed, count) for (recorded, replayed), count in report.differences.most_common()]
    print_table("Differences", ["recorded", "now", "count"], rows)
    print("because of: " + ", ".join(f"{cause.value} ({count})" for cause, count in report.causes.most_common()))
    first = [(one.seq, one.signal_id, one.recorded, one.replayed, one.cause.value) for one in report.first]
    print_table("First of them", ["event", "signal", "recorded", "now", "cause"], first)
