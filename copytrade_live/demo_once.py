"""One whole round of the loop, headless and stepped: what comes of it is a function of the seed."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from copytrade_live.clock import SystemClock
from copytrade_live.config_file import Change, write_config
from copytrade_live.core.market import SECOND
from copytrade_live.demo_config import HEADER, common_changes
from copytrade_live.demo_stretch import LONGEST_STRETCH, Stretch, drive
from copytrade_live.errors import ConfigError
from copytrade_live.output import print_table
from copytrade_live.ports_in_use import LOOPBACK
from copytrade_live.programs import copytrade, environment, wait_for_http
from copytrade_live.published import load_snapshot, read_pointer
from copytrade_live.replay import ReplayReport, read_rows, replay
from copytrade_live.settings import Home, load_config
from copytrade_live.steps import Steps
from copytrade_live.store.views import read_view
from copytrade_live.supervise import Stack, StopRequested, stop_signals

STEPS = ("sandbox", "refresh", "runner", "feedback", "replay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round left. refreshed and returned are what the verbs refresh and feedback say of themselves."""

    refreshed: Mapping[str, Any]
    stretch: Stretch
    returned: Mapping[str, Any]
    replayed: ReplayReport
    snapshot_id: str
    scored_wallets: int
    journal_events: int

    def failings(self) -> list[str]:
        """What should have happened and did not."""
        tally = self.stretch.tally
        demands = {
            "scores were published": self.scored_wallets > 0,
            "the gate opened": self.refreshed["gate"]["is_open"] and self.stretch.gate_is_open,
            "at least one fill was copied": tally.copies > 0,
            "at least one signal was refused": tally.rejections.total() > 0,
            "at least one position was left": tally.exits.total() > 0,
            "the whole journal is in the warehouse": self.returned["rows"].get("live_journal") == self.journal_events,
            "a replay agrees on every decision": self.replayed.agrees,
        }
        return [demand for demand, holds in demands.items() if not holds]


def run_once(home: Home, seed: int) -> bool:
    """Run one round and print what came of it. Returns: whether everything happened that must.

    Raises: ConfigError when the home is not fresh, ProcessDied when a part breaks.
    """
    if home.root.exists() and any(home.root.iterdir()):
        raise ConfigError(
            f"demo --once wants a fresh folder and {home.root} is not empty; set COPYTRADE_HOME to another"
        )
    with stop_signals():
        try:
            with Stack(home.root / "logs", environment(home)) as stack, Steps(STEPS, SystemClock()) as steps:
                done = _go_round(home, seed, stack, steps)
        except StopRequested:
            print("stopped")
            return False
    return _report(done, seed)


def _go_round(home: Home, seed: int, stack: Stack, steps: Steps) -> Round:
    url = f"http://{LOOPBACK}:{_free_port()}"
    # The gate is written once here, so its word has to hold for the whole stretch.
    gate = Change(value=LONGEST_STRETCH / SECOND, why="this demo has no daemon that would renew the gate.")
    write_config(home.config, {**common_changes(url), ("pipelines", "gate_valid_seconds"): gate}, header=HEADER)
    config = load_config(None, home)
    steps.begin("sandbox", f"building the world of seed {seed}")
    stack.start(copytrade("sandbox", "sandbox", "--stepped", "--seed", str(seed), "--port", url.rpartition(":")[2]))
    wait_for_http(stack, f"{url}/time")
    steps.end("sandbox", url)
    refreshed = _run_verb(stack, steps, "refresh")
    steps.begin("runner", "following leaders")
    stretch = asyncio.run(drive(config, home, lambda text: steps.tell("runner", text)))
    steps.end("runner", f"{stretch.hours:.0f} hours of the world")
    returned = _run_verb(stack, steps, "feedback")
    steps.begin("replay", "deciding it all again")
    replayed = replay(read_rows(home.export), config.decision())
    steps.end("replay", f"{replayed.agreed} of {replayed.decisions} decisions agree")
    pointer = read_pointer(home)
    return Round(
        refreshed=refreshed,
        stretch=stretch,
        returned=returned,
        replayed=replayed,
        snapshot_id=refreshed["snapshot_id"],
        scored_wallets=len(load_snapshot(home, pointer).rows) if pointer else 0,
        journal_events=read_view(home.state).last_seq,
    )


def _run_verb(stack: Stack, steps: Steps, verb: str) -> dict[str, Any]:
    """Run a pipeline verb. Returns: the JSON it printed last."""
    said = [""]

    def hear(line: str) -> None:
        said[0] = line
        if not line.startswith("{"):
            steps.tell(verb, line)

    steps.begin(verb, "starting")
    stack.start(copytrade(verb, verb, "--json", ends=True, on_line=hear))
    stack.finish(verb)
    content: dict[str, Any] = json.loads(said[0])
    steps.end(verb, f"{sum(content['rows'].values()):,} rows in {len(content['rows'])} tables")
    return content


def _report(done: Round, seed: int) -> bool:
    stretch, tally, rows = done.stretch, done.stretch.tally, done.refreshed["rows"]
    facts: list[tuple[str, object]] = [
        ("seed", seed),
        ("wallets", rows.get("raw/wallets")),
        ("fills", rows.get("raw/fills")),
        ("markets", rows.get("raw/markets")),
        ("scored wallets", done.scored_wallets),
        ("snapshot", done.snapshot_id),
        ("gate", "open" if stretch.gate_is_open else "closed"),
        ("hours of the world", round(stretch.hours, 1)),
        ("copied", tally.copies),
        ("paper fills", tally.fills),
        *((f"refused: {reason}", count) for reason, count in tally.rejections.most_common()),
        *((f"exit: {reason}", count) for reason, count in tally.exits.most_common()),
        ("open positions", stretch.positions),
        ("equity", stretch.equity),
        ("journal events", done.journal_events),
        ("journal rows in the warehouse", done.returned["rows"].get("live_journal")),
        ("replayed decisions that agree", f"{done.replayed.agreed} of {done.replayed.decisions}"),
    ]
    print_table("One round of the loop", ["", ""], facts)
    for failing in done.failings():
        print(f"did not hold: {failing}")
    return not done.failings()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
