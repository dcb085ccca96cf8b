"""How every switch stands."""

from __future__ import annotations

from copytrade_live.core.reasons import Mode
from copytrade_live.dashboard.moment import Moment
from copytrade_live.dashboard.schemas.controls import Controls
from copytrade_live.dashboard.views.overview import ceiling
from copytrade_live.settings import Home

CONFIRM_RESUME = "resume"


def controls(home: Home, seen: Moment) -> Controls:
    """All of them. live_mode is None where the journal shown is paper's."""
    standing = seen.state.standing
    live_mode = None if not standing.is_real else "paper" if standing.mode is Mode.PAPER else "live"
    return Controls(
        mode=seen.view.mode,
        live_mode=live_mode,
        ceiling=ceiling(seen),
        has_live_journal=home.live().state.exists(),
        is_halted=standing.halt is not None,
        is_stopped=standing.is_stopped,
        kill_switch=standing.kill_switch,
        halt_reason=standing.halt.value if standing.halt else None,
        cut_off=sorted(standing.cut_off),
        confirm_resume=CONFIRM_RESUME,
    )
