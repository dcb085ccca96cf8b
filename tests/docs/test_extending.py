"""docs/extending.md, applied to a copy of the code as it stands there: each example is then seen at work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, runnable

PAGE = "docs/extending.md"
COPIED = ("copytrade_live", "copytrade_pipelines", "dbt_like_sql", "benchmarks", "tests", "docs", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("web", "__pycache__", "dashboard_e2e")


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code to which the page was applied: files under their titles, then every command."""
    folder = tmp_path_factory.mktemp("extended") / "code"
    folder.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
        else:
            shutil.copy(ROOT / name, folder)
    for block in runnable(PAGE):
        if block.language != "sh":
            (folder / block.title).write_text(block.text, encoding="utf-8")
    for block in runnable(PAGE, "sh"):
        run(folder, "bash", "-euc", block.text)
    return folder


def run(folder: Path, *command: str) -> None:
    # Above the folder nothing counts as a repository, or git would look for the files of a patch there.
    given = {"PYTHONPATH": str(folder), "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=os.environ | given | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"


def test_every_block_that_is_no_command_has_a_name_to_be_saved_under() -> None:
    assert [str(block) for block in runnable(PAGE) if block.language != "sh" and not block.title] == []


@pytest.mark.parametrize("what", ["loop", pytest.param("scores", marks=pytest.mark.slow)])
def test_what_the_page_adds_works(extended: Path, what: str) -> None:
    run(extended, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/docs/extended_{what}.py")
