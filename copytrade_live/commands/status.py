"""The verb that says how the runner stands: status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, cast

import typer

from copytrade_live.commands.options import ConfigOption, JsonOption, LiveOption, chosen_home
from copytrade_live.output import cell_text, print_facts, print_json, time_text

if TYPE_CHECKING:
    from copytrade_live.runtime_file import Runtime
    from copytrade_live.settings import CopytradeConfig
    from copytrade_live.store.views import View

app = typer.Typer()


_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Runner": (
        "runner",
        "ready",
        "not_ready",
        "mode",
        "ceiling",
        "run",
        "config",
        "waits_for_restart",
        "session_key_days",
        "last_event",
        "last_seen",
        "metrics",
    ),
    "Entries": (
        "copying",
        "concerns",
        "trading",
        "entries",
        "entries_stopped_by",
        "halts",
        "conditions",
        "gate",
        "gate_reasons",
        "gate_valid_until",
        "snapshot",
        "snapshot_age_seconds",
        "leaders",
        "cut_off",
    ),
    "Money": (
        "equity",
        "cash",
        "reserved_cash",
        "provisional_cash",
        "receivable",
        "realised_pnl",
        "unrealised_pnl",
        "day_pnl",
        "week_pnl",
        "exposure",
        "exposure_share",
        "exposure_limit",
        "positions",
        "working_orders",
        "unknown_orders",
        "provisional_fills",
        "foreign_tokens",
        "reconciled_age_seconds",
        "account_differs",
    ),
    "Sources": ("lags", "failing"),
}


@app.command(rich_help_panel="Looking")
def status(
    config: ConfigOption = None,
    live: LiveOption = False,
    as_json: JsonOption = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Keep a screen of it up to date until Ctrl-C.")] = False,
    every: Annotated[
        float, typer.Option("--every", min=0.5, max=60, metavar="SECONDS", help="With --watch: time between two looks.")
    ] = 2.0,
) -> None:
    """Say how the runner stands: mode, what stops entries, money, exposure, lags, what fails."""
    if watch:
        from copytrade_live.commands.status_watch import watch_status

        if as_json:
            raise typer.BadParameter("--watch shows a screen; leave --json out")
        watch_status(chosen_home(live), config, every)
        return
    from copytrade_live.runtime_file import read_runtime
    from copytrade_live.settings import load_config
    from copytrade_live.store.views import read_view

    home = chosen_home(live)
    view = read_view(home.state)
    facts = status_facts(view, read_runtime(home.state), load_config(config, home))
    if as_json:
        print_json(facts)
    else:
        for title, names in _GROUPS.items():
            print_facts(title, {name: _text(name, facts[name]) for name in names})


def status_facts(view: View, runtime: Runtime | None, config: CopytradeConfig) -> dict[str, object]:
    """The facts of a status, by name. Units: money in collateral, spans in seconds."""
    from copytrade_live.headline import headline
    from copytrade_live.situation import blockers, situation

    is_running = runtime is not None and runtime.is_alive
    now = runtime.now if runtime is not None and is_running else view.observed_at or 0
    told: Mapping[str, object] = runtime.told if runtime is not None and is_running else {}
    stopped = blockers(view.state, config, now)
    stands = situation(view.state, config, now, stopped)
    said = headline(view.state, config, runtime, now, stopped=stopped)
    if not is_running:
        why = ["no runner runs", *cast("list[str]", stands["entries_stopped_by"])]
        stands |= {"trading": "none", "entries": "stopped", "entries_stopped_by": why}
    return {
        "runner": f"running, pid {told.get('pid')}" if is_running else "stopped",
        "ready": (not told.get("not_ready")) if is_running else False,
        "not_ready": told.get("not_ready", []),
        "mode": view.mode,
        "ceiling": "paper" if config.safety.dry_run else "live",
        "run": view.run_id,
        "config": told.get("config"),
        "waits_for_restart": told.get("waits_for_restart", []),
        "session_key_days": told.get("session_key_days"),
        "last_event": view.last_seq,
        "last_seen": time_text(view.observed_at),
        "copying": said.copying.value,
        "concerns": list(said.concerns),
        **stands,
        "leaders": told.get("leaders"),
        "lags": told.get("lags", {}),
        "failing": told.get("failing", {}),
        "metrics": f"{told['address']}/metrics" if told.get("address") else None,
    }


def _text(name: str, value: object) -> object:
    if name == "copying":
        from copytrade_live.headline import Copying

        return Copying[str(value).upper()].label
    if name == "lags" and isinstance(value, Mapping):
        return "; ".join(_lag_text(source, lag) for source, lag in value.items()) or None
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {told}" for key, told in value.items()) or None
    return value


def _lag_text(source: str, lag: object) -> str:
    if not isinstance(lag, Mapping) or lag.get("p50") is None:
        return f"{source}: nothing told yet"
    return (
        f"{source}: half within {cell_text(lag['p50'])} s, 9 of 10 within {cell_text(lag['p90'])} s "
        f"({cell_text(lag['told'])} fills, first with {cell_text(lag['first'])})"
    )
