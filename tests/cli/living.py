"""What a living runner says of itself: this test's own process."""

from __future__ import annotations

import json
import os
from pathlib import Path

from copytrade_live.clock import SystemClock
from tests.builders import NOW


def home() -> Path:
    return Path(os.environ["COPYTRADE_HOME"])


def tell(folder: Path | None = None, **changes: object) -> None:
    """Write it where a runner does, beside the state database in a folder."""
    told = {
        "pid": os.getpid(),
        "written_at": SystemClock().now(),
        "now": NOW,
        "address": "http://127.0.0.1:9090",
        "not_ready": [],
        "leaders": 3,
        "lags": {"poll": {"told": 10, "first": 9, "p50": 2.0, "p90": 5.0}},
        "failing": {},
    } | changes
    ((folder or home()) / "runtime.json").write_text(json.dumps(told))
