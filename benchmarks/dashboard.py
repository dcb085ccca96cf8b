"""What watching costs the runner: a journal that grows by 100 events a second, decided with and without a dashboard
that 20 browsers listen to, and what the dashboard's memory does meanwhile.

The anchor is the same pace without anybody watching, before and after in the same run. Equality: every browser was
told of every signal that was answered while it listened.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.runner import _resident
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import BookObserved, LeaderFillObserved, Observation, RunStarted
from copytrade_live.core.market import MICRO, Book, Level, Role, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.signal import Signal
from copytrade_live.dashboard.access.keys import rotate_key
from copytrade_live.dashboard.schemas.session import Role as Power
from copytrade_live.ports import SignedOrder
from copytrade_live.runner.execution import Signing
from copytrade_live.runner.recorder import Recorder
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal

BROWSERS, EVENTS_A_SECOND, BOOKS_A_FILL = 20, 100, 14
ALONE_SECONDS, WARM_SECONDS, SAMPLE_SECONDS = 30.0, 20.0, 5.0
# Above what the two blocks without anybody watching differ by themselves.
MOST_SLOWER, MOST_GROWTH = 1.10, 8.0
_MAIN = "from copytrade_live.cli import main; main()"
_START = 1_772_452_800_000
_WALLET, _CONDITION, _TOKEN = "0x" + "a1" * 20, "0x" + "c3" * 32, "1" * 77


class Still:
    """Hands that do nothing: only deciding and writing are measured."""

    def sign_now(self, order: Order) -> Signing | None:
        """Sign nothing."""
        return None

    def place(self, order: Order, signed: SignedOrder | None = None) -> None:
        """Place nothing."""

    def cancel(self, order_id: str) -> None:
        """Cancel nothing."""

    def redeem(self, condition_id: str) -> None:
        """Redeem nothing."""


@dataclass
class Pace:
    """Decides a fill and looks at books, again and again.

    Six fills a second are what a thousand leaders trade at ten times the venue's mean; most of a journal is books.
    """

    recorder: Recorder
    number: int = 0
    seconds: list[float] = field(default_factory=list)

    def run(self, duration: float) -> list[float]:
        """Keep the pace for so long. Returns: how long each signal's decision took, its commit included."""
        taken: list[float] = []
        step = (BOOKS_A_FILL + 2) / EVENTS_A_SECOND
        began = due = time.perf_counter()
        while time.perf_counter() - began < duration:
            self.number += 1
            now = _START + round(self.number * step * 1000)
            for number in range(BOOKS_A_FILL):
                self.recorder.observe(_book(now + number, 0.40 + (self.number + number) % 20 / 100))
            before = time.perf_counter()
            self.recorder.observe(_fill(now + BOOKS_A_FILL, f"signal-{self.number}"))
            taken.append(time.perf_counter() - before)
            due += step
            time.sleep(max(0.0, due - time.perf_counter()))
        return taken


