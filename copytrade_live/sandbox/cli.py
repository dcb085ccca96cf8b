"""Starts a sandbox from plain values: what the command line calls."""

from __future__ import annotations

from pathlib import Path

from copytrade_live.clock import from_iso
from copytrade_live.core.market import Instant
from copytrade_live.errors import ConfigError
from copytrade_live.sandbox.fault_admin import read_fault_file
from copytrade_live.sandbox.faults import FaultBook
from copytrade_live.sandbox.recorded import build_recorded_world
from copytrade_live.sandbox.roster import WALLETS
from copytrade_live.sandbox.server import listen, serve
from copytrade_live.sandbox.synthetic import FILLS_A_WALLET, Scale, build_synthetic_world
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.sandbox.venue_options import VenueOptions
from copytrade_live.sandbox.world import World


def run_sandbox(
    world: str,
    seed: int,
    path: Path | None,
    speed: float | None,
    stepped: bool,
    start: str,
    port: int,
    *,
    faults: Path | None = None,
    options: VenueOptions | None = None,
    scale: Scale | None = None,
) -> None:
    """Build a world and serve it until interrupted, with the faults of a JSON file switched on.

    start is "" for the world's own start, "start" for the beginning of its history, or an ISO 8601 time.
    Raises: ConfigError, InputFileError, PortInUseError.
    """
    if stepped and speed is not None:
        raise ConfigError(f"a stepped world has no speed, was {speed}; give either --stepped or --speed")
    if speed is not None and speed <= 0:
        raise ConfigError(f"--speed must be above 0, was {speed}")
    listen("127.0.0.1", port).close()
    book = FaultBook(read_fault_file(faults) if faults is not None else ())
    built = build_world(world, seed, path, scale)
    keeper = TimeKeeper(starting_time(built, start), speed=None if stepped else speed or 1.0)
    serve(built, keeper, options=options, faults=book, port=port)


def scale_of(wallets: int | None, fills: int | None) -> Scale | None:
    """The size these values ask for, one following from the other; None for the default world."""
    if wallets is None and fills is None:
        return None
    return Scale(wallets=wallets or WALLETS, fills=fills or (wallets or WALLETS) * FILLS_A_WALLET)


def build_world(world: str, seed: int, path: Path | None, scale: Scale | None = None) -> World:
    """The world these values name. Raises: ConfigError, InputFileError."""
    if world == "synthetic":
        return build_synthetic_world(seed, scale)
    if scale is not None:
        raise ConfigError(f"a {world} world has the size it has; leave --wallets and --fills out")
    if world != "recorded":
        raise ConfigError(f"--world must be synthetic or recorded, was {world!r}")
    if path is None:
        raise ConfigError("a recorded world needs --path, the folder with trades.parquet and markets.parquet")
    return build_recorded_world(path)


def starting_time(world: World, start: str) -> Instant:
    """When the sandbox's time starts. Raises: ConfigError."""
    if not start:
        return world.start_at
    if start == "start":
        return world.first_at
    try:
        return from_iso(start)
    except ValueError:
        raise ConfigError(f"--from must be 'start' or an ISO 8601 time, was {start!r}") from None
