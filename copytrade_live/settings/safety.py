"""What stops the machine, and what becomes of its orders then."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from copytrade_live.core.config import Section


class OnShutdown(StrEnum):
    """What becomes of working orders when the runner is asked to end."""

    CANCEL = "cancel"
    LEAVE = "leave"


class SafetyConfig(Section):
    """What stops the machine."""

    dry_run: bool = Field(True, description="Ceiling: while true nothing at runtime can trade real money.")
    kill_switch_file: str = Field(
        "KILL",
        description="While this file exists no entry is made; relative names live in COPYTRADE_HOME; empty means none.",
    )
    on_shutdown: OnShutdown = Field(
        OnShutdown.CANCEL,
        description="Working orders when the runner is asked to end: cancel, or leave for the next run to follow up.",
    )
    live_mode_confirm_delay_seconds: float = Field(5.0, ge=0, description="Wait before live trading starts, seconds.")
    least_free_megabytes: float = Field(
        100.0,
        ge=0,
        description="No entry is made while less is free on the disk of COPYTRADE_HOME, MB: what is left is for exits.",
    )
    max_stall_seconds: float = Field(
        5.0, gt=0, description="No entry is made for ten seconds after the runner stood still for longer, seconds."
    )
