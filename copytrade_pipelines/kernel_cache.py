"""Where this user keeps what is compiled once for an installation."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def kernels_folder() -> Path:
    """The user's cache, else a temporary folder."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    chosen = Path(home) / "copytrade" / "kernels"
    try:
        chosen.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=chosen).close()
    except OSError:
        chosen = Path(tempfile.gettempdir()) / f"copytrade-kernels-{os.getuid()}"
        chosen.mkdir(exist_ok=True, mode=0o700)
    return chosen
