"""The import contracts and the clock ban hold, and a planted violation breaks them."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
# What the pipelines may use of the live half; everything else there must be forbidden to them.
OPEN_TO_PIPELINES = {
    "core", "venue", "settings", "clock", "errors", "logs", "provenance", "published", "output",
    "config_file", "venue_address", "decision_text", "durable", "extensions", "failpoints", "findings", "redaction",
    "stray_secrets", "visible", "this_machine", "backtest_settings", "snapshot_table", "credentials", "file_stamp",
    "door_word",
}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and their contracts."""
    copy = tmp_path_factory.mktemp("tree")
    for name in ("copytrade_live", "copytrade_pipelines"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".importlinter", "pyproject.toml"):
        shutil.copy(ROOT / name, copy / name)
    return copy


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(tree)}
    command = [str(BIN / "lint-imports"), "--config", ".importlinter", "--no-cache"]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def test_the_tree_keeps_every_contract(tree: Path) -> None:
    result = lint_imports(tree)
    assert result.returncode == 0, result.stdout
    assert " 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("copytrade_live/runner/app.py", "import duckdb", "The live half never imports the data platform"),
        ("copytrade_live/venue/http.py", "import copytrade_pipelines.gating", "never imports the data platform"),
        ("copytrade_live/core/decide.py", "import time", "The core does no input, output, waiting or guessing"),
        ("copytrade_live/core/kelly.py", "import copytrade_live.settings", "The core imports nothing above it"),
        ("copytrade_live/store/rows.py", "import copytrade_live.runner.app", "The live half imports downwards only"),
        ("copytrade_pipelines/gating.py", "import copytrade_live.store.views", "never its runner"),
        ("copytrade_pipelines/scoring/scores.py", "import copytrade_pipelines.sensors", "pipelines import downwards"),
    ],
)  # fmt: skip
def test_a_planted_import_breaks_its_contract(tree: Path, module: str, line: str, contract: str) -> None:
    path = tree / module
    before = path.read_text()
    path.write_text(
        before.replace("from __future__ import annotations\n", f"from __future__ import annotations\n{line}\n")
    )
    try:
        assert path.read_text() != before
        result = lint_imports(tree)
    finally:
        path.write_text(before)
    assert result.returncode != 0
    broken = " ".join(result.stdout.split("Broken contracts")[1].split())
    assert contract in broken


def test_every_live_module_is_open_or_forbidden_to_the_pipelines() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    forbidden = contracts["importlinter:contract:pipelines-floor-of-live"]["forbidden_modules"].split()
    modules = {path.stem for path in (ROOT / "copytrade_live").iterdir() if path.suffix == ".py" or path.is_dir()}
    named = {name.removeprefix("copytrade_live.") for name in forbidden}
    assert modules - {"__init__", "__pycache__"} == named | OPEN_TO_PIPELINES


@pytest.mark.parametrize(
    "line",
    [
        "import time\n\nNOW = time.time()\n",
        "import datetime\n\nNOW = datetime.datetime.now(datetime.UTC)\n",
        "import random\n\nLUCK = random.random()\n",
        "import uuid\n\nNAME = uuid.uuid4()\n",
    ],
)
def test_reading_the_clock_or_guessing_is_an_error_of_ruff(tmp_path: Path, line: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    folder = tmp_path / "copytrade_live" / "core"
    folder.mkdir(parents=True)
    (folder / "planted.py").write_text(f'"""Planted."""\n\n{line}')
    command = [str(BIN / "ruff"), "check", "--no-cache", "--output-format", "concise", "copytrade_live"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "TID251" in result.stdout


def test_the_clock_module_alone_may_read_the_clock(tmp_path: Path) -> None:
    command = [str(BIN / "ruff"), "check", "--no-cache", "copytrade_live/clock.py"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("module", ["copytrade_live.cli", "copytrade_pipelines.cli", "copytrade_live.runner.serve"])
def test_the_command_line_and_the_runner_start_without_the_data_platform(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "heavy = {'dagster', 'duckdb', 'pandas', 'great_expectations', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_a_verb_loads_what_it_needs_when_it_is_called() -> None:
    heavy = "{'copytrade_live.core.engine', 'httpx', 'pydantic'}"
    code = f"import sys, copytrade_live.cli; print(*sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
def test_locks_hold_versions_and_hashes_and_no_address(name: str) -> None:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    assert not [
        line for line in lines if "://" in line or line.lstrip().startswith(("-i", "--index", "--find", "--extra"))
    ]
    pinned = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pinned
    assert all("==" in line and line.rstrip().endswith("\\") for line in pinned)
    assert sum("--hash=sha256:" in line for line in lines) >= len(pinned)
