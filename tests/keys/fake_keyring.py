"""A keyring of the system that lies in a file; PYTHON_KEYRING_BACKEND names it."""

from __future__ import annotations

import os
from pathlib import Path

from keyring.backend import KeyringBackend


class Keyring(KeyringBackend):
    """Holds one password, whatever it is asked for."""

    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        return Path(os.environ["FAKE_KEYRING_FILE"]).read_text()

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError("a test wrote a password into the keyring")
