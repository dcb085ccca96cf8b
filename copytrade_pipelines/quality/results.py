"""The last result of every suite, kept as files so that pages can be made of them without checking again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copytrade_live.core.market import Instant
from copytrade_live.durable import write_durably
from copytrade_pipelines.quality.validate import Validation


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """One suite's last result. Shape: outcomes are Great Expectations' own results as JSON."""

    suite: str
    table: str
    rows: int
    checked_at: Instant
    outcomes: tuple[Mapping[str, Any], ...]

    @property
    def broken(self) -> int:
        """How many demands were not met."""
        return sum(not outcome["success"] for outcome in self.outcomes)


def store_result(folder: Path, validation: Validation, *, checked_at: Instant) -> None:
    """Keep a result in place of the suite's last one."""
    content = {
        "suite": validation.suite.name,
        "table": validation.suite.table,
        "rows": validation.rows,
        "checked_at": checked_at,
        "outcomes": list(validation.outcomes),
    }
    write_durably(folder / f"{validation.suite.name}.json", json.dumps(content, sort_keys=True).encode() + b"\n")


def stored_results(folder: Path) -> list[StoredResult]:
    """Every result that can be read, by the name of its suite."""
    found: list[StoredResult] = []
    for path in sorted(folder.glob("*.json")):
        try:
            content = json.loads(path.read_bytes())
            found.append(StoredResult(**{**content, "outcomes": tuple(content["outcomes"])}))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # half a file of an older version; the next check writes it anew
    return found
