"""One runner a state database: an OS lock that a killed process loses by itself."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from copytrade_live.errors import StateError


class RunnerLock:
    """Held for as long as a runner writes the journal beside it."""

    def __init__(self, state: Path) -> None:
        self._path = state.with_name(state.name + ".lock")
        self._state = state
        self._lock = FileLock(self._path, timeout=0)

    def acquire(self) -> None:
        """Take the lock at once. Raises: StateError when another runner has it."""
        try:
            self._lock.acquire()
        except Timeout:
            raise StateError(
                f"another runner writes {self._state} (it holds {self._path}); stop that one first, "
                "or give this one its own COPYTRADE_HOME"
            ) from None
        except OSError as error:
            raise StateError(f"lock file {self._path} cannot be made: {error}; mend its permissions") from error

    def release(self) -> None:
        """Let another runner have it."""
        self._lock.release()
