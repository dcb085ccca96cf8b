"""Reading the config file: mistakes are named by key, value and nearest valid key."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from copytrade_live.errors import ConfigError
from copytrade_live.settings.home import Home
from copytrade_live.settings.whole import CopytradeConfig
from copytrade_live.stray_secrets import check_config

MAX_CONFIG_BYTES = 1_000_000


def load_config(path: Path | None, home: Home) -> CopytradeConfig:
    """Read the file at path, else the one in the home folder, else the defaults.

    Raises: ConfigError naming the key, its value and the nearest valid key.
    """
    if path is None and not home.config.exists():
        return CopytradeConfig()
    return parse_config(read_text(path or home.config), origin=str(path or home.config))


def read_text(path: Path) -> str:
    """The file's text. Raises: ConfigError when it is missing, unreadable or absurdly large."""
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise ConfigError(f"config file {path} is larger than {MAX_CONFIG_BYTES} bytes; is it the right file?")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"config file {path} does not exist; write one with: copytrade init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"config file {path} cannot be read: {error}") from error


def parse_config(text: str, *, origin: str) -> CopytradeConfig:
    """Parse YAML text. Raises: ConfigError with one line per mistake."""
    if not text.strip():
        # Cut short by a full disk, half saved, or the mount point of another user's: nobody asked for the defaults.
        raise ConfigError(f"{origin} is empty; write one with: copytrade init, or remove it to run on the defaults")
    try:
        # An alias lets a few lines stand for gigabytes; nothing in a config needs one.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise ConfigError(f"{origin} uses a YAML alias (*name); write the value out")
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{origin} is not valid YAML: {_what_and_where(error)}") from None
    if loaded is None:
        loaded = {}
    if not isinstance(loaded, dict):
        raise ConfigError(f"{origin} must hold sections like 'filter:', was a {type(loaded).__name__}")
    check_config(loaded, origin)
    try:
        return CopytradeConfig.model_validate(loaded)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(origin, problem) for problem in error.errors())) from None


def _what_and_where(error: yaml.YAMLError) -> str:
    """Without the line itself, which could hold a secret."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "a character it may not hold"
    return f"{problem}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(problem)


def _explain(origin: str, problem: Any) -> str:
    path = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        near = _nearest(problem["loc"])
        hint = f"; did you mean {near}?" if near else ""
        return f"{origin}: unknown key {path}{hint}"
    return f"{origin}: {path or 'the file'}: {problem['msg']}, was {problem['input']!r}"


def _nearest(location: tuple[Any, ...]) -> str | None:
    model: Any = CopytradeConfig
    for part in location[:-1]:
        model = model.model_fields[part].annotation
    found = difflib.get_close_matches(str(location[-1]), list(model.model_fields), n=1, cutoff=0.5)
    return ".".join([*map(str, location[:-1]), found[0]]) if found else None
