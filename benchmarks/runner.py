"""How soon a runner is ready and how much memory it takes (reference M1), as processes on a sandbox.

The anchor of starting is what an interpreter needs that does nothing but import asyncio, httpx, starlette and uvicorn.
Equality: the runner follows every leader it was told to, and its books are those it was sent.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

LEADERS, BOOKS, LEVELS = 1_000, 5_000, 50
MOST_SECONDS, MOST_MEBIBYTES = 1.5, 256.0
SETTLE_SECONDS, REPEATS = 20.0, 3
_MAIN = "from copytrade_live.cli import main; main()"
_BARE = "import asyncio, httpx, starlette.applications, uvicorn"


def measure() -> dict[str, dict[str, float | bool | str]]:
    """Start, memory with leaders, and with books besides."""
    with _sandbox() as url:
        starts, sizes, followed = zip(*(_run(url) for _ in range(REPEATS)), strict=True)
    bare = min(_timed([sys.executable, "-c", _BARE]) for _ in range(REPEATS))
    books, are_whole = _books()
    memory = max(sizes) + books
    is_equal = set(followed) == {LEADERS} and are_whole
    return {
        "M1.start": {
            "value": f"{min(starts):.2f} s",
            "anchor": f"{bare:.2f} s of bare imports",
            "ratio": round(min(starts) / bare, 2),
            "goal": f"<= {MOST_SECONDS} s",
            "holds": min(starts) <= MOST_SECONDS,
            "equal": is_equal,
        },
        "M1.memory": {
            "value": f"{memory:.0f} MiB, of it {books:.0f} for {BOOKS} books",
            "anchor": f"{MOST_MEBIBYTES:.0f} MiB",
            "ratio": round(memory / MOST_MEBIBYTES, 3),
            "goal": "ratio <= 1",
            "holds": memory <= MOST_MEBIBYTES,
            "equal": is_equal,
        },
    }


def _run(url: str) -> tuple[float, float, int]:
    """Seconds until ready, mebibytes after a while, leaders followed."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "config.yaml").write_text(
            yaml.safe_dump(
                {
                    "venue": {"data_url": url, "gamma_url": url, "clob_url": url},
                    "tracker": {"leaders": [f"0x{number:040x}" for number in range(1, LEADERS + 1)]},
                    "observability": {"port": 0},
                }
            )
        )
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", _MAIN, "run"],
            env=os.environ | {"COPYTRADE_HOME": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = _address(home, process)
            while httpx.get(f"{address}/readyz").status_code != 200:
                time.sleep(0.02)
            seconds = time.monotonic() - began
            time.sleep(SETTLE_SECONDS)
            told = json.loads((home / "runtime.json").read_text())
            return seconds, _resident(process.pid), int(told["leaders"])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _address(home: Path, process: subprocess.Popen[bytes]) -> str:
    while process.poll() is None:
        try:
            if address := json.loads((home / "runtime.json").read_text())["address"]:
                return str(address)
        except (OSError, ValueError):
            time.sleep(0.02)
    raise RuntimeError("the runner ended before it was ready")


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1024


def _books() -> tuple[float, bool]:
    """Mebibytes that live books of many tokens take, in a process of their own."""
    answer = subprocess.run([sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True)  # noqa: S603
    used, whole = answer.stdout.split()
    return float(used), whole == str(BOOKS)


_CHILD = f"""
from benchmarks.runner import _resident
from copytrade_live.venue.wire_market import LiveBook
import os
before, books = _resident(os.getpid()), []
for number in range({BOOKS}):
    places = range(1, 2 * {LEVELS} + 1)
    levels = [{{"price": f"{{place / 1000:.3f}}", "size": f"{{number + place}}.5"}} for place in places]
    book = LiveBook(str(number) * 10)
    message = {{"asset_id": str(number) * 10, "market": "0x" + "c" * 64, "timestamp": "1786483975529"}}
    book.replace(message | {{"bids": levels[:{LEVELS}], "asks": levels[:{LEVELS} - 1:-1]}})
    books.append(book)
whole = sum(len(book.bids) == len(book.asks) == {LEVELS} for book in books)
print(_resident(os.getpid()) - before, whole)
"""


def _timed(command: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, check=True)  # noqa: S603 - our own interpreter
    return time.monotonic() - began


@contextmanager
def _sandbox() -> Iterator[str]:
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", _MAIN, "sandbox", "--port", "0", "--speed", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield re.findall(r"http://\S+", line)[0]
    finally:
        process.terminate()
        process.wait(20)
