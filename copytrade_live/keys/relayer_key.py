"""The relayer's API key: it pays for redemptions, and can do nothing without the wallet owner's signature."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import TYPE_CHECKING

from copytrade_live.credentials import credential_file
from copytrade_live.errors import ConfigError
from copytrade_live.redaction import hide
from copytrade_live.settings import LiveConfig

if TYPE_CHECKING:
    from polymarket.auth import ApiKey

RELAYER_CREDENTIAL = "relayer-key"


def load_relayer_key(config: LiveConfig, environment: MutableMapping[str, str], signer: str) -> ApiKey | None:
    """From systemd's credential, else the environment, which it is taken out of; None when there is none.

    Raises: ConfigError when it has another form than a key, or key:secret:passphrase.
    """
    from polymarket.auth import BuilderApiKey, RelayerApiKey

    told = _credential(environment) or environment.get(config.relayer_variable, "").strip()
    environment.pop(config.relayer_variable, None)
    os.environ.pop(config.relayer_variable, None)
    if not told:
        return None
    hide(told)
    parts = told.split(":")
    for part in parts:
        hide(part)
    if len(parts) not in (1, 3) or not all(parts):
        raise ConfigError(
            f"{config.relayer_variable} has {len(parts)} parts between colons: give the relayer's key alone, or a "
            "builder's as key:secret:passphrase"
        )
    if len(parts) == 1:
        return RelayerApiKey(key=told, address=config.relayer_address or signer)
    return BuilderApiKey(key=parts[0], secret=parts[1], passphrase=parts[2])


def _credential(environment: MutableMapping[str, str]) -> str:
    path = credential_file(environment, RELAYER_CREDENTIAL)
    return path.read_text(encoding="utf-8").strip() if path is not None else ""
