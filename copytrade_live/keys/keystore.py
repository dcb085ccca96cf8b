"""Keystore files, version 3 with scrypt: written for their owner alone, and read only if nobody else could."""

from __future__ import annotations

import json
from pathlib import Path

from eth_account import Account

from copytrade_live.durable import sync_folder
from copytrade_live.errors import KeyRefused
from copytrade_live.private_file import check_private, create_private
from copytrade_live.secret import Secret

SCRYPT_N = 262_144


def write_keystore(path: Path, key: Secret[str], password: Secret[str], *, iterations: int = SCRYPT_N) -> str:
    """Encrypt a key into a new file. Returns: its address. Raises: KeyRefused when the file exists already."""
    if path.exists() or path.is_symlink():
        raise KeyRefused(f"{path} exists already; a key is never written over: move it away, or name another file")
    if len(password.reveal()) < 12:
        raise KeyRefused("the password is shorter than 12 characters; take a longer one")
    raw = bytes.fromhex(key.reveal().removeprefix("0x"))
    create_private(path, json.dumps(Account.encrypt(raw, password.reveal(), kdf="scrypt", iterations=iterations)))
    sync_folder(path.parent)
    return str(Account.from_key(key.reveal()).address)


def read_keystore(path: Path, password: Secret[str]) -> Secret[str]:
    """Decrypt a key. Raises: KeyRefused when it is missing, open to others, no keystore, or the password is wrong."""
    check_keystore(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Secret("0x" + bytes(Account.decrypt(content, password.reveal())).hex())
    except ValueError as error:
        wrong = "MAC mismatch" in str(error)
        said = "the password does not fit" if wrong else "it is not a keystore of version 3"
        raise KeyRefused(f"{path} cannot be opened: {said}") from None
    except (KeyError, TypeError, OSError):
        raise KeyRefused(f"{path} cannot be opened: it is not a keystore of version 3") from None


def check_keystore(path: Path) -> None:
    """Refuse a key file that is missing, a link, not ours, or open to anyone else. Raises: KeyRefused."""
    if not path.exists() and not path.is_symlink():
        raise KeyRefused(f"there is no keystore at {path}; make one with: copytrade keys new, or keys import")
    check_private(path, KeyRefused, what="the keystore", whose="the runner's")
