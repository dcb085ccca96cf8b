"""Every part, whether it works, and why not."""

from __future__ import annotations

from copytrade_live.clock import to_iso
from copytrade_live.dashboard.moment import Moment
from copytrade_live.dashboard.schemas.health import Component, Health
from copytrade_live.dashboard.views.overview import feeds, gate_view, runner_view
from copytrade_live.provenance import code_version
from copytrade_live.settings import Home


def health(home: Home, seen: Moment, problem_of_config: str, has_pages: bool) -> Health:
    """All of them."""
    runner, gate = runner_view(seen), gate_view(home, seen)
    behind = seen.view.last_seq - seen.history_seq
    is_fresh = gate.snapshot_age_seconds is not None and gate.snapshot_age_seconds <= gate.snapshot_max_age_seconds
    found = [
        _part("runner", runner.is_alive, "no runner runs: copytrade run", f"pid {runner.pid}, run {runner.run_id}"),
        _part("runner_ready", runner.is_ready, "; ".join(runner.not_ready) or "no runner runs", "it can do its work"),
        _part("journal", not seen.problem, seen.problem, f"event {seen.view.last_seq}"),
        _part("history", True, "", f"{behind} events behind" if behind else "up to date"),
        _part("config", not problem_of_config, problem_of_config, f"decides by {seen.decided_by.digest()}"),
        _part("gate", gate.state == "open", "; ".join([gate.state, *gate.reasons]),
              f"open until {to_iso(gate.valid_until or 0)}"),
        _part("scores", is_fresh, "no snapshot, or it is too old", f"{gate.snapshot_id}"),
        *(_part(f"feed {one.source}", one.ok, one.failing or "", "tells") for one in feeds(seen)),
        *(Component(name=name, ok=False, why=why) for name, why in sorted(runner.failing.items())
          if name not in {one.source for one in feeds(seen)}),
        _part("pages", has_pages, "the front end is not built: make web", "built"),
    ]  # fmt: skip
    return Health(at=seen.now, ok=all(one.ok for one in found), version=code_version(), components=found)


def _part(name: str, ok: bool, why_not: str, otherwise: str) -> Component:
    return Component(name=name, ok=ok, why=otherwise if ok else why_not)
