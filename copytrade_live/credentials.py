"""What systemd hands a unit besides its environment: files that LoadCredential names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CREDENTIALS_FOLDER = "CREDENTIALS_DIRECTORY"


def credential_file(environment: Mapping[str, str], name: str) -> Path | None:
    """Where a credential lies; None where none of that name was given."""
    folder = environment.get(CREDENTIALS_FOLDER)
    path = Path(folder) / name if folder else None
    return path if path is not None and path.exists() else None
