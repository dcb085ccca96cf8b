"""Where the key comes from: a keystore file, the system's keyring, or, with a warning, the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, MutableMapping
from pathlib import Path

from eth_account import Account

from copytrade_live.credentials import credential_file
from copytrade_live.errors import KeyRefused
from copytrade_live.keys.keystore import read_keystore
from copytrade_live.logs import logger
from copytrade_live.redaction import hide
from copytrade_live.secret import Secret
from copytrade_live.settings import Home, KeySource, LiveConfig

PASSWORD_CREDENTIAL = "keystore-password"  # noqa: S105 - the name of a file
_log = logger("keys")

Ask = Callable[[str], str]


def load_key(config: LiveConfig, home: Home, environment: MutableMapping[str, str], ask: Ask | None) -> Secret[str]:
    """The key that signs. ask prompts a person for a password; None where there is nobody to ask.

    Raises: KeyRefused naming the source and what to do.
    """
    if config.key_source is KeySource.KEYSTORE:
        path = home.resolve(config.keystore_file)
        key = read_keystore(path, _password(path, environment, ask))
    elif config.key_source is KeySource.KEYRING:
        key = _from_keyring(config)
    else:
        key = _from_environment(config.key_variable, environment)
    hide(key.reveal())
    return key


def address_of(key: Secret[str]) -> str:
    """The address a key signs for, with its checksum. Raises: KeyRefused when it is no key."""
    try:
        return str(Account.from_key(key.reveal()).address)
    except (ValueError, TypeError):
        raise KeyRefused("that is not a private key: 64 hex digits, with or without 0x") from None


def _password(path: Path, environment: MutableMapping[str, str], ask: Ask | None) -> Secret[str]:
    credential = credential_file(environment, PASSWORD_CREDENTIAL)
    if credential is not None:
        return _hidden(credential.read_text(encoding="utf-8").rstrip("\n"))
    if ask is None:
        raise KeyRefused(
            f"{path} needs its password, and there is no terminal to ask on; give systemd "
            f"LoadCredential={PASSWORD_CREDENTIAL}:FILE, or start it by hand"
        )
    return _hidden(ask(f"password of {path}"))


def _hidden(password: str) -> Secret[str]:
    hide(password)
    return Secret(password)


def _from_keyring(config: LiveConfig) -> Secret[str]:
    import keyring
    from keyring.errors import KeyringError

    try:
        found = keyring.get_password(config.keyring_service, config.keyring_user)
    except KeyringError as error:
        raise KeyRefused(f"the system's keyring cannot be read: {error}; use live.key_source keystore") from error
    if not found:
        raise KeyRefused(
            f"the system's keyring holds nothing for {config.keyring_service}/{config.keyring_user}; store it with: "
            f"keyring set {config.keyring_service} {config.keyring_user}"
        )
    return Secret(found)


def _from_environment(variable: str, environment: MutableMapping[str, str]) -> Secret[str]:
    found = environment.pop(variable, "")
    os.environ.pop(variable, None)
    if not found:
        raise KeyRefused(f"live.key_source is env, but {variable} is not set")
    _log.warning(
        "the key came from %s: whoever may read this process's environment at its start may read it there; "
        "a keystore is safer (copytrade keys import)",
        variable,
    )
    return Secret(found)
