"""What the pipelines' verbs share: options, and the code location they open."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from copytrade_live.settings import CopytradeConfig
    from copytrade_pipelines.headless import Location

PANEL = "Data platform"


class FillSource(StrEnum):
    """What --source takes."""

    AUTO = "auto"
    V2 = "v2"
    V1 = "v1"
    CHAIN = "chain"


ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Config file; default: config.yaml in COPYTRADE_HOME.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
FromOption = Annotated[
    str, typer.Option("--from", metavar="TIME", help="Start, ISO day or time; default: 14 days before the end.")
]
LeadersOption = Annotated[
    str,
    typer.Option(
        "--leaders",
        metavar="FILE|WALLETS",
        help="A file with one wallet a line, or wallets by comma; default: the best scored as of then.",
    ),
]
VenueOption = Annotated[
    str | None, typer.Option("--venue", metavar="URL", help="One address of every API, instead of the config's.")
]


def open_location(config: Path | None, venue: str | None = None) -> Location:
    """The code location for a config file and the home of the environment."""
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
