"""make audit: what nobody looked at is never called clean."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_without_its_tools_the_audit_says_what_was_not_looked_at_and_is_not_clean(tmp_path: Path) -> None:
    # The environment of the tests has none of them: make audit has one of its own.
    done = subprocess.run(
        [sys.executable, "deploy/audit.py", str(tmp_path / "reports")], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "holes: NOT LOOKED AT: " in done.stdout
    assert "materials: NOT WRITTEN: " in done.stdout
    assert "code: NOT LOOKED AT: " in done.stdout
