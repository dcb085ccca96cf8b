from __future__ import annotations

import subprocess
import sys

import pytest

from copytrade_live.store.lean_import import without


def test_what_is_hidden_cannot_be_imported_and_is_there_again_afterwards() -> None:
    sys.modules.pop("antigravity", None)
    with without("antigravity"), pytest.raises(ImportError):
        __import__("antigravity")
    assert "antigravity" not in sys.modules


def test_what_is_loaded_stays_loaded() -> None:
    with without("json"):
        assert __import__("json").loads("1") == 1
    assert "json" in sys.modules


def test_a_runner_starts_without_pandas() -> None:
    code = "import sys, copytrade_live.runner.serve; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
