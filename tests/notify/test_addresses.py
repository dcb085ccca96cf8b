"""Addresses are secrets: taken from where secrets lie, forgotten by the environment, and said by nobody."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from copytrade_live.errors import ConfigError
from copytrade_live.notify.addresses import has_addresses, load_addresses
from copytrade_live.notify.channel import Channel
from copytrade_live.redaction import MASK, PROCESS
from copytrade_live.secret import Secret
from copytrade_live.settings import CopytradeConfig
from tests.notify.receiver import receiving

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "COPYTRADE_NOTIFY_URLS"
CONFIG = CopytradeConfig()


def test_the_environment_forgets_the_addresses_and_the_log_masks_them(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "tgram://123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/-1001234567890"
    monkeypatch.setenv(VARIABLE, address)
    [found] = load_addresses(CONFIG, dict(os.environ))
    assert found.reveal() == address
    assert VARIABLE not in os.environ
    said = PROCESS.redact(f"POST {address} failed: /bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage")
    assert "AAHdqTcv" not in said
    assert MASK in said


def test_a_credential_comes_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "notify-urls").write_text("json://127.0.0.1:1/one\njson://127.0.0.1:1/two\n")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path), VARIABLE: "json://127.0.0.1:1/three"}
    assert has_addresses(CONFIG, environment)
    assert [one.reveal()[-3:] for one in load_addresses(CONFIG, environment)] == ["one", "two"]
    assert environment.get(VARIABLE) is None


def test_without_an_address_it_says_where_one_belongs() -> None:
    assert not has_addresses(CONFIG, {})
    with pytest.raises(ConfigError, match=VARIABLE):
        load_addresses(CONFIG, {})


def test_an_address_nobody_knows_is_named_by_its_place_alone() -> None:
    with pytest.raises(ConfigError, match=r"address 2 \(nonsense://…\)") as caught:
        Channel([Secret("json://127.0.0.1:1/x"), Secret("nonsense://t0ken-that-is-a-secret")])
    assert "t0ken" not in str(caught.value)


def test_no_address_belongs_in_the_config() -> None:
    with pytest.raises(ValueError, match="urls"):
        CopytradeConfig.model_validate({"notifications": {"urls": ["json://127.0.0.1/x"]}})


def test_the_test_command_sends_and_tells_which_address_did_not_take_it(tmp_path: Path) -> None:
    with receiving() as receiver:
        environment = {**os.environ, VARIABLE: f"{receiver.url} json://127.0.0.1:1/another-secret-part"}
        command = [sys.executable, "-c", "from copytrade_live.cli import main; main()", "notify", "test", "--chart"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == ["address 1 (json://…): sent", "address 2 (json://…): did not take it"]
    assert "secret" not in done.stdout + done.stderr
    [came] = receiver.came
    assert came["title"] == "copytrade: test"
    assert came["attachments"][0]["mimetype"] == "image/png"


def test_the_runner_loads_nothing_that_sends_or_draws() -> None:
    script = (
        "import sys, copytrade_live.runner.serve, copytrade_live.runner.serve_live; "
        "print(sorted({'apprise', 'matplotlib', 'requests', 'fastapi'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr


def test_apprise_writes_no_log_of_its_own() -> None:
    Channel([Secret("json://127.0.0.1:1/x")])
    assert logging.getLogger("apprise").level == logging.CRITICAL
