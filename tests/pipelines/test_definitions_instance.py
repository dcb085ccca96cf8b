"""Dagster's folder is made once, keeps what an operator wrote, and survives two processes that start together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

from copytrade_live.settings import Home
from copytrade_pipelines.instance import CONFIG_FILE, DAGSTER_HOME_VARIABLE, prepare_instance

PREPARE = (
    "import sys; from pathlib import Path; from copytrade_live.settings import Home; "
    "from copytrade_pipelines.instance import prepare_instance; "
    "instance = prepare_instance(Home(Path(sys.argv[1]))); print(instance.get_runs_count()); instance.dispose()"
)


@pytest.fixture(autouse=True)
def _no_dagster_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DAGSTER_HOME_VARIABLE, "")


def test_an_instance_is_configured_and_ready(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with prepare_instance(home) as instance:
        assert Path(instance.root_directory) == home.dagster
        assert not instance.telemetry_enabled
        assert instance.run_monitoring_enabled
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 4  # type: ignore[union-attr]
    with dg.DagsterInstance.get() as found:
        assert found.root_directory == str(home.dagster)


def test_an_operators_own_config_is_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.dagster.mkdir(parents=True)
    (home.dagster / CONFIG_FILE).write_text(
        yaml.safe_dump({"telemetry": {"enabled": False}, "nux": {"enabled": False}})
    )
    with prepare_instance(home) as instance:
        assert instance.get_settings("nux") == {"enabled": False}


def test_processes_that_start_together_share_one_instance(tmp_path: Path) -> None:
    starts = [
        subprocess.Popen([sys.executable, "-c", PREPARE, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    ended = [start.communicate(timeout=120) for start in starts]
    assert [start.returncode for start in starts] == [0, 0], ended
    assert [out.strip() for out, _ in ended] == [b"0", b"0"]


def test_the_code_location_loads_without_the_heavy_libraries(tmp_path: Path) -> None:
    heavy = "sorted({'great_expectations', 'matplotlib', 'numba', 'pandas', 'scipy'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", f"import sys, copytrade_pipelines.definitions; print({heavy})"],
        env={"COPYTRADE_HOME": str(tmp_path), "PATH": ""},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (found.stdout.strip(), found.returncode) == ("[]", 0), found.stderr
