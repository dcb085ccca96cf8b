"""One whole round of the loop, headless and stepped: what comes of it is a function of the seed."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from copytrade_live.clock import ManualClock, SystemClock, to_iso
from copytrade_live.config_file import write_config
from copytrade_live.core.market import HOUR, SECOND, Instant
from copytrade_live.demo_config import HEADER, common_changes
from copytrade_live.demo_world import SteppedWorld
from copytrade_live.errors import ConfigError
from copytrade_live.follow import LogFollower
from copytrade_live.output import print_table
from copytrade_live.ports_in_use import LOOPBACK
from copytrade_live.programs import copytrade, environment, wait_for_http
from copytrade_live.published import load_snapshot, read_pointer
from copytrade_live.replay import ReplayReport, read_rows, replay
from copytrade_live.runner.app import Runner
from copytrade_live.runner.roster import roster
from copytrade_live.runner.serve import open_runner
from copytrade_live.settings import CopytradeConfig, Home, load_config
from copytrade_live.steps import Steps
from copytrade_live.supervise import Stack, StopRequested, stop_signals

LEAST_STRETCH: Instant = 24 * HOUR
LONGEST_STRETCH: Instant = 10 * 24 * HOUR
# How far time moves at most while nothing works, while positions are held, and while an order works.
IDLE_STEP: Instant = HOUR
HELD_STEP: Instant = 300 * SECOND
WORKING_STEP: Instant = SECOND
# The gate is written once, so its word must hold for the whole stretch.
GATE_SECONDS = LONGEST_STRETCH / SECOND + 3600

STEPS = ("sandbox", "refresh", "runner", "feedback", "replay")


@dataclass(slots=True)
class Tally:
    """What the decision log says happened."""

    copies: int = 0
    rejections: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)

    def add(self, line: Mapping[str, object]) -> None:
        """Count one decision."""
        match line["event"]:
            case "copied":
                self.copies += 1
            case "rejected":
                self.rejections[str(line["reason"])] += 1
            case "exit":
                self.exits[str(line["reason"])] += 1

    @property
    def is_complete(self) -> bool:
        """Whether there was at least one of each."""
        return self.copies > 0 and bool(self.rejections) and bool(self.exits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round left behind."""

    refreshed: Mapping[str, Any]
    returned: Mapping[str, Any]
    tally: Tally
    hours: float
    equity: float
    gate_was_open: bool
    journal_events: int
    snapshot_wallets: int
    replayed: ReplayReport


def run_once(home: Home, seed: int) -> bool:
    """Run one round and print what came of it. Returns: whether everything happened that must.

    Raises: ConfigError when the home is not fresh, ProcessDied when a part breaks.
    """
    if home.root.exists() and any(home.root.iterdir()):
        raise ConfigError(f"demo --once wants a fresh folder and {home.root} is not empty; set COPYTRADE_HOME to another")
    with stop_signals():
        try:
            with Stack(home.root / "logs", environment(home)) as stack, Steps(STEPS, SystemClock()) as steps:
                done = _round(home, seed, stack, steps)
        except StopRequested:
            print("stopped")
            return False
    return _report(done, seed)


def _round(home: Home, seed: int, stack: Stack, steps: Steps) -> Round:
    port = _free_port()
    url = f"http://{LOOPBACK}:{port}"
    gate = {("pipelines", "gate_valid_seconds"): _lasting_gate()}
    write_config(home.config, {**common_changes(url), **gate}, header=HEADER)
    config = load_config(None, home)
    steps.begin("sandbox", f"building the world of seed {seed}")
    stack.start(copytrade("sandbox", "sandbox", "--stepped", "--seed", str(seed), "--port", str(port)))
    wait_for_http(stack, f"{url}/time")
    steps.end("sandbox", url)
    refreshed = _run_verb(stack, steps, "refresh")
    steps.begin("runner", "following leaders")
    driven = asyncio.run(_drive(config, home, steps))
    steps.end("runner", f"{driven.hours:.0f} hours of the world")
    returned = _run_verb(stack, steps, "feedback")
    steps.begin("replay", "deciding it all again")
    replayed = replay(read_rows(home.export), config.decision())
    steps.end("replay", f"{replayed.agreed} of {replayed.decisions} decisions agree")
    pointer = read_pointer(home)
    return Round(
        refreshed=refreshed,
        returned=returned,
        tally=driven.tally,
        hours=driven.hours,
        equity=driven.equity,
        gate_was_open=driven.gate_was_open,
        journal_events=driven.journal_events,
        snapshot_wallets=len(load_snapshot(home, pointer).rows) if pointer else 0,
        replayed=replayed,
    )
