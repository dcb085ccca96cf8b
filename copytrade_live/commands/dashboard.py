"""The verbs of the page in a browser: dashboard, and dashboard key."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from copytrade_live.commands.options import ConfigOption, LiveOption, chosen_home

app = typer.Typer()
verbs = typer.Typer(help="The page in a browser that shows a runner and tells it what to do.")
app.add_typer(verbs, name="dashboard", rich_help_panel="Running")


class RoleChoice(StrEnum):
    """Whom a key is for."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@verbs.callback(invoke_without_command=True)
def dashboard(
    context: typer.Context,
    config: ConfigOption = None,
    live: LiveOption = False,
    port: Annotated[int | None, typer.Option("--port", help="Port instead of dashboard.port; 0: a free one.")] = None,
    dagster_url: Annotated[
        str | None, typer.Option("--dagster-url", metavar="URL", help="Instead of dashboard.dagster_url.")
    ] = None,
) -> None:
    """Serve the page in a browser until Ctrl-C; log in with a key: copytrade dashboard key."""
    if context.invoked_subcommand is not None:
        return
    import os

    from copytrade_live.dashboard.desk import open_desk
    from copytrade_live.dashboard.serve import serve
    from copytrade_live.logs import setup_logging
    from copytrade_live.settings import load_config, with_dashboard
    from copytrade_live.stray_secrets import drop_keys

    home = chosen_home(live)
    loaded = load_config(config, home)
    chosen = {"port": port, "dagster_url": dagster_url}
    loaded = with_dashboard(loaded, {name: value for name, value in chosen.items() if value is not None})
    setup_logging(loaded.log_level)
    # Nothing here signs: a key that came along by mistake is not kept.
    drop_keys(os.environ)
    serve(open_desk(home, loaded, os.environ))


@verbs.command()
def key(
    role: Annotated[RoleChoice, typer.Option("--role", help="viewer looks, operator operates, admin does all.")] = (
        RoleChoice.ADMIN
    ),
) -> None:
    """Make a new key of a role and show it once; the one before, and its sessions, no longer count."""
    from copytrade_live.dashboard.access.keys import rotate_key
    from copytrade_live.dashboard.schemas.session import Role
    from copytrade_live.settings import home_from_environment

    made = rotate_key(home_from_environment(), Role(role.value))
    print(f"{made}\n\nThis key logs in as {role.value}. It is shown this once: only its SHA-256 is kept.")
