"""Dagster's own folder: configured and initialised once, before any of its processes starts."""

from __future__ import annotations

import importlib.resources
import os

import dagster as dg
from filelock import FileLock

from copytrade_live.settings import Home

DAGSTER_HOME_VARIABLE = "DAGSTER_HOME"
CONFIG_FILE = "dagster.yaml"


def prepare_instance(home: Home) -> dg.DagsterInstance:
    """Make the home's Dagster instance ready and the one this process and its children use.

    An operator's own dagster.yaml is kept. Two processes may call this at once.
    """
    home.dagster.mkdir(parents=True, exist_ok=True)
    os.environ[DAGSTER_HOME_VARIABLE] = str(home.dagster)
    # Two processes that first use an empty SQLite instance together fail ("table runs already exists").
    with FileLock(home.dagster / "prepare.lock"):
        _write_config(home)
        instance = dg.DagsterInstance.get()
        _initialise_storage(instance)
    return instance


def _write_config(home: Home) -> None:
    config = home.dagster / CONFIG_FILE
    if config.exists():
        return
    shipped = importlib.resources.files("copytrade_pipelines").joinpath(CONFIG_FILE).read_text(encoding="utf-8")
    fresh = config.with_suffix(".fresh")
    fresh.write_text(shipped, encoding="utf-8")
    os.replace(fresh, config)


def _initialise_storage(instance: dg.DagsterInstance) -> None:
    # One read of each store makes its tables.
    instance.get_runs_count()
    instance.get_asset_keys(limit=1)
    instance.all_instigator_state()
