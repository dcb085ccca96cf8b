"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Config file; default: config.yaml in COPYTRADE_HOME.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the synthetic world.")]
SandboxPortOption = Annotated[int, typer.Option("--sandbox-port", help="Port of the sandbox.")]
DagsterPortOption = Annotated[int, typer.Option("--dagster-port", help="Port of the Dagster UI.")]
