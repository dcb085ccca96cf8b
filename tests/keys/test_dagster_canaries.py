"""Keys in the environment and the config of a whole headless Dagster run: in no file, record, output or child of it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keys.test_canaries import CLI, ROOT, Canary, files_of

WALLETS, FILLS = "30", "2000"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-c", CLI, "sandbox", "--seed", "7", "--port", "0", "--speed", "60"]
    process = subprocess.Popen([*command, "--wallets", WALLETS, "--fills", FILLS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield next(line.split(" at ", 1)[1].strip() for line in process.stdout if " at http" in line)
    finally:
        process.terminate()
        process.communicate(timeout=20)


class Planted:
    """Canaries everywhere that a key may be by mistake, and what shows them."""

    def __init__(self, folder: Path) -> None:
        self.key, self.other, self.relayer = Canary(), Canary(), f"relayer-{secrets.token_hex(16)}"
        self.builder = f"{secrets.token_hex(12)}:{secrets.token_hex(12)}:{secrets.token_hex(12)}"
        credentials = folder / "credentials"
        credentials.mkdir()
        (credentials / "keystore-password").write_text(self.key.password)
        (credentials / "relayer-key").write_text(self.relayer)
        self.environment = {
            **os.environ,
            "COPYTRADE_HOME": str(folder / "home"),
            "PYTHONPATH": str(ROOT),
            "COPYTRADE_KEY": self.key.key,
            "MY_OLD_KEY": self.other.key,
            "COPYTRADE_RELAYER_KEY": self.builder,
            "CREDENTIALS_DIRECTORY": str(credentials),
        }

    def shows_in(self, content: bytes) -> list[bytes]:
        plain = [self.relayer.encode(), self.builder.encode(), *(part.encode() for part in self.builder.split(":"))]
        return [*self.key.shows_in(content), *self.other.shows_in(content), *(one for one in plain if one in content)]


def watch(process: subprocess.Popen[bytes], seen: dict[str, bytes]) -> None:
    """Keep the arguments of the process and of everything below it, and the environments of what is below."""
    while process.poll() is None:
        below = {process.pid}
        for _ in range(4):
            below |= {pid for pid, parent in parents().items() if parent in below}
        for pid in below:
            for name in ("cmdline", *(("environ",) if pid != process.pid else ())):
                try:
                    seen[f"/proc/{pid}/{name}"] = Path(f"/proc/{pid}/{name}").read_bytes()
                except OSError:
                    continue
        time.sleep(0.1)


def parents() -> dict[int, int]:
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
    return found


@pytest.mark.slow
def test_a_whole_headless_run_keeps_its_keys_out_of_everything(url: str, tmp_path: Path) -> None:
    planted, home = Planted(tmp_path), tmp_path / "home"
    process = subprocess.Popen(
        [sys.executable, "-c", CLI, "refresh", "--venue", url],
        env=planted.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
    )
    seen: dict[str, bytes] = {}
    watcher = threading.Thread(target=watch, args=(process, seen))
    watcher.start()
    said, _ = process.communicate(timeout=1500)
    watcher.join()
    assert process.returncode == 0, "leaks" if planted.shows_in(said) else said.decode()[-3000:]
    seen |= files_of(home) | {"output": said}
    # The instance's storage, the event logs of its runs and the compute logs are among them.
    assert any("dagster" in name and name.endswith(".db") for name in seen), sorted(seen)
    assert any(name.endswith("warehouse.duckdb") for name in seen)
    assert {name: shown for name, content in seen.items() if (shown := planted.shows_in(content))} == {}


def test_a_run_whose_config_holds_a_key_is_refused_without_repeating_it(url: str, tmp_path: Path) -> None:
    planted, home = Planted(tmp_path), tmp_path / "home"
    home.mkdir()
    (home / "config.yaml").write_text(json.dumps({"live": {"keyring_user": planted.key.key}}))
    done = subprocess.run(
        [sys.executable, "-c", CLI, "refresh", "--venue", url],
        env=planted.environment,
        capture_output=True,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert b"live.keyring_user" in done.stdout + done.stderr
    seen = files_of(home) | {"output": done.stdout + done.stderr}
    del seen[str(home / "config.yaml")]
    assert {name: shown for name, content in seen.items() if (shown := planted.shows_in(content))} == {}
