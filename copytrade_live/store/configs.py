"""Every decision config that was ever used, by its digest: what lets a past decision be explained exactly."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from pydantic import ValidationError

from copytrade_live.core.config import DecisionConfig
from copytrade_live.store.database import naming, transaction

_PREFIX = "config:"


def keep_config(connection: sqlite3.Connection, path: Path, config: DecisionConfig) -> None:
    """Remember a config beside the journal that is decided with it."""
    text = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    with naming(path), transaction(connection):
        connection.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING", (_PREFIX + config.digest(), text)
        )


def kept_config(connection: sqlite3.Connection, path: Path, digest: str) -> DecisionConfig | None:
    """The config with this digest; None when it was not kept or no longer means what it meant."""
    with naming(path):
        found = connection.execute("SELECT value FROM meta WHERE key = ?", (_PREFIX + digest,)).fetchone()
    if found is None:
        return None
    try:
        config = DecisionConfig.model_validate_json(str(found[0]))
    except ValidationError:
        return None
    return config if config.digest() == digest else None
