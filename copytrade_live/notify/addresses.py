"""Where messages go: addresses that are secrets, read once from a credential, the environment or the keyring."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from urllib.parse import parse_qsl, unquote, urlsplit

from copytrade_live.credentials import credential_file
from copytrade_live.errors import ConfigError
from copytrade_live.programs import NOTIFY_URLS
from copytrade_live.redaction import hide
from copytrade_live.secret import Secret
from copytrade_live.settings import CopytradeConfig

CREDENTIAL = "notify-urls"
# Spaces between addresses.
VARIABLE = NOTIFY_URLS
# Shorter parts of an address are words, not tokens.
_SHORTEST = 8


def load_addresses(config: CopytradeConfig, environment: MutableMapping[str, str]) -> tuple[Secret[str], ...]:
    """Every address, hidden from now on, the environment's taken out of it. Raises: ConfigError when there is none."""
    given = environment.pop(VARIABLE, "")
    os.environ.pop(VARIABLE, None)
    told = _credential(environment) or given or _from_keyring(config)
    if not told.split():
        raise ConfigError(
            f"there is no address to send to: put it into {VARIABLE} (mailto://…, tgram://…, slack://…, "
            f"json://…: whatever apprise knows), systemd's credential {CREDENTIAL}, or the keyring "
            "(notifications.keyring_user)"
        )
    return tuple(_hidden(address) for address in told.split())


def has_addresses(config: CopytradeConfig, environment: Mapping[str, str]) -> bool:
    """Whether somebody named an address, without reading it."""
    told = environment.get(VARIABLE, "").strip() or config.notifications.keyring_user
    return bool(told) or credential_file(environment, CREDENTIAL) is not None


def scheme_of(address: Secret[str]) -> str:
    """What may be said of an address: the kind of service, and nothing else."""
    return address.reveal().partition("://")[0][:20]


def _hidden(address: str) -> Secret[str]:
    hide(address)
    parts = urlsplit(address)
    words = [*parts.path.split("/"), parts.netloc, parts.username, parts.password]
    words += [value for _, value in parse_qsl(parts.query)]
    for word in filter(None, words):
        for form in {word, unquote(word)}:
            if len(form) >= _SHORTEST and not form.startswith(("127.", "localhost")):
                hide(form)
    return Secret(address)


def _credential(environment: Mapping[str, str]) -> str:
    path = credential_file(environment, CREDENTIAL)
    return path.read_text(encoding="utf-8") if path is not None else ""


def _from_keyring(config: CopytradeConfig) -> str:
    user = config.notifications.keyring_user
    if not user:
        return ""
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(config.live.keyring_service, user) or ""
    except KeyringError as error:
        raise ConfigError(f"notifications.keyring_user: the system's keyring cannot be read: {error}") from error
