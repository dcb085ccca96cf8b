"""Compiles the kernel once for an installation: kept on disk under a name of all its sources."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import njit
from numba.core import config as numba_config

import copytrade_live.core
from copytrade_pipelines.backtest.compiled.rules import OPTIONS, Function
from copytrade_pipelines.kernel_cache import kernels_folder

_config: Any = numba_config
# Files of this package that are not compiled, and files beside it that are.
AROUND = frozenset(
    [
        "__init__",
        "arrays",
        "digests",
        "feed_arrays",
        "fill_columns",
        "id_order",
        "kept_rows",
        "keys",
        "laying",
        "loaded_rows",
        "loading",
        "loading_queries",
        "passes",
        "results",
        "state",
        "sweeping",
        "tables",
        "tape",
        "tape_rows",
        "warehouse",
    ]
)
RULES = ("book_levels", "chance", "lags", "queue_models")


def cached(function: Function) -> Function:
    """Compile, and keep what was compiled. numba looks at one file only, so the folder is named by every source."""
    before = _config.CACHE_DIR
    _config.CACHE_DIR = str(folder())
    try:
        return njit(cache=True, **OPTIONS)(function)
    finally:
        _config.CACHE_DIR = before


@cache
def folder() -> Path:
    """Where compiled kernels of these sources are kept."""
    return kernels_folder() / digest()


def digest() -> str:
    """Names the sources that the kernel is made of."""
    made_of = hashlib.sha256(numba.__version__.encode())
    here = Path(__file__).parent
    for source in (
        *sorted(Path(copytrade_live.core.__file__).parent.glob("*.py")),
        *sorted(source for source in here.glob("*.py") if source.stem not in AROUND),
        *(here.parent / f"{name}.py" for name in RULES),
    ):
        made_of.update(source.read_bytes())
    return made_of.hexdigest()[:16]
