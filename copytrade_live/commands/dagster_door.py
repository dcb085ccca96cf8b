"""The verb behind which Dagster's pages are: dagster-door."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copytrade_live.commands.options import ConfigOption, DagsterPortOption
from copytrade_live.ports_in_use import DAGSTER_PORT

app = typer.Typer()


@app.command("dagster-door", rich_help_panel="Running")
def dagster_door(
    socket: Annotated[
        Path, typer.Option("--socket", metavar="FILE", help="Unix socket of python -m copytrade_pipelines.webserver.")
    ],
    dashboard: Annotated[
        str, typer.Option("--dashboard", metavar="URL", help="Where logins are made; empty: as the config says.")
    ] = "",
    dagster_port: DagsterPortOption = DAGSTER_PORT,
    config: ConfigOption = None,
) -> None:
    """Serve Dagster's pages to whoever is logged in at the dashboard; viewers look, operators also change things."""
    import os

    from copytrade_live.dagster_door.serve import serve_door
    from copytrade_live.logs import setup_logging
    from copytrade_live.settings import home_from_environment, load_config
    from copytrade_live.stray_secrets import drop_keys

    home = home_from_environment()
    loaded = load_config(config, home)
    setup_logging(loaded.log_level)
    drop_keys(os.environ)
    own = loaded.dashboard
    serve_door(own, dashboard or f"http://{own.host}:{own.port}", socket, dagster_port)
