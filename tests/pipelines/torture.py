"""A sandbox that misbehaves in every way, the real `copytrade ingest` against it, and the truth to compare with."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.pipelines.ingest_runs import query

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from copytrade_live.cli import main; main()")
LATE_SECONDS = 600
# About a third of all requests meet one of these.
FAULTS: tuple[dict[str, Any], ...] = (
    {"name": "rate_limited", "probability": 0.02, "retry_after_seconds": 1},
    {"name": "rate_limited_silently", "probability": 0.03},
    {"name": "throttled_200", "probability": 0.02},
    {"name": "server_error", "probability": 0.04, "retry_after_seconds": 1},
    {"name": "timeout", "probability": 0.005, "seconds": 4.0},
    {"name": "disconnect", "probability": 0.03},
    {"name": "truncated_json", "probability": 0.03},
    {"name": "html_body", "probability": 0.03},
    {"name": "repeated_page", "probability": 0.1},
    {"name": "unordered_rows", "probability": 0.3},
    {"name": "blank_fields", "probability": 0.2},
    {"name": "late_rows", "probability": 0.05, "delay_seconds": LATE_SECONDS},
)
Counted = Counter[tuple[Any, ...]]

# Histories alone: everything of an ingest that the faults of listings can touch, in a few seconds.
HISTORIES = """
import asyncio, sys
from copytrade_live.settings import home_from_environment, load_config
from copytrade_pipelines.ingest.discovery import discover_wallets
from copytrade_pipelines.ingest.fills import ingest_fills
from copytrade_pipelines.ingest.wallets import write_wallets
from copytrade_pipelines.resources import VenueResource
from copytrade_pipelines.warehouse import Warehouse

home = home_from_environment()
config = load_config(None, home)
venue = VenueResource.of(config.venue)

async def main(now):
    warehouse, api = Warehouse(path=str(home.warehouse)), venue.data_api()
    write_wallets(warehouse, *(await discover_wallets(api, None)))
    await ingest_fills(warehouse, api, landing=home.landing, lag=10_000, now=now,
                       audit_days=config.pipelines.audit_days,
                       progress=lambda done, total, label: print(done, flush=True))

asyncio.run(main(venue.now()))
"""


@contextmanager
def misbehaving(folder: Path, *options: str, faults: Sequence[dict[str, Any]] = FAULTS) -> Iterator[str]:
    """A sandbox process with faults on, whose time stands still; gives its URL."""
    listed = folder / "faults.json"
    listed.write_text(json.dumps([{"seed": 1, **fault} for fault in faults]), encoding="utf-8")
    command = [*COMMAND, "sandbox", "--port", "0", "--stepped", "--faults", str(listed), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment(folder)) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().rsplit(" ", 1)[-1].strip()
        finally:
            process.terminate()


def configure(home: Path, url: str, **pipelines: object) -> None:
    """Write the config of a home: short timeouts, so that a fault that never answers costs little."""
    home.mkdir(parents=True, exist_ok=True)
    venue = {"data_url": url, "gamma_url": url, "clob_url": url, "clock": "venue", "timeout_seconds": 3.0}
    if "rpc_url" in pipelines:
        venue["rpc_url"] = str(pipelines.pop("rpc_url"))
    content = {"venue": venue, "pipelines": pipelines} if pipelines else {"venue": venue}
    (home / "config.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def ingest(home: Path, *options: str) -> str:
    """Run the command to its end. Returns: what it printed."""
    log = home / "ingest.log"
    with log.open("w", encoding="utf-8") as said:
        command = [*COMMAND, "ingest", *options]
        code = subprocess.run(
            command, stdout=said, stderr=subprocess.STDOUT, check=False, env=_environment(home)
        ).returncode
    text = log.read_text(encoding="utf-8")
    assert code == 0, text[-4000:]
    return text


def ingest_histories(home: Path, kill_after: int | None = None) -> None:
    """Bring fills and activity up to date, or be killed after so many batches."""
    command = [sys.executable, "-c", HISTORIES]
    if kill_after is None:
        subprocess.run(command, check=True, capture_output=True, env=_environment(home))
        return
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment(home)) as process:
        assert process.stdout is not None
        for _ in range(kill_after):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)


def ingest_and_kill(home: Path, lines: int) -> bool:
    """Run the command until it has said so many lines, then kill it. Returns: whether it was still running."""
    with subprocess.Popen(
        [*COMMAND, "ingest"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment(home)
    ) as process:
        assert process.stdout is not None
        said = sum(1 for _, line in zip(range(lines), process.stdout, strict=False) if line)
        os.kill(process.pid, signal.SIGKILL)
        return said == lines


def kill_points(seed: int, kills: int, longest: int) -> list[int]:
    """After how many lines to kill, each time."""
    dice = random.Random(seed)
    return [dice.randint(1, longest) for _ in range(kills)]


def step(url: str, seconds: int) -> None:
    """Let the world's time pass."""
    httpx.post(f"{url}/admin/step", json={"seconds": seconds}, timeout=60).raise_for_status()


