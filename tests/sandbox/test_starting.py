"""Starting and stopping a sandbox as a command would."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from copytrade_live.errors import ConfigError, InputFileError, PortInUseError
from copytrade_live.sandbox.cli import build_world, run_sandbox, starting_time
from copytrade_live.sandbox.server import listen
from copytrade_live.sandbox.synthetic import SyntheticWorld

COMMAND = (
    "from copytrade_live.sandbox.cli import run_sandbox; "
    "run_sandbox(world='synthetic', seed=3, path=None, speed=None, stepped=True, start='', port=0)"
)


def test_a_process_prints_its_url_serves_and_ends_cleanly_on_interrupt() -> None:
    with subprocess.Popen([sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        assert line.startswith("sandbox (synthetic, stepped time) at http://127.0.0.1:")
        assert httpx.get(line.split(" at ")[1].strip() + "/ok", timeout=10).json() == "OK"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == b""


def test_a_taken_port_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"port {port} on 127.0.0.1 is in use"):
            run_sandbox(world="synthetic", seed=1, path=None, speed=None, stepped=True, start="", port=port)


def test_impossible_wishes_are_refused(tmp_path: Path, synthetic: SyntheticWorld) -> None:
    with pytest.raises(ConfigError, match="must be synthetic or recorded, was 'real'"):
        build_world("real", 1, None)
    with pytest.raises(ConfigError, match="needs --path"):
        build_world("recorded", 1, None)
    with pytest.raises(InputFileError):
        build_world("recorded", 1, tmp_path)
    with pytest.raises(ConfigError, match="has no speed"):
        run_sandbox(world="synthetic", seed=1, path=None, speed=2.0, stepped=True, start="", port=0)
    with pytest.raises(ConfigError, match="must be above 0, was -1"):
        run_sandbox(world="synthetic", seed=1, path=None, speed=-1.0, stepped=False, start="", port=0)
    with pytest.raises(ConfigError, match="was 'yesterday'"):
        starting_time(synthetic, "yesterday")
    assert starting_time(synthetic, "start") == synthetic.first_at
    assert starting_time(synthetic, "") == synthetic.start_at
    assert starting_time(synthetic, "2026-02-01T00:00:00Z") == 1_769_904_000_000
