"""Compiles the entry points of the kernel once for an installation: kept on disk under a name of all their sources."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import njit

import copytrade_live.core
from copytrade_pipelines.backtest.sweep.rules import OPTIONS


def cached(function: Callable[..., Any]) -> Any:
    """Compile, and keep what was compiled. numba looks at one file only, so the folder is named by every source."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder())
    try:
        return njit(cache=True, **OPTIONS)(function)
    finally:
        numba.config.CACHE_DIR = before


@cache
def folder() -> Path:
    """Where compiled kernels of these sources are kept: the user's cache, else a temporary folder."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    chosen = Path(home) / "copytrade" / "kernels" / digest()
    try:
        chosen.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=chosen).close()
    except OSError:
        chosen = Path(tempfile.gettempdir()) / f"copytrade-kernels-{os.getuid()}" / digest()
    return chosen


def digest() -> str:
    """Names the sources that the kernel is made of."""
    made_of = hashlib.sha256(numba.__version__.encode())
    for package in (Path(copytrade_live.core.__file__).parent, Path(__file__).parent, Path(__file__).parent.parent):
        for source in sorted(package.glob("*.py")):
            made_of.update(source.read_bytes())
    return made_of.hexdigest()[:16]
