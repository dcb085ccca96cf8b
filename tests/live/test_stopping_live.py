"""In live mode every stop ends entries within a second, outlives kill -9, and lets exits and cancels go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from copytrade_live.core.events import (
    ExitDecided,
    JournalEvent,
    OrderFilled,
    SignalCopied,
    SignalRejected,
    Verb,
)
from copytrade_live.core.market import HOUR, SECOND, Instant, Side
from copytrade_live.errors import StateError
from copytrade_live.sandbox.exchange.wallets import deposit_wallet
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.settings import Home
from copytrade_live.store import commands
from copytrade_live.store.journal import Journal
from tests.live.live_run import LEADER
from tests.sandbox.running import Sandbox, run_server
from tests.sandbox.trading import OWNER, best, fund, truth
from tests.worlds import default_world

ROOT = Path(__file__).resolve().parents[2]
WALLET = deposit_wallet(OWNER.lower())
SHORT: Instant = 2 * SECOND


def expire(home: Home, now: Instant) -> Instant:
    write_gate(home, now, valid_until=now + SHORT)
    return now + SHORT


def command(verb: Verb, wallet: str | None = None) -> Callable[[Home, Instant], Instant]:
    def ask(home: Home, now: Instant) -> Instant:
        commands.ask(home.live().state, verb, by="test", asked_at=now, wallet=wallet)
        return now

    return ask


def touch(home: Home, now: Instant) -> Instant:
    (home.live().root / "KILL").touch()
    return now


def close_gate(home: Home, now: Instant) -> Instant:
    write_gate(home, now, valid_until=now + HOUR, is_open=False)
    return now


STOPS: dict[str, tuple[Callable[[Home, Instant], Instant], str]] = {
    "gate_expiry": (expire, "gate_closed"),
    "gate_closed": (close_gate, "gate_closed"),
    "halt": (command(Verb.HALT), "halted"),
    "kill_switch_file": (touch, "kill_switch_file"),
    "cutoff": (command(Verb.CUTOFF, LEADER), "wallet_muted"),
}


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return default_world()


@pytest.fixture
def venue(world: SyntheticWorld) -> Iterator[Sandbox]:
    with run_server(world, world.start_at, 1.0) as running:
        fund(running, address=WALLET, cash=100_000)
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("stop", STOPS)
def test_a_stop_ends_entries_outlives_a_kill_and_lets_exits_go_on(venue: Sandbox, tmp_path: Path, stop: str) -> None:
    home, (act, reason) = Home(tmp_path), STOPS[stop]
    write_gate(home, venue.time.now(), valid_until=venue.time.now() + HOUR)
    tokens = tokens_of(venue)
    first = start(home, venue.url, tokens)
    try:
        until(lambda: len(heard(home, SignalCopied)) >= 3, first)
        at = act(home, venue.time.now())
        until(lambda: len(refused_after(home, at)) >= 4, first)
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.communicate(timeout=20)
    killed_at = venue.time.now()
    again = start(home, venue.url, tokens)
    try:
        until(lambda: len(refused_after(home, killed_at)) >= 4, again)
        until(lambda: [event for event in heard(home, OrderFilled) if event.fill.side is Side.SELL], again)
        until(lambda: not resting(venue), again)
        again.send_signal(signal.SIGTERM)
        said, _ = again.communicate(timeout=30)
    finally:
        again.kill()
    assert again.returncode == 0, said

    limit = at + SECOND
    assert [event for event in heard(home, SignalCopied) if event.observed_at > limit] == []
    reasons = {event.reason.value for event in refused_after(home, limit) if event.side is Side.BUY}
    # A run that has just begun has not compared its books yet, and what was sold may have been a loss too many.
    assert {reason} <= reasons <= {reason, "not_reconciled", "wallet_muted"}
    orders = truth(venue, "orders")
    assert [row for row in orders if row["side"] == "BUY" and row["placed_ms"] > limit] == []
    assert min(event.observed_at for event in left(home)) > at


def left(home: Home) -> list[ExitDecided]:
    return heard(home, ExitDecided)


def tokens_of(venue: Sandbox) -> list[str]:
    """Eight open markets with hours to go and a book on both sides of the middle, with what they trade at."""
    found, now = [], venue.world.start_at
    for number, one in enumerate(venue.world.markets):
        ladder = venue.world.ladder(number, now) if one.opened_at + HOUR < now < one.end_at - 6 * HOUR else None
        if ladder is not None and ladder.mid is not None and 0.3 < ladder.mid < 0.7:
            bid, ask = best(venue, one.token_ids[0])
            found.append(f"{one.condition_id}:{one.token_ids[0]}:{bid}:{ask}")
    return found[:8]


def start(home: Home, url: str, tokens: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.live.stopping_run", str(home.root), url, WALLET, *tokens],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def heard(home: Home, kind: type) -> list[Any]:
    try:
        with Journal.open_reader(home.live().state) as journal:
            events: list[JournalEvent] = list(journal.events())
    except StateError:
        return []
    return [event for event in events if isinstance(event, kind)]


def refused_after(home: Home, at: Instant) -> list[SignalRejected]:
    return [event for event in heard(home, SignalRejected) if event.observed_at > at]


def resting(venue: Sandbox) -> list[dict[str, Any]]:
    """What is left on the book; every order is cancelled half a second after it was placed."""
    return [row for row in truth(venue, "orders") if row["status"] == "LIVE"]


def until(is_done: Callable[[], object], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 60
    while not is_done():
        assert time.monotonic() < end, "it never came"
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)


def write_gate(home: Home, now: Instant, *, valid_until: Instant, is_open: bool = True) -> None:
    path = home.published / "gate.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    reasons = [] if is_open else ["tested"]
    content = {
        "schema_version": 1, "is_open": is_open, "reasons": reasons, "snapshot_id": None, "written_at": now,
        "valid_until": valid_until,
    }  # fmt: skip
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(content))
    beside.replace(path)
