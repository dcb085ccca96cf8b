"""What a person at the command line meets: exit codes, clear errors on stderr, help, JSON."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIVE = (
    "demo up init check-config doctor run sandbox simulate replay "
    "status positions orders traders decisions why what-if export "
    "halt resume cutoff uncutoff"
)
PIPELINES = "ingest import score backtest gate feedback refresh"


@pytest.fixture
def home() -> Path:
    return Path(os.environ["COPYTRADE_HOME"])


def copytrade(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from copytrade_live.cli import main; main()", *arguments]
    environment = os.environ | {"COLUMNS": "120"} | variables
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=180)


def test_help_lists_the_verbs_of_both_halves() -> None:
    result = copytrade("--help")
    assert result.returncode == 0
    assert not [verb for verb in f"{LIVE} {PIPELINES}".split() if f" {verb} " not in result.stdout]


@pytest.mark.parametrize("verb", f"{LIVE} {PIPELINES}".split())
def test_every_verb_explains_itself(verb: str) -> None:
    result = copytrade(verb, "--help")
    assert result.returncode == 0
    assert "Usage:" in result.stdout


def test_help_and_status_load_no_data_platform() -> None:
    for arguments in (["--help"], ["ingest", "--help"], ["status"]):
        code = (
            "import sys\n"
            f"sys.argv = ['copytrade', *{arguments!r}]\n"
            "from copytrade_live.cli import main\n"
            "try:\n    main()\nexcept SystemExit:\n    pass\n"
            "print('HEAVY', *sorted({'dagster', 'duckdb', 'pandas', 'great_expectations'} & set(sys.modules)))\n"
        )
        result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert result.stdout.splitlines()[-1].strip() == "HEAVY"


def test_version_is_printed() -> None:
    assert copytrade("--version").stdout == "copytrade 0.1.0\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["halt", "--nonsense"], ["cutoff"], ["sandbox", "--port", "many"]])
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    assert copytrade(*arguments).returncode == 2


@pytest.mark.parametrize("verb", ["status", "positions", "decisions", "halt", "resume", "replay"])
def test_without_a_journal_a_verb_fails_in_one_clear_line(verb: str, home: Path) -> None:
    result = copytrade(verb)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("copytrade: ")
    assert str(home / "state.sqlite") in result.stderr


def test_traders_say_when_nothing_is_published() -> None:
    result = copytrade("traders")
    assert (result.returncode, result.stdout) == (1, "")
    assert "copytrade score" in result.stderr


def test_init_writes_a_config_that_check_config_accepts(home: Path) -> None:
    assert copytrade("init").returncode == 0
    result = copytrade("check-config")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"ok: {home / 'config.yaml'}, decision digest ")
    again = copytrade("init")
    assert again.returncode == 1
    assert "--force" in again.stderr


def test_check_config_names_every_mistake_and_the_nearest_key(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "config.yaml").write_text("filter: {max_spred: 0.1}\nsizing: {max_per_trade: -0.5}\nriks: {}\n")
    result = copytrade("check-config")
    assert result.returncode == 1
    assert "unknown key filter.max_spred; did you mean filter.max_spread?" in result.stderr
    assert "sizing.max_per_trade" in result.stderr
    assert "unknown key riks; did you mean risk?" in result.stderr


def test_check_config_of_a_missing_file_says_how_to_write_one() -> None:
    result = copytrade("check-config", "--config", "nowhere.yaml")
    assert result.returncode == 1
    assert "nowhere.yaml does not exist" in result.stderr


def test_the_sandbox_names_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = copytrade("sandbox", "--port", port)
    assert result.returncode == 1
    assert f"port {port}" in result.stderr


@pytest.mark.parametrize("flag", ["--sandbox-port", "--dagster-port"])
def test_the_demo_names_a_port_in_use_and_its_flag_before_it_writes_anything(flag: str, home: Path) -> None:
    other = {"--sandbox-port": "--dagster-port", "--dagster-port": "--sandbox-port"}[flag]
    with socket.socket() as taken, socket.socket() as free:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free.bind(("127.0.0.1", 0))
        open_port = str(free.getsockname()[1])
        free.close()
        result = copytrade("demo", flag, str(taken.getsockname()[1]), other, open_port)
    assert result.returncode == 1
    assert flag in result.stderr
    assert not home.exists()


@pytest.mark.parametrize("name", ["config.yaml", "state.sqlite", "warehouse.duckdb"])
def test_the_demo_never_touches_a_home_that_is_not_its_own(name: str, home: Path) -> None:
    home.mkdir(parents=True)
    (home / name).write_text("mine")
    result = copytrade("demo", "--sandbox-port", "0", "--dagster-port", "0")
    assert result.returncode == 1
    assert "COPYTRADE_HOME" in result.stderr
    assert [path.name for path in home.iterdir()] == [name]
    assert (home / name).read_text() == "mine"


def test_demo_once_wants_a_fresh_home(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "anything").touch()
    result = copytrade("demo", "--once")
    assert result.returncode == 1
    assert "fresh" in result.stderr


def test_the_demo_keeps_its_seed(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "demo.json").write_text('{"seed": 7}')
    result = copytrade("demo", "--seed", "8", "--sandbox-port", "0", "--dagster-port", "0")
    assert result.returncode == 1
    assert "seed 7" in result.stderr


def test_up_refuses_a_venue_that_the_config_does_not_name(home: Path) -> None:
    copytrade("init")
    result = copytrade("up", "--venue", "http://127.0.0.1:9", "--dagster-port", "0")
    assert result.returncode == 1
    assert "http://127.0.0.1:9" in result.stderr
    assert copytrade("up", "--venue", "http://127.0.0.1:9", "--sandbox").returncode == 2


def test_doctor_fails_where_the_venue_cannot_be_reached_and_says_what_to_do(home: Path) -> None:
    home.mkdir(parents=True)
    copytrade("init", "--venue", "http://127.0.0.1:9")
    result = copytrade("doctor", "--json")
    assert result.returncode == 1
    found = {finding["subject"]: finding for finding in json.loads(result.stdout)}
    assert found["venue"]["verdict"] == "fail"
    assert found["venue"]["advice"]
    assert found["python"]["verdict"] == "ok"
    assert found["gate"]["verdict"] == "warn"
    assert {"config", "disk", "home", "scores", "journal", "port", "dagster"} <= found.keys()


def test_doctor_reports_a_broken_config(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "config.yaml").write_text("filtre: {}\n")
    result = copytrade("doctor")
    assert result.returncode == 1
    assert "did you mean filter?" in result.stdout


def test_ingest_names_the_bad_line_of_a_watchlist(home: Path) -> None:
    wallets = home.parent / "wallets.txt"
    wallets.write_text("not a wallet\n")
    result = copytrade("ingest", "--venue", "http://127.0.0.1:9", "--wallets", str(wallets))
    assert result.returncode == 1
    assert "line 1" in result.stderr
    assert "Traceback" not in result.stderr


FILL = (
    '{"proxyWallet": "0x%040x", "side": "BUY", "asset": "%d", "conditionId": "0x%064x", "size": 10, "price": 0.4, '
    '"timestamp": "2026-01-08 10:00:00", "title": "t", "slug": "s", "eventSlug": "e", "outcome": "Yes", '
    '"outcomeIndex": 0, "transactionHash": "0x%064x"}'
)


def test_import_counts_what_is_new_and_what_was_seen_and_builds_the_marts(home: Path, tmp_path: Path) -> None:
    rows = [FILL % (1, 11, 2, tx) for tx in (3, 4)]
    dump = tmp_path / "dump.json"
    dump.write_text(f"[{', '.join(rows)}]")
    result = copytrade("import", str(dump), str(dump), "--timezone", "America/New_York")
    assert result.returncode == 0, result.stderr
    first, again, *_ = result.stdout.splitlines()
    assert "2 rows, 2 new fills, 0 new activity rows, 0 seen before, 0 quarantined" in first
    assert "0 new fills, 0 new activity rows, 2 seen before" in again
    assert "marts/fct_fills" in result.stdout


def test_import_of_a_missing_file_or_an_unknown_zone_is_one_clear_line(tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    missing = copytrade("import", str(dump))
    assert missing.returncode == 1
    assert str(dump) in missing.stderr
    dump.write_text(f"[{FILL % (1, 11, 2, 3)}]")
    zone = copytrade("import", str(dump), "--timezone", "Middle/Earth")
    assert zone.returncode == 1
    assert "Middle/Earth" in zone.stderr
    assert "Traceback" not in missing.stderr + zone.stderr
