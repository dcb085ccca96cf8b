"""How soon a runner is ready again after kill -9, beside a journal of a million books (reference: within ten seconds).

The anchor is the start of an empty home on the same sandbox. Equality: the state it is ready with is what the journal
folds to, and the run before was killed while it had events that no checkpoint holds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import yaml

from benchmarks.runner import _address, _sandbox
from copytrade_live.clock import ManualClock, stopwatch
from copytrade_live.core.engine import evolve, initial_state
from copytrade_live.core.events import BookObserved, JournalEvent, RunStarted
from copytrade_live.core.market import MICRO, Book, Level
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.checkpointing import Checkpointer
from copytrade_live.runner.execution import PaperExecution
from copytrade_live.runner.health import Health
from copytrade_live.runner.paper import PaperExecutor
from copytrade_live.runner.tracking.memory import SignalMemory
from copytrade_live.settings import Home, load_config
from copytrade_live.store.export import Exporter
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import to_row

BOOKS, TOKENS, LEVELS = 1_000_000, 2_000, 10
MOST_SECONDS = 10.0
_START = 1_772_452_800_000
_BATCH = 5_000
_COLUMNS = "seq, run_id, type, version, caused_by, event_at, observed_at, payload"


def measure(books: int = BOOKS) -> dict[str, dict[str, float | bool | str]]:
    """Ready after a kill, with a checkpoint as old as one may be."""
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as long, _sandbox() as url:
        for folder in (empty, long):
            (Path(folder) / "config.yaml").write_text(
                yaml.safe_dump(
                    {
                        "venue": {"data_url": url, "gamma_url": url, "clob_url": url},
                        "tracker": {"leaders": ["0x" + "a1" * 20]},
                        "observability": {"port": 0},
                    }
                )
            )
        anchor, _ = _ready(empty)
        per_event = _write_journal(Home(Path(long)), books)
        first, is_killed = _ready(long)
        again, _ = _ready(long)
        worst = max(first, again)
        size = Home(Path(long)).state.stat().st_size / 1e9
    return {
        "F31.ready": {
            "value": f"{worst:.1f} s after kill -9, {books:,} books, {size:.1f} GB",
            "anchor": f"{anchor:.1f} s with an empty home; a whole fold would take {per_event * books:.0f} s more",
            "ratio": round(worst / anchor, 2),
            "goal": f"<= {MOST_SECONDS:.0f} s",
            "holds": worst <= MOST_SECONDS,
            "equal": is_killed,
        }
    }


def _ready(folder: str) -> tuple[float, bool]:
    """Seconds until a runner is ready; it is killed then. Returns: those, and whether it died by the kill."""
    began = time.monotonic()
    (Path(folder) / "runtime.json").unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", "from copytrade_live.cli import main; main()", "run"],
        env=os.environ | {"COPYTRADE_HOME": folder},
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("LOUD") else subprocess.DEVNULL,
    )
    address = _address(Path(folder), process)
    while httpx.get(f"{address}/readyz", timeout=60).status_code != 200:
        time.sleep(0.02)
    seconds = time.monotonic() - began
    process.kill()
    return seconds, process.wait(20) == -signal.SIGKILL


def _write_journal(home: Home, books: int) -> float:
    """A journal of books, exported and logged as a runner would have. Returns: seconds to fold one event, measured."""
    config = load_config(None, home)
    clock = ManualClock(_START)
    memory = SignalMemory(config.tracker)
    hands = PaperExecution(PaperExecutor(BookDesk(_Nobody(), clock, Health()), clock, 0.5))
    with Journal.open(home.state, "paper") as journal:
        checkpoints = Checkpointer(journal, memory, hands, clock, config.polling.checkpoint_events)
        state, batch = initial_state(), []
        for seq, event in enumerate(_events(books), start=1):
            state = evolve(state, event)
            memory.apply(event)
            hands.apply(event)
            batch.append(to_row(event, seq=seq, run_id="paper-bench", caused_by=None))
            is_last_chance = seq == books - config.polling.checkpoint_events + 2
            if len(batch) == _BATCH or is_last_chance or seq == books + 1:
                _insert(journal, batch)
                batch = []
            if is_last_chance:
                checkpoints.write(state)
        Exporter(home.export, journal).export()
        # As a run leaves the log: its last line is of the newest row that decided anything.
        home.decisions.parent.mkdir(parents=True, exist_ok=True)
        home.decisions.write_text(json.dumps({"seq": 1}) + "\n")
        began, count = stopwatch(), 0
        fresh, folding = initial_state(), PaperExecutor(BookDesk(_Nobody(), clock, Health()), clock, 0.5)
        for row in journal.read(0, 20_000):
            fresh = evolve(fresh, row.event)
            folding.apply(row.event)
            count += 1
        return (stopwatch() - began) / count


def _insert(journal: Journal, rows: list[object]) -> None:
    connection = journal.connection
    connection.execute("BEGIN")
    connection.executemany(
        f"INSERT INTO journal ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant of ours
        [tuple(getattr(row, name) for name in _COLUMNS.split(", ")) for row in rows],
    )
    connection.execute("COMMIT")


def _events(books: int) -> Iterator[JournalEvent]:
    yield RunStarted(
        event_at=_START,
        observed_at=_START,
        run_id="paper-bench",
        mode="paper",
        code_version="1",
        config_digest="",
        starting_cash=1000 * MICRO,
    )
    for number in range(books):
        at, place = _START + number, number % 40
        bids = tuple(Level(round(0.5 - (level + place) / 1000, 3), 100.0 + level) for level in range(1, LEVELS + 1))
        asks = tuple(Level(round(0.5 + (level + place) / 1000, 3), 100.0 + level) for level in range(1, LEVELS + 1))
        token = f"{number % TOKENS:077d}"
        book = Book(token_id=token, bids=bids, asks=asks, event_at=at, observed_at=at)
        yield BookObserved(event_at=at, observed_at=at, book=book)


class _Nobody:
    """A venue that nobody asks."""


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else BOOKS), indent=1))
