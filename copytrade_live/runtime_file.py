"""Reads what a running runner says of itself beside its state database, and whether it still lives."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.situation import RUNTIME_FILE

# The runner writes once a second; a machine that swaps may be late.
FRESH: Instant = 15 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What the file says. now is the runner's time when it wrote; is_alive: its process exists and writes."""

    told: Mapping[str, object]
    now: Instant
    is_alive: bool


def read_runtime(state: Path) -> Runtime | None:
    """What the runner of this state database last said; None when there is nothing readable."""
    try:
        told = json.loads(state.with_name(RUNTIME_FILE).read_text(encoding="utf-8"))
        pid, now, written_at = int(told["pid"]), int(told["now"]), int(told["written_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_fresh = SystemClock().now() - written_at < FRESH
    return Runtime(told=told, now=now, is_alive=is_fresh and _exists(pid))


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
