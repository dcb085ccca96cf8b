"""Wherever the key comes from, it is nowhere else: no output, file, metric, export or process list of a live run."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from eth_account import Account

from copytrade_live.keys.keystore import write_keystore
from copytrade_live.runner.serve_live import CONSENT, CONSENT_VARIABLE
from copytrade_live.secret import Secret

CLI = "from copytrade_live.cli import main; main()"
ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("keystore", "keyring", "env")
LOOKS = (
    ("status", "--live", "--json"),
    ("positions", "--live", "--json"),
    ("keys", "show", "--json"),
    *(("export", what, "--live") for what in ("journal", "decisions", "fills", "copies")),
)


class Canary:
    """A key and a password that no other run has, and how they could show."""

    def __init__(self) -> None:
        self.key = "0x" + secrets.token_hex(32)
        self.password = f'canary "{secrets.token_hex(12)}" \\ é'
        self.address = str(Account.from_key(self.key).address)

    def forms(self) -> set[bytes]:
        bare, raw = self.key[2:], bytes.fromhex(self.key[2:])
        texts = {self.key, bare, bare[:12], bare[-12:], str(int(bare, 16)), repr(raw)[2:-1], self.password}
        for text in (self.key, bare, self.password):
            texts |= {text.encode().hex(), json.dumps(text)[1:-1], repr(text)[1:-1]}
            texts |= {_base64(text.encode()), base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")}
        texts |= {_base64(raw), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
        texts |= {text.upper() for text in texts} | {text.lower() for text in texts}
        return {text.encode() for text in texts} | {raw}

    def shows_in(self, content: bytes) -> list[bytes]:
        return [form for form in self.forms() if form in content]


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", CLI, "sandbox", "--seed", "7", "--port", "0", "--speed", "20"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield next(line.split(" at ", 1)[1].strip() for line in process.stdout if " at http" in line)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def settings(url: str, source: str, wallet: str) -> str:
    stream = url.replace("http", "ws", 1)
    venue = {
        **{name: url for name in ("data_url", "gamma_url", "clob_url", "relayer_url")},
        "user_stream_url": f"{stream}/ws/user",
        "activity_stream_url": "",
        "market_stream_url": "",
        "clock": "venue",
        "max_attempts": 1,
    }
    live = {"wallet": wallet, "key_source": source, "allow_owner_key": True}
    safety = {"dry_run": False, "live_mode_confirm_delay_seconds": 0}
    seen = {"port": 0}
    return json.dumps({"venue": venue, "live": live, "safety": safety, "observability": seen, "log_level": "debug"})


def place(canary: Canary, source: str, tmp_path: Path) -> dict[str, str]:
    """Put the key where the source has it. Returns: the environment for it. The keystore lies in the home."""
    home = tmp_path / "home"
    home.mkdir()
    given = {
        **os.environ,
        "COPYTRADE_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        CONSENT_VARIABLE: CONSENT,
    }
    if source == "keystore":
        write_keystore(home / "keys" / "keystore.json", Secret(canary.key), Secret(canary.password), iterations=1024)
        (tmp_path / "keystore-password").write_text(canary.password + "\n")
        return given | {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    if source == "keyring":
        (tmp_path / "ring").write_text(canary.key)
        backend = "tests.keys.fake_keyring.Keyring"
        return given | {"PYTHON_KEYRING_BACKEND": backend, "FAKE_KEYRING_FILE": str(tmp_path / "ring")}
    return given | {"COPYTRADE_KEY": canary.key}


def files_of(home: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in home.rglob("*") if file.is_file()}


def start(given: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", CLI, "run", "--live", "--yes"],
        env=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def metrics_address(home: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the runner shows its metrics, once it does."""
    for _ in range(600):
        for file in home.glob("live/**/runtime.json"):
            found = json.dumps(json.loads(file.read_text()))
            if "http://127.0.0.1:" in found:
                return "http://127.0.0.1:" + found.split("http://127.0.0.1:", 1)[1].split('"', 1)[0]
        if process.poll() is not None:
            raise AssertionError(f"the runner ended early: {process.communicate()[0].decode()}")
        time.sleep(0.05)
    raise AssertionError("the runner shows no metrics")


@pytest.mark.parametrize("source", SOURCES)
def test_a_live_run_shows_its_key_and_password_nowhere(url: str, tmp_path: Path, source: str) -> None:
    canary = Canary()
    httpx.post(f"{url}/admin/fund", json={"address": canary.address, "cash": 1000}).raise_for_status()
    given = place(canary, source, tmp_path)
    home = tmp_path / "home"
    (home / "config.yaml").write_text(settings(url, source, canary.address))
    process = start(given)
    seen: dict[str, bytes] = {}
    try:
        address = metrics_address(home, process)
        for page in ("metrics", "readyz"):
            seen[page] = httpx.get(f"{address}/{page}").content
        seen["process list"] = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    finally:
        process.send_signal(signal.SIGTERM)
        seen["output"] = process.communicate(timeout=30)[0]
    assert process.returncode == 0, seen["output"].decode()[-2000:] if not canary.shows_in(seen["output"]) else "leaks"
    assert b"LIVE" in seen["output"]
    assert canary.address.lower().encode() in seen["output"].lower()
    for words in LOOKS if source == "keystore" else LOOKS[:1]:
        looked = subprocess.run(
            [sys.executable, "-c", CLI, *words], env=given, capture_output=True, check=False, cwd=tmp_path
        )
        seen[" ".join(words)] = looked.stdout + looked.stderr
    seen |= files_of(home)
    assert any(name.endswith("live/state.sqlite") for name in seen)
    assert {name: forms for name, content in seen.items() if (forms := canary.shows_in(content))} == {}


@pytest.mark.parametrize("source", SOURCES)
def test_a_live_run_that_fails_shows_its_key_and_password_nowhere(tmp_path: Path, source: str) -> None:
    canary = Canary()
    given = place(canary, source, tmp_path)
    dead = settings("http://127.0.0.1:9", source, "").replace('"clock": "venue"', '"clock": "system"')
    (tmp_path / "home" / "config.yaml").write_text(dead)
    said, _ = (process := start(given)).communicate(timeout=60)
    assert process.returncode == 1
    seen = {"output": said} | {
        str(file): file.read_bytes() for file in (tmp_path / "home").rglob("*") if file.is_file()
    }
    assert {name: forms for name, content in seen.items() if (forms := canary.shows_in(content))} == {}


def test_what_the_key_was_read_from_is_gone_from_the_environment_of_children(tmp_path: Path) -> None:
    canary = Canary()
    program = """
import os, subprocess, sys
from pathlib import Path
from copytrade_live.keys.sources import load_key
from copytrade_live.settings import Home, KeySource, LiveConfig
load_key(LiveConfig(key_source=KeySource.ENV), Home(Path(sys.argv[1])), os.environ, None)
subprocess.run(["env"], check=True)
"""
    given = {**os.environ, "COPYTRADE_KEY": canary.key}
    shown = subprocess.run([sys.executable, "-c", program, str(tmp_path)], env=given, capture_output=True, check=True)
    assert b"PATH=" in shown.stdout
    assert canary.shows_in(shown.stdout + shown.stderr) == []
