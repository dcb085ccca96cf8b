"""The messenger as one program of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from copytrade_live.credentials import CREDENTIALS_FOLDER
from copytrade_live.notify.addresses import VARIABLE, has_addresses
from copytrade_live.programs import copytrade
from copytrade_live.settings import CopytradeConfig
from copytrade_live.supervise import Program


def notify_program(config: CopytradeConfig, environment: Mapping[str, str]) -> Program | None:
    """Start it where somebody named an address, None elsewhere; addresses go to it and to nobody else."""
    if not has_addresses(config, environment):
        return None
    given = {name: environment[name] for name in (VARIABLE, CREDENTIALS_FOLDER) if name in environment}
    return replace(copytrade("notify", "notify"), secrets=given, may_fall=True)
