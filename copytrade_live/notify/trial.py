"""A picture to try messages with: a made-up line that goes up and down."""

from __future__ import annotations

from pathlib import Path

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import DAY
from copytrade_live.notify.chart import draw_equity
from copytrade_live.notify.correspondent import folder_of
from copytrade_live.settings import Home

_LEVELS = (100.0, 101.5, 101.0, 103.0, 102.2, 104.0)


def trial_picture(home: Home) -> Path:
    """Draw it."""
    now = SystemClock().now()
    points = [(now - (len(_LEVELS) - place) * DAY, level) for place, level in enumerate(_LEVELS)]
    folder = folder_of(home)
    folder.mkdir(parents=True, exist_ok=True)
    return draw_equity(points, folder / "trial.png")
