"""The verb that starts everything against a venue: up."""

from __future__ import annotations

from typing import Annotated

import typer

from copytrade_live.commands.options import DagsterPortOption, DashboardPortOption, SandboxPortOption, SeedOption
from copytrade_live.ports_in_use import DAGSTER_PORT, DASHBOARD_PORT, SANDBOX_PORT

app = typer.Typer()


@app.command(rich_help_panel="Running")
def up(
    venue: Annotated[
        str | None, typer.Option(metavar="URL", help="Venue to write into a config that does not exist yet.")
    ] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Start a synthetic sandbox and use it.")] = False,
    seed: SeedOption = 7,
    sandbox_port: SandboxPortOption = SANDBOX_PORT,
    dagster_port: DagsterPortOption = DAGSTER_PORT,
    dashboard_port: DashboardPortOption = DASHBOARD_PORT,
) -> None:
    """Start Dagster, the paper runner and the dashboard, supervised; one Ctrl-C ends them all."""
    from copytrade_live.settings import home_from_environment
    from copytrade_live.up import Plan, bring_up

    if venue and sandbox:
        raise typer.BadParameter("give either --venue or --sandbox: a sandbox is the venue")
    plan = Plan(
        venue=venue,
        sandbox_seed=seed if sandbox else None,
        sandbox_port=sandbox_port,
        dagster_port=dagster_port,
        dashboard_port=dashboard_port,
    )
    bring_up(home_from_environment(), plan)
