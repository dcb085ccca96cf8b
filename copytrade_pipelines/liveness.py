"""Which runs still have a process: each process that executes runs holds a file lock until it dies, however it dies."""

import os
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import HIDDEN_TAG_PREFIX
from filelock import FileLock, Timeout

from copytrade_live.clock import SystemClock
from copytrade_live.logs import logger

PROCESS_TAG = f"{HIDDEN_TAG_PREFIX}copytrade/process"  # the UI hides it: it is for the sweep alone
FOLDER = "processes"
SWEEP_SECONDS = 15.0
_log = logger("liveness")


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep put right: runs it marked as failed, and finished runs whose pool slots it freed."""

    failed: tuple[str, ...] = ()
    freed: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = [f"failed {run_id}, whose process is gone" for run_id in self.failed]
        return "; ".join([*said, *(f"freed the pool slots of {run_id}" for run_id in self.freed)])


def process_tags(instance: dg.DagsterInstance, run_id: str) -> dict[str, str]:
    """The tag by which a run of this process is found to be dead or alive.

    It names the run too: a rerun is born with the tags of its parent, and is not as dead.
    """
    return {PROCESS_TAG: f"{_claim(Path(instance.root_directory) / FOLDER)}/{run_id}"}


@cache
def _claim(folder: Path) -> str:
    # Kept until the process ends: the kernel lets go of the lock then, after a kill -9 too.
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{socket.gethostname()}.{os.getpid()}.{SystemClock().now()}"
    lock = FileLock(_lock_file(folder, name))
    lock.acquire(timeout=0)
    _HELD.append(lock)
    return name


_HELD: list[FileLock] = []


def sweep(instance: dg.DagsterInstance) -> Swept:
    """Mark as failed the runs whose process is gone, and free the pool slots of runs that are over."""
    folder = Path(instance.root_directory) / FOLDER
    suspects = instance.get_runs(dg.RunsFilter(statuses=NOT_FINISHED_STATUSES))
    failed = tuple(run.run_id for run in suspects if _is_dead(folder, run) and _fail(instance, run.run_id))
    freed = tuple(run_id for run_id in sorted(_slot_owners(instance)) if _free(instance, folder, run_id))
    _forget(folder, keep={_process_of(run) for run in suspects if run.run_id not in failed})
    return Swept(failed=failed, freed=freed)


@contextmanager
def sweeping(instance: dg.DagsterInstance, every: float = SWEEP_SECONDS) -> Iterator[None]:
    """Sweep now and then while the body runs, so that it need not wait for a dead run where no daemon sweeps."""
    is_over = threading.Event()

    def keep_sweeping() -> None:
        while not is_over.wait(every):
            sweep(instance)

    thread = threading.Thread(target=keep_sweeping, name="sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _is_dead(folder: Path, run: dg.DagsterRun) -> bool:
    # Without a name the run has no process yet; without a file its process is not one of this machine.
    lock = _lock_file(folder, _process_of(run))
    return lock.exists() and not _is_held(lock)


def _process_of(run: dg.DagsterRun) -> str:
    name, _, run_id = run.tags.get(PROCESS_TAG, "").partition("/")
    return name if run_id == run.run_id else ""


def _fail(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:  # it ended between the two looks, and its process with it
        return False
    said = (
        f"The process of this run ({_process_of(run)}) is gone: it was killed or it crashed. Whatever it did not "
        "commit is not in the warehouse, and a rerun from failure goes on where it stopped."
    )
    instance.report_run_failed(run, said)
    instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    _log.warning(f"run {run_id}: {said}")
    return True


def _slot_owners(instance: dg.DagsterInstance) -> Iterable[str]:
    storage = instance.event_log_storage
    return storage.get_concurrency_run_ids() if storage.supports_global_concurrency_limits else ()


def _free(instance: dg.DagsterInstance, folder: Path, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        return False
    if run is not None and _is_held(_lock_file(folder, _process_of(run))):
        return False  # canceled, but its step is still at work
    instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    return True


def _forget(folder: Path, keep: set[str]) -> None:
    for path in folder.glob("*.lock"):
        if path.stem not in keep and not _is_held(path):
            path.unlink(missing_ok=True)


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _lock_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.lock"
