"""The demo: a simulated venue whose time runs fast, scored, gated and copied on paper before your eyes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from copytrade_live.clock import SystemClock, to_iso
from copytrade_live.config_file import write_config
from copytrade_live.core.market import Instant
from copytrade_live.dashboard.program import key_to_show
from copytrade_live.demo_config import HEADER, SPEED, fast_changes
from copytrade_live.errors import ConfigError
from copytrade_live.follow import LogFollower
from copytrade_live.ports_in_use import check_port, loopback_url
from copytrade_live.programs import copytrade, environment, wait_for_http
from copytrade_live.published import GATE_FILE, read_gate, read_pointer
from copytrade_live.settings import Home, load_config
from copytrade_live.steps import Steps
from copytrade_live.store.views import read_view
from copytrade_live.supervise import Stack, StopRequested, stop_signals
from copytrade_live.up import start_pages, stay

MARKER = "demo.json"
STEPS = ("sandbox", "refresh", "runner", "gate", "dashboard", "dagster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a demo plays."""

    home: Home
    seed: int
    sandbox_port: int
    dagster_port: int
    dashboard_port: int

    @property
    def venue(self) -> str:
        """The sandbox's address."""
        return loopback_url(self.sandbox_port)

    @property
    def page(self) -> str:
        """The Dagster UI's address."""
        return loopback_url(self.dagster_port)


def run_demo(home: Home, seed: int, sandbox_port: int, dagster_port: int, dashboard_port: int) -> None:
    """Run the demo until Ctrl-C. Raises: ConfigError, PortInUseError, ProcessDied."""
    check_port(sandbox_port, "--sandbox-port")
    check_port(dagster_port, "--dagster-port")
    check_port(dashboard_port, "--dashboard-port")
    scene = Scene(
        home=home, seed=seed, sandbox_port=sandbox_port, dagster_port=dagster_port, dashboard_port=dashboard_port
    )
    start = _settle(scene)
    log_in = key_to_show(home, os.environ, is_new=True)
    follower = LogFollower(home.decisions)
    with stop_signals():
        try:
            with Stack(home.root / "logs", environment(home, scene.dashboard_port)) as stack:
                with Steps(STEPS, SystemClock()) as steps:
                    _open_curtain(scene, start, stack, steps, follower)
                _print_signposts(scene, log_in)
                stay(follower, stack, lambda: None)
        except StopRequested:
            print("stopped; run the demo again to go on where it ended", flush=True)


def _settle(scene: Scene) -> Instant | None:
    """Make this home a demo's, or go on with the demo it holds. Returns: where its world's time goes on."""
    home, marker = scene.home, scene.home.root / MARKER
    if marker.exists():
        _check_same(scene, json.loads(marker.read_text(encoding="utf-8")))
        return _last_instant(home)
    for path in (home.config, home.state, home.warehouse):
        if path.exists():
            raise ConfigError(
                f"{home.root} holds {path.name}, which is not a demo's, and a demo would mix with it; "
                "set COPYTRADE_HOME to another folder for the demo"
            )
    write_config(home.config, fast_changes(scene.venue), header=HEADER)
    marker.write_text(json.dumps({"seed": scene.seed}) + "\n", encoding="utf-8")
    return None


def _check_same(scene: Scene, marked: Mapping[str, object]) -> None:
    if marked.get("seed") != scene.seed:
        raise ConfigError(
            f"{scene.home.root} holds the demo of seed {marked.get('seed')}, asked was {scene.seed}; "
            "give that seed, or set COPYTRADE_HOME to another folder"
        )
    venue = load_config(None, scene.home).venue.clob_url
    if venue != scene.venue:
        raise ConfigError(
            f"{scene.home.config} expects the sandbox at {venue}; start the demo with --sandbox-port "
            f"{venue.rpartition(':')[2]}, or mend the addresses there"
        )


def _last_instant(home: Home) -> Instant | None:
    pointer = read_pointer(home)
    gate = read_gate(home.published / GATE_FILE)
    seen = read_view(home.state).observed_at if home.state.exists() else None
    known = [pointer.as_of if pointer else None, gate.written_at if gate else None, seen]
    return max((instant for instant in known if instant is not None), default=None)


def _open_curtain(scene: Scene, start: Instant | None, stack: Stack, steps: Steps, follower: LogFollower) -> None:
    home = scene.home
    steps.begin("sandbox", f"building the world of seed {scene.seed}, {SPEED:g} times as fast as life")
    stack.start(copytrade("sandbox", *_sandbox_arguments(scene, start)))
    # It imports for a while before it asks anything, and then asks until the sandbox answers.
    steps.begin("refresh", "histories, tables, scores, checks, snapshot")
    stack.start(copytrade("refresh", "refresh", ends=True, on_line=lambda line: _tell(steps, line)))
    wait_for_http(stack, f"{scene.venue}/time")
    steps.end("sandbox", scene.venue)
    stack.start(copytrade("runner", "run"))
    steps.end("runner", "PAPER trading, no real money; it waits for the scores")
    # Dagster's own programs come after what everybody waits for: on two cores they would double the wait.
    stack.finish("refresh")
    pointer = read_pointer(home)
    steps.end("refresh", f"published {pointer.snapshot_id}" if pointer else "nothing published")
    _say_gate(home, steps)
    start_pages(home, stack, steps, follower, dashboard_port=scene.dashboard_port, dagster_port=scene.dagster_port)


def _sandbox_arguments(scene: Scene, start: Instant | None) -> list[str]:
    since = ["--from", to_iso(start)] if start is not None else []
    return ["sandbox", "--seed", str(scene.seed), "--speed", f"{SPEED:g}", "--port", str(scene.sandbox_port), *since]


def _tell(steps: Steps, line: str) -> None:
    if line.startswith("["):
        steps.tell("refresh", line)


def _say_gate(home: Home, steps: Steps) -> None:
    gate = read_gate(home.published / GATE_FILE)
    if gate is None or not gate.is_open:
        steps.end("gate", "closed: " + ("; ".join(gate.reasons) if gate else "not written"))
        return
    steps.end("gate", f"open until {to_iso(gate.valid_until)} of the world")


def _print_signposts(scene: Scene, log_in: str) -> None:
    print(
        f"""
  dashboard    {loopback_url(scene.dashboard_port)}   (why each copy and refusal, halts, positions, leaders)
               {log_in}
  Dagster UI   {scene.page}   (assets, checks, lineage, the gate's sensor; the same login)
  sandbox      {scene.venue}/admin/world   (who is truly skilled)
  home         {scene.home.root}   (config.yaml, warehouse.duckdb, published, journal, logs)
  look around  copytrade status · positions · traders · decisions · replay · halt --reason …

  Decisions follow, in the world's time. Ctrl-C ends everything.
""",
        flush=True,
    )