def truth(url: str, until_ms: int | None = None) -> dict[str, Any]:
    """What the venue holds; without a moment, what it shows when no row is late."""
    params = {} if until_ms is None else {"until_ms": until_ms}
    found: dict[str, Any] = httpx.get(f"{url}/admin/truth", params=params, timeout=120).raise_for_status().json()
    return found


def settled_until(url: str, late_seconds: int = LATE_SECONDS) -> int:
    """The moment up to which no row is late any more, at the end of a second."""
    shown_until: int = truth_head(url)
    return (shown_until - late_seconds * 1000) // 1000 * 1000 - 1


def truth_head(url: str) -> int:
    """Up to when the data API shows rows that are not late."""
    found: int = httpx.get(f"{url}/admin/truth", params={"wallets": "none", "parts": "fills"}, timeout=60).json()[
        "until_ms"
    ]
    return found


def true_fills(found: dict[str, Any]) -> Counted:
    """Fills of the truth, with multiplicity."""
    keys = ("wallet", "condition_id", "token_id", "side", "role", "price", "size", "timestamp", "tx")
    return Counter(tuple(row[key] for key in keys) for row in found["fills"])


def true_activity(found: dict[str, Any]) -> Counted:
    """Everything else of the truth, with multiplicity."""
    keys = ("wallet", "type", "condition_id", "size", "cash", "timestamp", "tx")
    return Counter(tuple(row[key] for key in keys) for row in found["activity"])


def our_fills(home: Path, until_ms: int) -> Counted:
    """Fills of the warehouse, with multiplicity."""
    rows = query(
        home,
        "SELECT wallet, condition_id, token_id, side, role, price, size, epoch_ms(event_at) // 1000, tx_hash "
        f"FROM raw.fills WHERE epoch_ms(event_at) <= {until_ms}",
    )
    return Counter(rows)


def our_activity(home: Path, until_ms: int) -> Counted:
    """Everything else of the warehouse, with multiplicity."""
    rows = query(
        home,
        "SELECT wallet, type, condition_id, size, usdc_size, epoch_ms(event_at) // 1000, tx_hash "
        f"FROM raw.activity WHERE epoch_ms(event_at) <= {until_ms}",
    )
    return Counter(rows)


def differences(home: Path, url: str, until_ms: int) -> dict[str, object]:
    """What the warehouse has too much or too little; empty when it holds exactly the truth."""
    return history_differences(home, url, until_ms) | _market_differences(home, truth(url, until_ms))


def history_differences(home: Path, url: str, until_ms: int) -> dict[str, object]:
    """The same of fills and activity alone."""
    found = truth(url, until_ms)
    ours, others = our_fills(home, until_ms), our_activity(home, until_ms)
    sides: dict[str, Counted] = {
        "fills missing": true_fills(found) - ours,
        "fills too many": ours - true_fills(found),
        "activity missing": true_activity(found) - others,
        "activity too many": others - true_activity(found),
    }
    return {name: (sum(rows.values()), rows.most_common(2)) for name, rows in sides.items() if rows}


def _market_differences(home: Path, found: dict[str, Any]) -> dict[str, object]:
    touched = {row["condition_id"] for row in found["fills"]}
    true_tokens = {row["condition_id"]: tuple(row["token_ids"]) for row in found["resolutions"]}
    true_ends = {
        row["condition_id"]: tuple(row["payouts"]) for row in found["resolutions"] if row["status"] == "resolved"
    }
    tokens = {
        condition: tuple(listed) for condition, listed in query(home, "SELECT condition_id, token_ids FROM raw.markets")
    }
    ends = {
        condition: tuple(payouts)
        for condition, payouts in query(
            home, "SELECT condition_id, payouts FROM raw.resolutions WHERE status='resolved'"
        )
    }
    wrong: dict[str, object] = {}
    if bad := {one for one in touched if tokens.get(one) != true_tokens[one]}:
        wrong["markets"] = sorted(bad)[:3]
    if bad := {one for one in touched if ends.get(one) != true_ends.get(one)}:
        wrong["resolutions"] = [(one, ends.get(one), true_ends.get(one)) for one in sorted(bad)[:3]]
    return wrong


def _environment(home: Path) -> dict[str, str]:
    paths = {"COPYTRADE_HOME": str(home), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return {**os.environ, **paths}
