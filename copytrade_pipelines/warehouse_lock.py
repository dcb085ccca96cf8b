"""Whose turn it is at the warehouse file: one holder at a time, waiters in turn, each told whom it waits for."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import SECOND
from copytrade_live.errors import WarehouseError
from copytrade_live.logs import logger

_log = logger("warehouse")
# Waiting this long is worth a word, then twice as long, and so on.
FIRST_WORD_SECONDS = 5.0
_WORD_SECONDS_AT_MOST = 60.0
_LOOK_SECONDS = 0.02


@contextmanager
def turn_at(path: str, patience_seconds: float) -> Iterator[None]:
    """Hold the file's lock for the body; the kernel frees it however the process ends.

    A second lock is the queue's head: who lets go and wants the file again queues behind whoever waited meanwhile.
    Raises: WarehouseError when the patience is over.
    """
    lock, head = FileLock(f"{path}.lock"), FileLock(f"{path}.queue")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    _acquire(head, path, patience_seconds)
    try:
        _acquire(lock, path, patience_seconds)
    finally:
        head.release()
    note = Path(f"{path}.holder")
    try:
        note.write_text(_note(), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _acquire(lock: FileLock, path: str, patience_seconds: float) -> None:
    waited, pause = 0.0, FIRST_WORD_SECONDS
    while True:
        pause = min(pause, patience_seconds - waited)
        try:
            lock.acquire(timeout=pause, poll_interval=_LOOK_SECONDS)
        except Timeout:
            waited += pause
        else:
            if waited:
                _log.info(f"has the warehouse after waiting about {waited:.0f} s")
            return
        if waited >= patience_seconds:
            raise WarehouseError(
                f"warehouse {path} was still locked by {_holder(path)} after {patience_seconds:g} s; "
                "wait for it to end, or stop it, and run again"
            )
        _log.info(f"waiting for the warehouse for {waited:.0f} s, locked by {_holder(path)}")
        pause = min(waited, _WORD_SECONDS_AT_MOST)


def _note() -> str:
    command = " ".join(" ".join(sys.orig_argv).split())[:120]
    return json.dumps({"pid": os.getpid(), "command": command, "since": SystemClock().now()})


def _holder(path: str) -> str:
    try:
        said = json.loads(Path(f"{path}.holder").read_text(encoding="utf-8"))
        pid, command, since = int(said["pid"]), str(said["command"]), int(said["since"])
    except (OSError, ValueError, KeyError):  # not written yet, or half, or a program of another kind
        return "another process"
    return f"process {pid} ({command}) for {(SystemClock().now() - since) / SECOND:.0f} s"
