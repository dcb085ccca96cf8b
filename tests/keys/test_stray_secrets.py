"""A key in the wrong place stops everything, and what says so does not say the key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from copytrade_live.errors import ConfigError
from copytrade_live.programs import environment
from copytrade_live.redaction import PROCESS
from copytrade_live.settings import Home, parse_config
from copytrade_live.stray_secrets import check_arguments, drop_keys

KEY = "3f2b8d17c4a95e60d1f7b3a82c6e904d5a1b7f38e2c96d04b8f5a3e17c2d9461"
CONDITION = "0x" + "5a" * 32
CLI = "from copytrade_live.cli import main; main()"


@pytest.mark.parametrize(
    "text",
    [
        f"live:\n  private_key: '{KEY}'",
        f"live:\n  private_key: 0x{KEY}",
        f"live:\n  wallet: '0x{KEY}'",
        f"live:\n  wallet: 0x{KEY}",
        f"live:\n  key_variable: '{KEY}'",
        f"live:\n  keystore_file: 'keys/{KEY}'",
        f"signing:\n  contracts: ['0x{KEY.upper()}']",
        f"'{KEY}': 1",
        f"live: '0x{KEY}'",
        f"live:\n  password: {KEY[:20]}",
        f"live:\n  keystore_password: '{KEY[:20]}'",
        f"live:\n  wallet: '{KEY}\n  x: [",
        f"live: wallet: {KEY}",
    ],
)
def test_a_secret_in_the_config_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(text, origin="config.yaml")
    assert KEY[:12] not in str(refused.value).lower()
    assert "config.yaml" in str(refused.value)


def test_ids_of_markets_are_no_keys() -> None:
    config = parse_config(json.dumps({"filter": {"markets_denied": [CONDITION]}}), origin="config.yaml")
    assert config.filter.markets_denied == (CONDITION,)


def test_a_key_as_an_argument_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for arguments in (["keys", "import", KEY], ["run", "--private-key", KEY], ["run", f"--key=0x{KEY}"], [KEY]):
        with pytest.raises(ConfigError) as refused:
            check_arguments(arguments)
        assert KEY[:12] not in str(refused.value)
    check_arguments(["why", CONDITION])
    ended = subprocess.run(
        [sys.executable, "-c", CLI, "keys", "import", KEY], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "make another key" in ended.stderr
    assert KEY[:12] not in ended.stdout + ended.stderr


def test_no_process_of_a_stack_is_given_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COPYTRADE_KEY", "whatever it holds")
    monkeypatch.setenv("MY_OWN_NAME", f"0x{KEY}")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/copytrade.service")
    given = environment(Home(tmp_path))
    assert not {"COPYTRADE_KEY", "MY_OWN_NAME", "CREDENTIALS_DIRECTORY"} & given.keys()
    assert given["PATH"] == os.environ["PATH"]
    assert PROCESS.redact(f"it was {KEY}") == "it was ********"


def test_the_code_location_of_dagster_forgets_keys_and_masks_its_records(tmp_path: Path) -> None:
    program = f"""
import os, logging, sys
import copytrade_pipelines.definitions
assert "COPYTRADE_KEY" not in os.environ and "OTHER" not in os.environ
logging.basicConfig(stream=sys.stdout)
logging.getLogger("dagster").error("found %s", {KEY!r})
try:
    raise ValueError({KEY!r})
except ValueError:
    logging.getLogger("any").exception("failed")
"""
    given = {**os.environ, "COPYTRADE_KEY": KEY, "OTHER": f"0x{KEY}", "COPYTRADE_HOME": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:].replace(KEY, "KEY")
    assert "found ********" in ended.stdout
    assert KEY[:12] not in ended.stdout + ended.stderr


def test_what_ends_a_process_is_printed_masked() -> None:
    program = f"""
import threading
from copytrade_live.redaction import hide, mask_tracebacks
hide({KEY!r})
mask_tracebacks()
def fail():
    raise ValueError("in a thread " + "{KEY}")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
raise ValueError("at the end 0x" + "{KEY}".upper())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "ValueError: in a thread ********" in ended.stderr
    assert "ValueError: at the end ********" in ended.stderr.replace("0x****", "****").replace("0X****", "****")


def test_dropping_masks_what_it_drops() -> None:
    held = {"KEEP": "1", "X": KEY}
    drop_keys(held)
    assert held == {"KEEP": "1"}
