"""Keystore files, version 3 with scrypt: written for their owner alone, and read only if nobody else could."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from eth_account import Account

from copytrade_live.durable import make_folder, sync_folder
from copytrade_live.errors import KeyRefused
from copytrade_live.secret import Secret

SCRYPT_N = 262_144
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def write_keystore(path: Path, key: Secret[str], password: Secret[str], *, iterations: int = SCRYPT_N) -> str:
    """Encrypt a key into a new file. Returns: its address. Raises: KeyRefused when the file exists already."""
    if path.exists() or path.is_symlink():
        raise KeyRefused(f"{path} exists already; a key is never written over: move it away, or name another file")
    if len(password.reveal()) < 12:
        raise KeyRefused("the password is shorter than 12 characters; take a longer one")
    raw = bytes.fromhex(key.reveal().removeprefix("0x"))
    content = json.dumps(Account.encrypt(raw, password.reveal(), kdf="scrypt", iterations=iterations))
    make_folder(path.parent)
    path.parent.chmod(PRIVATE_FOLDER)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(handle, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
    return str(Account.from_key(key.reveal()).address)


def read_keystore(path: Path, password: Secret[str]) -> Secret[str]:
    """Decrypt a key. Raises: KeyRefused when it is missing, open to others, no keystore, or the password is wrong."""
    check_private(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Secret("0x" + bytes(Account.decrypt(content, password.reveal())).hex())
    except ValueError as error:
        wrong = "MAC mismatch" in str(error)
        said = "the password does not fit" if wrong else "it is not a keystore of version 3"
        raise KeyRefused(f"{path} cannot be opened: {said}") from None
    except (KeyError, TypeError, OSError):
        raise KeyRefused(f"{path} cannot be opened: it is not a keystore of version 3") from None


def check_private(path: Path) -> None:
    """Refuse a key file that is a link, not ours, or open to anyone else. Raises: KeyRefused."""
    if path.is_symlink():
        raise KeyRefused(f"{path} is a symbolic link; put the keystore itself there")
    if not path.exists():
        raise KeyRefused(f"there is no keystore at {path}; make one with: copytrade keys new, or keys import")
    for one, most in ((path, PRIVATE_FILE), (path.parent, PRIVATE_FOLDER)):
        found = one.stat()
        mode = stat.S_IMODE(found.st_mode)
        if found.st_uid != os.geteuid():
            raise KeyRefused(f"{one} belongs to another user; the keystore must be the runner's own")
        if mode & ~most:
            raise KeyRefused(f"{one} is open to others (mode {mode:o}); run: chmod {most:o} {one}")
