"""Runs processes as one: they start together, one that dies is told of, and none outlives the parent.

Each child leads a process group of its own, so that Ctrl-C reaches only the parent, and stopping a group reaches
whatever the child started itself. A watcher process holds the other end of a pipe: when the parent is gone, however it
went, the pipe closes and the watcher ends the groups.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO

from copytrade_live.errors import CopytradeError

GRACE_SECONDS = 8.0
_LOOK_SECONDS = 0.05
_TAIL_LINES = 15
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProcessDied(CopytradeError):
    """A process that should run on ended. exit_code is its own where it has one."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code if exit_code > 0 else 1


class StopRequested(BaseException):
    """Someone asked us to stop: Ctrl-C, a signal, a closed terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. on_line is told each line it prints; every line also goes to its log. secrets are for it alone.

    may_fall: the rest goes on without it once everything has started.
    """

    name: str
    command: Sequence[str]
    is_meant_to_end: bool = False
    may_fall: bool = False
    on_line: Callable[[str], None] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A program that ended though it was to run on: with which code, and what it printed last."""

    program: Program
    code: int
    tail: Sequence[str]

    def story(self) -> str:
        """What happened, for people."""
        how = (
            f"was ended by {signal.Signals(-self.code).name}" if self.code < 0 else f"ended with exit code {self.code}"
        )
        said = "".join(f"\n  {line}" for line in self.tail)
        return f"{self.program.name} {how}. It printed last:{said or ' nothing'}"

    def error(self) -> ProcessDied:
        """The failure that ends everything else."""
        return ProcessDied(f"{self.story()}\neverything else was stopped", self.code)


class Stack:
    """Processes that live and die together. Use as a context manager."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = dict(environment)
        self._running: dict[str, _Child] = {}
        self._watcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Stack:
        self._logs.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "copytrade_live.supervise"]
        self._watcher = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - ourselves
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, program: Program) -> None:
        """Start one."""
        child = _Child(program, self._logs / f"{program.name}.log", self._environment)
        self._running[program.name] = child
        self._tell_watcher("watch", child.group)

    def finish(self, name: str) -> None:
        """Wait until this one ends well. Raises: ProcessDied when it does not, or another ends meanwhile."""
        child = self._running[name]
        while (code := child.poll()) is None:
            self.check()
            time.sleep(_LOOK_SECONDS)
        if code != 0:
            raise Fall(program=child.program, code=code, tail=child.tail()).error()
        self.forget(name)

    def check(self) -> None:
        """Raises: ProcessDied when one has ended that was to run on."""
        for fall in self.falls():
            raise fall.error()

    def falls(self) -> list[Fall]:
        """Which have ended that were to run on."""
        ended = [(child, child.poll()) for child in self._running.values() if not child.program.is_meant_to_end]
        return [Fall(program=child.program, code=code, tail=child.tail()) for child, code in ended if code is not None]

    def forget(self, name: str) -> None:
        """Let go of one that ended, and end what it started itself."""
        child = self._running.pop(name)
        _signal_group(child.group, signal.SIGKILL)
        child.close()
        self._tell_watcher("forget", child.group)

    def exit_code(self, name: str) -> int | None:
        """How this one ended, None while it runs."""
        return self._running[name].poll()

    def stop(self) -> None:
        """End every process, the last started first; kill what does not end in time."""
        children = list(reversed(self._running.values()))
        for child in children:
            _signal_group(child.group, signal.SIGTERM)
        _wait_for_groups([child.group for child in children], reap=lambda: [child.poll() for child in children])
        for child in children:
            child.close()
        self._running.clear()
        if self._watcher is not None and self._watcher.stdin is not None:
            self._watcher.stdin.close()
            self._watcher.wait()
            self._watcher = None

    def _tell_watcher(self, word: str, group: int) -> None:
        if self._watcher is None or self._watcher.stdin is None:
            raise AssertionError("a stack starts processes only inside its with block")
        self._watcher.stdin.write(f"{word} {group}\n".encode())
        self._watcher.stdin.flush()


class _Child:
    def __init__(self, program: Program, log: Path, environment: Mapping[str, str]) -> None:
        self._log = log.open("ab")
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self.program = program
        self._process = subprocess.Popen(  # noqa: S603 - commands of ours
            list(program.command),
            env={**environment, **program.secrets},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.group = self._process.pid
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def poll(self) -> int | None:
        return self._process.poll()

    def tail(self) -> list[str]:
        if self.poll() is not None:
            self._reader.join(timeout=1.0)
        return list(self._tail)

    def close(self) -> None:
        self._process.wait()
        self._reader.join(timeout=1.0)
        self._log.close()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                self._log.write(raw)
                self._log.flush()
                line = _COLOUR.sub("", raw.decode("utf-8", "replace").rstrip())
                self._tail.append(line)
                if self.program.on_line is not None:
                    self.program.on_line(line)


@contextmanager
def stop_signals() -> Iterator[None]:
    """Turn the first Ctrl-C, SIGTERM or SIGHUP into StopRequested; later ones wait for the orderly end."""

    def stop(number: int, frame: FrameType | None) -> None:
        for one in _STOP_SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        os.write(sys.stderr.fileno(), b"\nstopping everything, a few seconds ...\n")
        raise StopRequested(signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(stream: IO[str]) -> None:
    """Keep the list of groups the parent tells, and end them all when the parent is gone."""
    for one in _STOP_SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    groups: dict[int, None] = {}
    for line in stream:
        word, number = line.split()
        if word == "watch":
            groups[int(number)] = None
        else:
            groups.pop(int(number), None)
    for group in reversed(groups):
        _signal_group(group, signal.SIGTERM)
    _wait_for_groups(list(groups))


def _wait_for_groups(groups: list[int], reap: Callable[[], object] = lambda: None) -> None:
    for _ in range(round(GRACE_SECONDS / _LOOK_SECONDS)):
        reap()  # a dead leader nobody waited for still holds its group
        groups = [group for group in groups if _is_alive(group)]
        if not groups:
            return
        time.sleep(_LOOK_SECONDS)
    for group in groups:
        _signal_group(group, signal.SIGKILL)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


if __name__ == "__main__":
    watch(sys.stdin)
