"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from copytrade_live.settings import Home

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Config file; default: config.yaml in COPYTRADE_HOME.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
LiveOption = Annotated[bool, typer.Option("--live", help="Look at live trading, which has files of its own.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the synthetic world.")]
SandboxPortOption = Annotated[int, typer.Option("--sandbox-port", help="Port of the sandbox.")]
DashboardPortOption = Annotated[int, typer.Option("--dashboard-port", help="Port of the dashboard.")]
DagsterPortOption = Annotated[int, typer.Option("--dagster-port", help="Port of the Dagster UI.")]


def chosen_home(is_live: bool) -> Home:
    """The home of the environment, as the mode asked for sees it."""
    from copytrade_live.settings import home_from_environment

    home = home_from_environment()
    return home.live() if is_live else home
