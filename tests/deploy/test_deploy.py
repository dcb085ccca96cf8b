"""What we ship for running it as a service names things that exist and gives away nothing it need not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.metrics import METRICS

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SERVICES = ("copytrade.service", "copytrade-notify.service", "copytrade-platform.service")
UNITS = (*SERVICES, "copytrade-live.conf", "copytrade-beside-platform.conf")
DEMANDED = (
    *("StateDirectoryMode=0700", "LimitCORE=0", "NoNewPrivileges=yes"),
    *("ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "CapabilityBoundingSet="),
)


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_takes_every_privilege_away_that_it_does_not_need(name: str) -> None:
    lines = text(name).splitlines()
    is_platform = "platform" in name
    own = ("User=copytrade-platform", "UMask=0022") if is_platform else ("User=copytrade", "UMask=0077")
    assert [wanted for wanted in (*DEMANDED, *own) if wanted not in lines] == []


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
