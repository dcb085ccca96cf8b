"""copytrade run --live as an operator and as a service start it, against a sandbox process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from copytrade_live.core.events import AccountObserved, RunStarted
from copytrade_live.errors import StateError
from copytrade_live.runner.serve_live import CONSENT, CONSENT_VARIABLE
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal
from tests.sandbox.trading import KEY, OWNER

CLI = "from copytrade_live.cli import main; main()"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", CLI, "sandbox", "--seed", "7", "--port", "0", "--speed", "20"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        address = next(line.split(" at ", 1)[1].strip() for line in process.stdout if " at http" in line)
        httpx.post(f"{address}/admin/fund", json={"address": OWNER, "cash": 1000}).raise_for_status()
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=20)


def config(url: str, *, dry_run: bool) -> str:
    stream = url.replace("http", "ws", 1)
    venue = {
        "data_url": url,
        "gamma_url": url,
        "clob_url": url,
        "relayer_url": url,
        "rpc_url": f"{url}/rpc",
        "user_stream_url": f"{stream}/ws/user",
        "activity_stream_url": "",
        "market_stream_url": "",
        "clock": "venue",
    }
    return json.dumps(
        {
            "venue": venue,
            "safety": {"dry_run": dry_run, "live_mode_confirm_delay_seconds": 0.1},
            "live": {"wallet": OWNER, "key_source": "env", "allow_owner_key": True},
            "observability": {"enabled": False},
        }
    )


def start(home: Path, url: str, *, dry_run: bool = False, consent: str = CONSENT) -> subprocess.Popen[str]:
    home.mkdir(exist_ok=True)
    (home / "config.yaml").write_text(config(url, dry_run=dry_run))
    environment = {**os.environ, "COPYTRADE_HOME": str(home), "COPYTRADE_KEY": KEY, CONSENT_VARIABLE: consent}
    return subprocess.Popen(
        [sys.executable, "-c", CLI, "run", "--live", "--yes"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(is_done: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        if is_done():
            return
        if process.poll() is not None:
            raise AssertionError(process.communicate()[0])
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate()[0])


def test_a_service_starts_live_reconciles_in_its_own_folder_and_ends_on_sigterm(url: str, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    process = start(home.root, url)
    state = home.live().state

    def is_reconciled() -> bool:
        try:
            with Journal.open_reader(state) as journal:
                return any(isinstance(event, AccountObserved) for event in journal.events())
        except StateError:
            return False

    until(is_reconciled, process)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 0, said
    assert "LIVE trading" in said
    assert KEY.removeprefix("0x") not in said
    assert not home.state.exists()
    with Journal.open_reader(state) as journal:
        (started,) = [event for event in journal.events() if isinstance(event, RunStarted)]
        assert (started.mode, started.is_real, started.account) == ("live", True, OWNER.lower())


def test_without_the_ceiling_or_the_word_nothing_starts(url: str, tmp_path: Path) -> None:
    for number, (dry_run, consent, why) in enumerate(((True, CONSENT, "dry_run"), (False, "yes", "not confirmed"))):
        process = start(tmp_path / f"home{number}", url, dry_run=dry_run, consent=consent)
        said, _ = process.communicate(timeout=30)
        assert process.returncode not in (0, None)
        assert why in said
        assert not (tmp_path / f"home{number}" / "live" / "state.sqlite").exists()
