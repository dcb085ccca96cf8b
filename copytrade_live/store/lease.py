"""One runner a wallet and venue on this machine, whatever its folder: an OS lock that a dead process loses by itself.

A process that is only stopped still holds it, so nobody else can have traded when it goes on.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from copytrade_live.errors import StateError

# A service has a /tmp of its own, where it would never meet a runner started by hand; shared memory is one for all.
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - meant to be shared


def shared_folder() -> Path:
    """Where every runner of this machine looks, whoever it runs as."""
    return _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else Path(tempfile.gettempdir())


class AccountLease:
    """Held for as long as a runner may send orders for a wallet. Use as a context manager."""

    def __init__(self, wallet: str, venue: str, folder: Path | None = None) -> None:
        self._wallet = wallet
        self._name = f"copytrade-{wallet.lower()}-{hashlib.sha256(venue.encode()).hexdigest()[:8]}.lock"
        self._folder = folder or shared_folder()
        self._lock: FileLock | None = None

    def acquire(self) -> None:
        """Take it at once. Raises: StateError when another runner trades the wallet."""
        path = self._folder / self._name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(path, timeout=0)
            self._lock.acquire()
        except Timeout:
            self._lock = None
            raise StateError(
                f"another runner on this machine trades {self._wallet} (it holds {path}); stop that one first: two "
                "runners would each spend the same money"
            ) from None
        except OSError as error:
            self._lock = None
            raise StateError(
                f"lease {path} cannot be taken: {error}; another user's runner may trade {self._wallet}: stop it, then "
                "remove the file"
            ) from error

    def __enter__(self) -> AccountLease:
        """Take it."""
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back whatever happened."""
        self.release()

    def release(self) -> None:
        """Let another runner trade the wallet."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
