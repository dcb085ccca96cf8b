"""Recorded payloads beside the checkout; tests that need them skip loudly where they are absent."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("COPYTRADE_SHARED") or Path(__file__).resolve().parents[2].parent / "shared")

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"recorded data is not at {SHARED}; set COPYTRADE_SHARED")


def sample(name: str) -> Any:
    """One recorded payload."""
    return json.loads((SHARED / "samples" / name).read_text(encoding="utf-8"))
