"""The compose file is valid, gives no container more than it needs, and starts what exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from copytrade_live.cli import build_app

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
CONTENT = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = CONTENT["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"].startswith("copytrade")}


def compose_command() -> list[str]:
    """The plug-in of docker, or the program of its own; a skip that says how to get one where there is none."""
    if shutil.which("docker"):
        asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    pytest.skip("neither docker compose nor docker-compose is installed: apt-get install docker-compose")


def resolved(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # Debian's is a Python program: ours must not be on its path.
    given = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    command = [*compose_command(), "-f", str(COMPOSE), *arguments]
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)


def test_the_file_is_valid_and_resolves() -> None:
    done = resolved("--profile", "notify", "config", GRAFANA_PASSWORD="x")
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)


def test_without_a_password_for_grafana_nothing_starts() -> None:
    done = resolved("config", GRAFANA_PASSWORD="")
    assert done.returncode != 0
    assert "choose a password" in done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_root_no_privilege_and_nothing_to_write_to_but_its_volumes(name: str) -> None:
    service = SERVICES[name]
    assert int(service["user"].partition(":")[0]) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    for volume in service["volumes"]:
        source, _, options = volume.partition(":")[0], *volume.rpartition(":")[1:]
        assert source in CONTENT["volumes"] or options == "ro", volume
        if source.startswith("."):
            assert (DEPLOY / source).exists()
    assert service["healthcheck"]


@pytest.mark.parametrize("name", SERVICES)
def test_everything_listens_on_loopback_or_a_socket(name: str) -> None:
    service = SERVICES[name]
    assert service["network_mode"] == "host"
    assert "ports" not in service
    said = yaml.safe_dump([service.get("command", []), service.get("environment", {})])
    assert "0.0.0.0" not in said  # noqa: S104 - what must not be there
    for address in re.findall(r"listen-address=(\S*)", said):
        assert address == "" or address.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", [name for name, one in OURS.items() if "entrypoint" not in one])
def test_the_verbs_exist_with_their_options(name: str) -> None:
    verb, *rest = OURS[name]["command"]
    helped = CliRunner().invoke(build_app([verb]), [verb, "--help"], env={"COLUMNS": "200"})
    assert helped.exit_code == 0
    assert [word for word in rest if word.startswith("--") and word not in helped.output] == []


def test_addresses_of_messages_go_to_one_container_alone_and_no_key_to_any() -> None:
    given = {name: set(one["environment"]) for name, one in OURS.items()}
    assert [name for name, variables in given.items() if "COPYTRADE_NOTIFY_URLS" in variables] == ["notify"]
    assert not re.search(r"COPYTRADE_KEY|0x[0-9a-fA-F]{64}|TOKEN", COMPOSE.read_text())


def test_dagster_has_no_port_and_the_door_leads_to_its_socket() -> None:
    [path, _] = SERVICES["dagster-webserver"]["command"]
    assert path.endswith(".sock")
    assert SERVICES["dagster-door"]["command"] == ["dagster-door", "--socket", path]
    [place] = yaml.safe_load((DEPLOY / "workspace.yaml").read_text())["load_from"]
    assert place["grpc_server"]["socket"] in SERVICES["code"]["command"]


def test_the_ports_are_those_the_files_beside_it_name() -> None:
    prometheus = (DEPLOY / "prometheus/prometheus.yml").read_text()
    source = (DEPLOY / "grafana/provisioning/datasources/copytrade.yaml").read_text()
    assert "--web.listen-address=127.0.0.1:9091" in SERVICES["prometheus"]["command"]
    assert "127.0.0.1:9091" in source
    assert "--web.listen-address=127.0.0.1:9093" in SERVICES["alertmanager"]["command"]
    assert "127.0.0.1:9093" in prometheus