def measure(seconds: float = 60.0) -> dict[str, dict[str, float | bool | str]]:
    """Latency with and without, and memory over so many seconds with."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        key = rotate_key(home, Power.VIEWER)
        with Journal.open(home.state, "paper") as journal:
            recorder = Recorder(journal, DecisionConfig(), Still())
            recorder.restore(())
            recorder.run_id = "run-bench"
            recorder.observe(_run())
            pace = Pace(recorder)
            before = pace.run(ALONE_SECONDS)
            watched, sizes, told, asked = _watched(pace, home, key, seconds)
            after = pace.run(ALONE_SECONDS)
    alone = [_median(before), _median(after)]
    slower = _median(watched) / max(alone)
    late = _ninth(watched) / max(_ninth(before), _ninth(after))
    growth = sizes[-1] - sizes[0]
    whole = len(told) == BROWSERS and min(told) >= asked
    return {
        "D1.latency": {
            "value": f"{_median(watched) * 1e6:.0f} us median, p99 {late:.2f} x, {BROWSERS} browsers",
            "anchor": f"{alone[0] * 1e6:.0f} and {alone[1] * 1e6:.0f} us without",
            "ratio": round(slower, 3),
            "goal": f"ratio <= {MOST_SLOWER}",
            "holds": slower <= MOST_SLOWER,
            "equal": whole,
        },
        "D1.memory": {
            "value": f"{sizes[0]:.0f} to {sizes[-1]:.0f} MiB in {seconds:.0f} s, at most {max(sizes):.0f}",
            "anchor": f"{sizes[0]:.0f} MiB after {WARM_SECONDS:.0f} s",
            "ratio": round(sizes[-1] / sizes[0], 3),
            "goal": f"grows by <= {MOST_GROWTH:.0f} MiB",
            "holds": growth <= MOST_GROWTH,
            "equal": whole,
        },
    }


def _watched(pace: Pace, home: Home, key: str, seconds: float) -> tuple[list[float], list[float], list[int], int]:
    """Decide while a dashboard is listened to. Returns: times, mebibytes, signals told by browser, signals answered."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", _MAIN, "dashboard", "--port", "0"],
        env=os.environ | {"COPYTRADE_HOME": str(home.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        url = re.findall(r"http://\S+", line)[0]
        browsers = subprocess.Popen(  # noqa: S603 - this very module
            [sys.executable, "-m", "benchmarks.dashboard", url, key], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        ready = browsers.stdout.readline() if browsers.stdout else ""
        if not ready.startswith("ready"):
            raise RuntimeError("the browsers could not listen")
        sizes: list[float] = []
        is_over = threading.Event()

        def sample() -> None:
            is_over.wait(WARM_SECONDS)
            while not is_over.wait(SAMPLE_SECONDS):
                sizes.append(_resident(process.pid))

        sampler = threading.Thread(target=sample)
        sampler.start()
        first = pace.number
        watched = pace.run(WARM_SECONDS + seconds)
        asked = pace.number - first
        is_over.set()
        sampler.join()
        time.sleep(2.0)
        said, _ = browsers.communicate("end\n", timeout=60)
        return watched, sizes, [int(one) for one in said.split()], asked
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _listen(url: str, key: str) -> None:
    """Be so many browsers until somebody says end; then say how many signals each was told of."""
    login = {"json": {"api_key": key}, "headers": {"Origin": url}}
    counts = [0] * BROWSERS
    sessions = []
    for _ in range(-(-BROWSERS // 5)):
        client = httpx.Client(base_url=url, timeout=httpx.Timeout(30.0, read=600.0))
        client.post("/api/session", **login).raise_for_status()  # type: ignore[arg-type]
        sessions.append(client)
    open_ones = threading.Barrier(BROWSERS + 1)

    def read(place: int) -> None:
        rest = b""
        with sessions[place // 5].stream("GET", "/api/events") as answer:
            answer.raise_for_status()
            open_ones.wait()
            for chunk in answer.iter_raw():
                rest += chunk
                counts[place] += rest.count(b"event: signal\n")
                rest = rest[rest.rfind(b"\n") + 1 :]

    for place in range(BROWSERS):
        threading.Thread(target=read, args=(place,), daemon=True).start()
    open_ones.wait(timeout=60)
    print("ready", flush=True)
    sys.stdin.readline()
    print(*counts, flush=True)
    os._exit(0)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _ninth(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


def _run() -> Observation:
    return RunStarted(
        event_at=_START, observed_at=_START, run_id="run-bench", mode="paper", code_version="bench", config_digest="d",
        starting_cash=1000 * MICRO,
    )  # fmt: skip


def _book(now: int, bid: float) -> BookObserved:
    levels = tuple(Level(round(bid - place / 100, 2), 1000.0) for place in range(10))
    shown = Book(token_id=_TOKEN, bids=levels, asks=(Level(0.99, 10.0),), event_at=now, observed_at=now)
    return BookObserved(event_at=now, observed_at=now, book=shown)


def _fill(now: int, signal_id: str) -> LeaderFillObserved:
    seen = Signal(
        signal_id=signal_id, wallet=_WALLET, condition_id=_CONDITION, token_id=_TOKEN, outcome="Yes", side=Side.BUY,
        role=Role.TAKER, price=0.5, size=1000.0, event_at=now - 1, observed_at=now, tx_hash="0x01", source="poll",
    )  # fmt: skip
    return LeaderFillObserved(event_at=now - 1, observed_at=now, signal=seen, book=None, market=None)


if __name__ == "__main__":
    _listen(sys.argv[1], sys.argv[2])
