"""One runner an account on this machine, whichever folder it lives in: an OS lock that a dead process loses by itself.

A process that is only stopped still holds it, so nobody else can have traded when it goes on.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from copytrade_live.errors import StateError


class AccountLease:
    """Held for as long as a runner may send orders for a wallet."""

    def __init__(self, wallet: str, folder: Path | None = None) -> None:
        self._wallet = wallet
        self._folder = folder or Path(tempfile.gettempdir()) / f"copytrade-{os.getuid()}"
        self._lock: FileLock | None = None

    def acquire(self) -> None:
        """Take it at once. Raises: StateError when another runner trades the wallet."""
        path = self._folder / f"{self._wallet.lower()}.lock"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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
            raise StateError(f"lease {path} cannot be taken: {error}; mend its permissions") from error

    def release(self) -> None:
        """Let another runner trade the wallet."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
