"""Settings changed by dotted key, for one run or for each point of a grid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from copytrade_live.errors import ConfigError
from copytrade_live.settings import CopytradeConfig, parse_config


def override(
    config: CopytradeConfig, changes: Mapping[str, Any], origin: str = "backtest overrides"
) -> CopytradeConfig:
    """The configuration with values put at dotted keys. Raises: ConfigError naming a key that does not exist."""
    values = config.model_dump(mode="json")
    for key, value in changes.items():
        *sections, name = key.split(".")
        place = values
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise ConfigError(f"{origin}: {key}: {section} is a value, not a section")
        place[name] = value
    return parse_config(json.dumps(values), origin=origin)
