"""What we ship for running it as a service names things that exist and gives away nothing it need not."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.metrics import METRICS
from copytrade_live.settings import CopytradeConfig

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SERVICES = tuple(sorted(path.name for path in DEPLOY.glob("*.service")))
# What runs as the platform's user.
OF_PLATFORM = ("copytrade-dagster-door.service", "copytrade-dagster.service", "copytrade-platform.service")
DROP_INS = {
    "copytrade-live.conf": "copytrade.service",
    "copytrade-beside-platform.conf": "copytrade.service",
    "copytrade-dashboard-beside-platform.conf": "copytrade-dashboard.service",
}
UNITS = (*SERVICES, *DROP_INS)
# As systemd-analyze security counts; 10 is no protection at all.
MOST_EXPOSED = 20
DEMANDED = (
    *("StateDirectoryMode=0700", "LimitCORE=0", "NoNewPrivileges=yes"),
    *("ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "CapabilityBoundingSet="),
)


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_takes_every_privilege_away_that_it_does_not_need(name: str) -> None:
    lines = text(name).splitlines()
    own = ("User=copytrade-platform", "UMask=0022") if name in OF_PLATFORM else ("User=copytrade", "UMask=0077")
    assert [wanted for wanted in (*DEMANDED, *own) if wanted not in lines] == []


def systemd_says(verb: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What systemd makes of all units, with programs that exist here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("NO SYSTEMD, so nobody read the units as it does; install it (Debian, Ubuntu: apt install systemd)")
    for name in SERVICES:
        (folder / name).write_text(re.sub(r"/opt/copytrade/bin/\S+", "/bin/true", text(name)), encoding="utf-8")
    for name, unit in DROP_INS.items():
        (folder / f"{unit}.d").mkdir(exist_ok=True)
        (folder / f"{unit}.d" / name).write_text(re.sub(r"/opt/copytrade/bin/\S+", "/bin/true", text(name)), "utf-8")
    units = [str(folder / name) for name in SERVICES]
    command = ["systemd-analyze", verb, *arguments, *units]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_systemd_finds_no_fault_in_any_unit_or_drop_in(tmp_path: Path) -> None:
    assert {path.name for path in DEPLOY.glob("*.conf")} == set(DROP_INS)
    done = systemd_says("verify", tmp_path, "--man=no")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_systemd_calls_every_unit_well_protected(tmp_path: Path) -> None:
    done = systemd_says("security", tmp_path, "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}")
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_dashboard_cannot_open_the_keystore_and_the_door_knows_the_webservers_socket() -> None:
    default = CopytradeConfig().live.keystore_file
    assert f"InaccessiblePaths=-/var/lib/copytrade/{default}" in text("copytrade-dashboard.service").splitlines()
    [served] = re.findall(r"copytrade_pipelines\.webserver (\S+)", text("copytrade-dagster.service"))
    assert text("copytrade-dagster-door.service").count(f"--socket {served}\n") == 1


def test_the_runners_unit_reloads_and_is_on_paper() -> None:
    lines = text("copytrade.service").splitlines()
    assert any(line.startswith("ExecReload=") and "HUP" in line for line in lines)
    assert "--live" not in text("copytrade.service")


@pytest.mark.parametrize("name", [*UNITS, "Dockerfile"])
def test_no_key_or_password_is_in_what_we_ship(name: str) -> None:
    assert not re.search(r"0x[0-9a-fA-F]{64}|COPYTRADE_KEY=|TOKEN=\S", text(name))


def test_the_container_is_nobodys_root_and_installs_by_hash() -> None:
    lines = text("Dockerfile").splitlines()
    assert "USER copytrade" in lines
    assert "--require-hashes" in text("Dockerfile")
    assert lines.index("USER copytrade") > max(place for place, line in enumerate(lines) if line.startswith("RUN"))


def test_the_verbs_that_services_call_exist() -> None:
    for words in re.findall(r"bin/copytrade ([a-z -]+)", "".join(map(text, UNITS))):
        verb, *options = words.split()
        helped = CliRunner().invoke(build_app([verb]), [verb, "--help"], env={"COLUMNS": "200"})
        assert helped.exit_code == 0
        assert [option for option in options if option not in helped.output] == []


def test_every_alarm_asks_for_a_metric_that_is_shown() -> None:
    ours = {one.full_name for one in METRICS} | {f"{one.full_name}_bucket" for one in METRICS}
    rules = yaml.safe_load(text("prometheus/alerts.yml"))["groups"][0]["rules"]
    named = {name for rule in rules for name in re.findall(r"copytrade_\w+", rule["expr"])}
    assert named
    assert named <= ours
    assert all(rule["annotations"]["summary"] for rule in rules)
    page = (DEPLOY.parent / "docs" / "operating.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(copytrade_\w+)", page)) <= ours
    assert yaml.safe_load(text("prometheus/prometheus.yml"))["rule_files"] == ["alerts.yml"]


def test_what_we_start_listens_on_this_machine_alone() -> None:
    page = (DEPLOY.parent / "docs" / "operating.md").read_text(encoding="utf-8")
    shipped = page + "".join(map(text, ("compose.yaml", "prometheus/prometheus.yml", "alertmanager/alertmanager.yml")))
    found = re.findall(r"--web\.listen-address[= ](\S+)", shipped)
    assert len(found) >= 6
    assert {address.rpartition(":")[0] for address in found} == {"127.0.0.1"}
