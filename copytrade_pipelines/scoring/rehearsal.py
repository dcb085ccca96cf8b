"""Compiles the scorer's loops while a first refresh still fetches: a world of a few fills is scored beside it.

numba compiles a loop when it is first called and keeps it on disk: half a minute of one core, once per installation.
`python -m copytrade_pipelines.scoring.rehearsal` does that in a process of its own; whoever scores meanwhile waits for
it (wait_for_rehearsal) and does not compile the same a second time.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout

from copytrade_pipelines.kernel_cache import kernels_folder

# The better part of a minute on a slow core, and twice that beside other work; then scoring compiles for itself.
PATIENCE_SECONDS = 300.0


def rehearse_meanwhile() -> None:
    """Start compiling in a process of its own, unless this installation's loops are compiled or there is one core."""
    if _done().exists() or (os.cpu_count() or 1) < 2:
        return
    command = [sys.executable, "-m", __name__]
    subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - ourselves


def wait_for_rehearsal(tell: Callable[[str], None]) -> None:
    """Wait while another process compiles; tell is told once that it takes a while."""
    if _done().exists():
        return
    lock = _lock()
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell("compiling the scorer's loops, once per installation: half a minute on an idle core")
        try:
            lock.acquire(timeout=PATIENCE_SECONDS)
        except Timeout:
            return
    lock.release()


def main() -> None:
    """Compile, unless another process does."""
    lock = _lock()
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    with lock:
        rehearse()
        _done().touch()


def rehearse() -> None:
    """Score a few fills: every loop is called once with the arrays it is always given."""
    # Heavy, and who only waits does not need them.
    from copytrade_live.settings import CopytradeConfig
    from copytrade_pipelines.scoring.episodes import merge_fills
    from copytrade_pipelines.scoring.few_fills import AS_OF, evidence, fills
    from copytrade_pipelines.scoring.parameters import parameters_of
    from copytrade_pipelines.scoring.scores import score_versions

    parameters, known = parameters_of(CopytradeConfig()), evidence()
    merge_fills(fills(), known.markets, parameters)
    score_versions(fills(), known, AS_OF, parameters)


def _lock() -> FileLock:
    return FileLock(_done().with_suffix(".lock"))


@cache
def _done() -> Path:
    # Named by what is compiled, with what and by whom; where it is compiled to is numba's business.
    here = Path(__file__).parent / "kernels"
    made_of = hashlib.sha256(f"{sys.version} {version('numba')} {version('numpy')} {here}".encode())
    made_of.update(os.environ.get("NUMBA_CACHE_DIR", "").encode())
    for source in sorted(here.glob("*.py")):
        made_of.update(source.read_bytes())
    return kernels_folder() / f"scoring-{made_of.hexdigest()[:16]}.done"


if __name__ == "__main__":
    main()
