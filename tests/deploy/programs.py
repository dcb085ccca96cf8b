"""Debian's programs that try our files of deploy/."""

from __future__ import annotations

import shutil

import pytest


def program(name: str) -> str:
    """Its path, or a skip that says how to get it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install prometheus prometheus-alertmanager")
    return found
