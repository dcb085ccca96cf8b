"""systemd starts every unit, on a Debian of its own beside a venue: they work inside their walls, and come back."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.deploy.booted import Booted, become, booted, make_tree, need_a_machine
from tests.deploy.test_deploy import SERVICES

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

READY, PAGES, DOOR = "http://127.0.0.1:9090/readyz", "http://127.0.0.1:8080/", "http://127.0.0.1:3000/"
# What a wall says to a program that runs against it.
REFUSALS = r"Operation not permitted|Permission denied|Read-only file system|Bad system call"
COPYTRADE = "/opt/copytrade/bin/copytrade"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    need_a_machine()
    folder = tmp_path_factory.mktemp("machine")
    make_tree(folder / "tree")
    with booted(folder / "tree", folder / "console.log") as made:
        made.says("systemctl", "start", "venue")
        wait_for_answer(made, "http://127.0.0.1:8900/time", "200")
        made.says("systemctl", "enable", "--now", *SERVICES, seconds=300.0)
        yield made


def wait_for_answer(system: Booted, url: str, code: str, seconds: float = 180.0) -> None:
    asked = (
        "import sys, urllib.error, urllib.request\n"
        f"try: found = urllib.request.urlopen('{url}', timeout=5).status\n"
        "except urllib.error.HTTPError as error: found = error.code\n"
        f"sys.exit(str(found) != '{code}')"
    )
    system.wait(f"{url} answers {code}", seconds, "/opt/copytrade/bin/python", "-c", asked)


def status(system: Booted) -> dict[str, object]:
    said = system.says(*become("copytrade"), COPYTRADE, "status", "--json")
    found: dict[str, object] = json.loads(said)
    return found


def test_every_unit_works_and_none_runs_against_a_wall(system: Booted) -> None:
    wait_for_answer(system, READY, "200")
    wait_for_answer(system, PAGES, "200")
    wait_for_answer(system, DOOR, "401")
    for name in SERVICES:
        assert (name, system.shows(name, "ActiveState"), system.shows(name, "NRestarts")) == (name, "active", "0")
    against = system.does(
        "journalctl", "--no-pager", "-o", "cat", "--grep", REFUSALS, *(f"-u{name}" for name in SERVICES)
    )
    assert against.stdout.replace("-- No entries --", "").strip() == ""


def test_what_the_platform_publishes_opens_the_runners_gate(system: Booted) -> None:
    done = system.in_view_of("copytrade-platform", "copytrade-platform", COPYTRADE, "refresh", seconds=900.0)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    system.wait(
        "the gate is open",
        120.0,
        *become("copytrade"),
        "sh",
        "-c",
        f'{COPYTRADE} status --json | grep -q \'"gate": "open"\'',
    )


def test_outside_its_unit_the_platforms_user_has_no_config_and_is_told_so(system: Booted) -> None:
    done = system.does(*become("copytrade-platform"), COPYTRADE, "check-config")
    assert done.returncode != 0
    assert "is empty" in done.stdout + done.stderr


def test_nobody_reads_what_is_the_others(system: Booted) -> None:
    keys = "/var/lib/copytrade/keys"
    system.says(*become("copytrade"), "sh", "-c", f"mkdir -p -m 0700 {keys} && echo sealed > {keys}/keystore.json")
    system.says("systemctl", "restart", "copytrade-dashboard")
    seen = "cat /var/lib/copytrade/keys/keystore.json"
    assert system.in_view_of("copytrade", "copytrade", *seen.split()).stdout == "sealed\n"
    assert system.in_view_of("copytrade-dashboard", "copytrade", *seen.split()).returncode != 0
    for path in ("keys/keystore.json", "state.sqlite"):
        wanted = ["cat", f"/var/lib/copytrade/{path}"]
        assert system.in_view_of("copytrade-platform", "copytrade-platform", *wanted).returncode != 0
    warehouse = ["cat", "/var/lib/copytrade-platform/warehouse.duckdb"]
    assert system.in_view_of("copytrade", "copytrade", *warehouse).returncode != 0


def test_a_killed_runner_comes_back_and_a_stopped_one_ends_in_order(system: Booted) -> None:
    before = status(system)["run"]
    system.says("systemctl", "kill", "--signal", "KILL", "copytrade")
    system.wait("another process", 60.0, "sh", "-c", "[ $(systemctl show -P NRestarts copytrade) = 1 ]")
    wait_for_answer(system, READY, "200")
    assert status(system)["run"] != before
    system.says("systemctl", "stop", "copytrade", seconds=40.0)
    assert (system.shows("copytrade", "Result"), system.shows("copytrade", "ExecMainStatus")) == ("success", "0")
    system.says("systemctl", "start", "copytrade")
    wait_for_answer(system, READY, "200")


def test_a_reload_is_heard_and_the_platform_ends_in_time(system: Booted) -> None:
    system.says("systemctl", "reload", "copytrade")
    system.wait("the reload is told", 30.0, "sh", "-c", "journalctl -u copytrade -o cat | grep -qi 'config'")
    for name in ("copytrade-dagster-door", "copytrade-dagster", "copytrade-platform"):
        system.says("systemctl", "stop", name, seconds=90.0)
        assert (name, system.shows(name, "Result")) == (name, "success")
