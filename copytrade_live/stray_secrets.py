"""Finds keys where no key belongs: in the config, on the command line, in a process that signs nothing.

What is found is never said again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence

from copytrade_live.credentials import CREDENTIALS_FOLDER
from copytrade_live.errors import ConfigError
from copytrade_live.redaction import hide

_KEY = re.compile(r"(?<![0-9a-fA-F])(?:0[xX])?[0-9a-fA-F]{64}(?![0-9a-fA-F])")
# YAML reads an unquoted 0x… as a number; no setting comes near this one.
_LARGEST_NUMBER = 1 << 200
# Settings that name markets, whose ids are as long as keys.
_MARKET_LISTS = ("markets_allowed", "markets_denied", "markets")
_SECRET_NAMES = re.compile(r"(?i)private_?key|^key$|secret|passphrase|password|mnemonic|seed_?phrase")
# Verbs that are given signals, conditions and transactions, whose ids are as long as keys.
_TAKE_IDS = ("why", "sql", "audit", "close")
# Where keys are by default; a key under any other name is known by its looks.
_KEYS = ("COPYTRADE_KEY", "COPYTRADE_RELAYER_KEY")


def check_config(loaded: Mapping[str, object], origin: str) -> None:
    """Raises: ConfigError naming where a key or a password stands, without it."""
    for path, value in _leaves(loaded, ()):
        name = ".".join(path)
        if _SECRET_NAMES.search(path[-1]) and value:
            raise ConfigError(f"{origin}: {_KEY.sub('…', name)} is a secret, and {_ELSEWHERE}")
        is_id = any(part in _MARKET_LISTS for part in path)
        is_key = not is_id and (_is_number(value) or _KEY.search(f"{value} {name}"))
        if is_key:
            raise ConfigError(f"{origin}: {_KEY.sub('…', name)} holds what looks like a private key, and {_ELSEWHERE}")


_ELSEWHERE = (
    "none belongs in this file: remove it, take it for stolen if the file was shared, and use copytrade keys import"
)


def check_arguments(arguments: Sequence[str]) -> None:
    """Raises: ConfigError when a verb that is given no ids is given what looks like a key."""
    verb = next((word for word in arguments if not word.startswith("-")), "")
    if verb not in _TAKE_IDS and any(_KEY.search(word) for word in arguments):
        raise ConfigError(
            "an argument looks like a private key; the process list and the shell's history have it now: move the "
            "money, make another key, and give it to copytrade keys import, which asks for it"
        )


def drop_keys(environment: MutableMapping[str, str], named: Sequence[str] = _KEYS) -> None:
    """Take every key, and the way to systemd's credentials, out of an environment, and mask them from now on."""
    for name in [*environment]:
        value = environment[name]
        if name in named or _KEY.fullmatch(value.strip()):
            hide(value.strip())
            del environment[name]
    environment.pop(CREDENTIALS_FOLDER, None)


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, str(name)))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path)
    else:
        yield path or ("the file",), value


def _is_number(value: object) -> bool:
    return isinstance(value, int) and abs(value) > _LARGEST_NUMBER
