"""`copytrade keys` and the banner before live trading: no key is shown."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.keys import keystore
from copytrade_live.keys.keystore import read_keystore
from copytrade_live.live_banner import live_banner
from copytrade_live.secret import Secret
from copytrade_live.settings import CopytradeConfig, Home

KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
PASSWORD = "correct horse battery"
CONFIG = CopytradeConfig.model_validate({"safety": {"dry_run": False, "live_mode_confirm_delay_seconds": 0}})


@pytest.fixture(autouse=True)
def quick_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real keystores, with less work than a real one costs."""
    monkeypatch.setattr(keystore.write_keystore, "__kwdefaults__", {"iterations": 1024})


@pytest.fixture
def home() -> Home:
    home = Home(Path(os.environ["COPYTRADE_HOME"]))
    home.root.mkdir(parents=True)
    return home


def call(*arguments: str, typed: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(build_app(["keys"]), ["keys", *arguments], input=typed)
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def test_a_key_is_taken_in_without_showing_it_and_shown_by_its_address_alone(home: Home) -> None:
    code, output = call("import", typed=f"{KEY}\n{PASSWORD}\n{PASSWORD}\n")
    assert code == 0
    assert ADDRESS in output
    assert KEY[:8] not in output
    assert PASSWORD not in output
    path = home.root / "keys" / "keystore.json"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert read_keystore(path, Secret(PASSWORD)).reveal() == f"0x{KEY}"
    shown = call("show")[1]
    assert ADDRESS in shown
    assert KEY[:8] not in shown
    assert "never written over" in call("import", typed=f"{KEY}\n{PASSWORD}\n{PASSWORD}\n")[1]


def test_a_new_key_opens_with_the_password_of_a_private_file_only(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    file.chmod(0o644)
    assert "chmod 600" in call("new", "--password-file", str(file))[1]
    file.chmod(0o600)
    assert call("new", "--password-file", str(file))[0] == 0
    path = home.root / "keys" / "keystore.json"
    assert len(read_keystore(path, Secret(PASSWORD)).reveal()) == 66
    assert json.loads(path.read_text())["crypto"]["kdf"] == "scrypt"
    path.chmod(0o640)
    assert "chmod 600" in call("show")[1]


def test_what_is_no_key_and_a_short_password_are_refused(home: Home) -> None:
    assert "64 hex digits" in call("import", typed=f"nonsense\n{PASSWORD}\n{PASSWORD}\n")[1]
    assert "12 characters" in call("import", typed=f"{KEY}\nshort\nshort\n")[1]
    assert not (home.root / "keys" / "keystore.json").exists()


def test_the_banner_says_whose_money_up_to_how_much_and_how_to_stop(home: Home) -> None:
    said = live_banner(CONFIG, home.live(), wallet="0xw", signer=ADDRESS, is_owner=True)
    places = (str(home.root / "KILL"), str(home.root / "live"))
    for words in ("REAL MONEY", ADDRESS, "0xw", "at most 100 signed", "copytrade halt", "owner's own key", *places):
        assert words in said
    assert "owner" not in live_banner(CONFIG, home.live(), wallet="0xw", signer=ADDRESS, is_owner=False)
