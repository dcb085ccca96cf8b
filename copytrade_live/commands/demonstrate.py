"""The verb that shows it all: demo."""

from __future__ import annotations

from typing import Annotated

import typer

from copytrade_live.commands.options import DagsterPortOption, DashboardPortOption, SandboxPortOption, SeedOption
from copytrade_live.ports_in_use import DAGSTER_PORT, DASHBOARD_PORT, SANDBOX_PORT

app = typer.Typer()
FAILED = 1


@app.command(rich_help_panel="Running")
def demo(
    once: Annotated[bool, typer.Option("--once", help="Headless: one whole round, checked, then end.")] = False,
    seed: SeedOption = 7,
    sandbox_port: SandboxPortOption = SANDBOX_PORT,
    dagster_port: DagsterPortOption = DAGSTER_PORT,
    dashboard_port: DashboardPortOption = DASHBOARD_PORT,
) -> None:
    """Show the whole loop on a simulated venue: ingest, scores, gate, paper copies, exits, and back."""
    from copytrade_live.settings import home_from_environment

    home = home_from_environment()
    if once:
        from copytrade_live.demo_once import run_once

        if not run_once(home, seed):
            raise typer.Exit(FAILED)
        return
    from copytrade_live.demo import run_demo

    run_demo(home, seed, sandbox_port, dagster_port, dashboard_port)
