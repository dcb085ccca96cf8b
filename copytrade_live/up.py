"""Everything of one home, started together and kept together: sandbox if asked for, Dagster, runner, dashboard."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from copytrade_live.clock import SystemClock
from copytrade_live.config_file import write_config
from copytrade_live.dagster_door.program import door_program
from copytrade_live.dashboard.program import dashboard_program, key_to_show
from copytrade_live.errors import ConfigError
from copytrade_live.follow import LogFollower
from copytrade_live.notify.program import notify_program
from copytrade_live.ports_in_use import check_port, loopback_url
from copytrade_live.programs import copytrade, environment, start_dagster, wait_for_http
from copytrade_live.published import POINTER_FILE
from copytrade_live.revival import Revival
from copytrade_live.settings import Home, load_config
from copytrade_live.steps import Steps
from copytrade_live.supervise import Stack, StopRequested, stop_signals
from copytrade_live.venue_address import venue_changes

LOOK_SECONDS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to start. sandbox_seed None starts no sandbox."""

    venue: str | None
    sandbox_seed: int | None
    sandbox_port: int
    dagster_port: int
    dashboard_port: int

    @property
    def address(self) -> str | None:
        """The venue this plan names, None when it leaves that to the config."""
        return self.venue if self.sandbox_seed is None else loopback_url(self.sandbox_port)


def bring_up(home: Home, plan: Plan) -> None:
    """Start the plan and stay until Ctrl-C. Raises: ConfigError, PortInUseError, ProcessDied."""
    check_ports(plan)
    _settle_config(home, plan)
    log_in = key_to_show(home, os.environ, is_new=False)
    names = ["sandbox"] * (plan.sandbox_seed is not None) + ["instance", "dagster", "scores", "runner", "dashboard"]
    follower = LogFollower(home.decisions)
    with stop_signals():
        try:
            with Stack(home.root / "logs", environment(home, plan.dashboard_port)) as stack:
                with Steps(names, SystemClock()) as steps:
                    first_scores = _start(home, plan, stack, steps, follower)
                print(f"\n  dashboard    {loopback_url(plan.dashboard_port)}\n               {log_in}")
                print(f"  Dagster UI   {loopback_url(plan.dagster_port)}\n  logs         {home.root / 'logs'}")
                print("  decisions follow; Ctrl-C ends everything\n", flush=True)
                stay(follower, stack, first_scores)
        except StopRequested:
            print("stopped", flush=True)


def check_ports(plan: Plan) -> None:
    """Raises: PortInUseError before anything starts."""
    if plan.sandbox_seed is not None:
        check_port(plan.sandbox_port, "--sandbox-port")
    check_port(plan.dagster_port, "--dagster-port")
    check_port(plan.dashboard_port, "--dashboard-port")


def stay(follower: LogFollower, stack: Stack, on_look: Callable[[], None]) -> None:
    """Show decisions as they are made until someone stops us; pages that fall come back. Raises: ProcessDied."""
    revival = Revival(stack, SystemClock(), _tell)
    while True:
        revival.look()
        on_look()
        for line in follower.new_lines():
            print(line, flush=True)
        time.sleep(LOOK_SECONDS)


def _tell(line: str) -> None:
    print(line, flush=True)


def _settle_config(home: Home, plan: Plan) -> None:
    if plan.address is None:
        load_config(None, home)
        return
    if not home.config.exists():
        write_config(home.config, venue_changes(plan.address))
    found = load_config(None, home).venue.clob_url
    if found.rstrip("/") != plan.address.rstrip("/"):
        raise ConfigError(
            f"config file {home.config} names the venue {found}, not {plan.address}; edit it, or choose another "
            "COPYTRADE_HOME"
        )


def _start(home: Home, plan: Plan, stack: Stack, steps: Steps, follower: LogFollower) -> Callable[[], None]:
    if plan.sandbox_seed is not None:
        steps.begin("sandbox", f"building the world of seed {plan.sandbox_seed}")
        stack.start(copytrade("sandbox", "sandbox", "--seed", str(plan.sandbox_seed), "--port", str(plan.sandbox_port)))
        wait_for_http(stack, f"{loopback_url(plan.sandbox_port)}/time")
        steps.end("sandbox", loopback_url(plan.sandbox_port))
    steps.begin("instance")
    stack.start(copytrade("prepare", "prepare", ends=True))
    stack.finish("prepare")
    steps.end("instance", str(home.dagster))
    stack.start(copytrade("runner", "run"))
    steps.end("runner", "watching")
    start_pages(home, stack, steps, follower, dashboard_port=plan.dashboard_port, dagster_port=plan.dagster_port)
    return _first_scores(home, stack, steps)


def start_pages(
    home: Home, stack: Stack, steps: Steps, follower: LogFollower, *, dashboard_port: int, dagster_port: int
) -> None:
    """Start the dashboard, Dagster, its door behind the dashboard's login, and the messenger; wait for both pages.

    What the runner decides meanwhile is shown at once.
    """

    def show() -> None:
        for line in follower.new_lines():
            steps.note(line)

    dashboard, dagster = loopback_url(dashboard_port), loopback_url(dagster_port)
    steps.begin("dashboard")
    stack.start(dashboard_program(dashboard_port, dagster, os.environ))
    steps.begin("dagster", "code server, daemon and webserver start")
    start_dagster(home, stack, show)
    wait_for_http(stack, f"{dashboard}/healthz", show)
    steps.end("dashboard", dashboard)
    stack.start(door_program(home, dagster_port, dashboard))
    _start_notify(home, stack)
    wait_for_http(stack, f"{dagster}/healthz", show)
    steps.end("dagster", dagster)


def _start_notify(home: Home, stack: Stack) -> None:
    """Tell people outside, where somebody named an address."""
    program = notify_program(load_config(None, home), os.environ)
    if program is not None:
        stack.start(program)


def _first_scores(home: Home, stack: Stack, steps: Steps) -> Callable[[], None]:
    """Make the first scores beside everything else. Returns: what says once how that went."""
    if (home.published / POINTER_FILE).exists():
        steps.end("scores", "published before; Dagster refreshes them every hour")
        return lambda: None
    stack.start(copytrade("refresh", "refresh", ends=True))
    steps.end("scores", "being made for the first time; entries wait for them")
    said: list[int] = []

    def say_once() -> None:
        code = stack.exit_code("refresh")
        if code is None or said:
            return
        said.append(code)
        outcome = "published" if code == 0 else f"failed, see {home.root / 'logs' / 'refresh.log'}"
        print(f"first scores: {outcome}", flush=True)

    return say_once
