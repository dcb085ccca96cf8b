"""Where a run stands, written now and then, so that one that was interrupted goes on and ends as if it had not been."""

from __future__ import annotations

import os
import pickle  # noqa: TID251 between two lives of one run, and only classes of ours are read
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copytrade_live.core.market import Instant
from copytrade_live.provenance import code_version
from copytrade_pipelines.backtest.ledger import Ledger
from copytrade_pipelines.backtest.run_log import RunLog

_PLAIN = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("collections", "Counter"),
    ("collections", "deque"),
    ("pathlib", "PosixPath"),
    ("pathlib", "Path"),
    *(("pyarrow.lib", name) for name in ("schema", "field", "type_for_alias", "list_", "timestamp")),
}
# Observations between two checkpoints: half a minute or so.
EVERY = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that the rest of a run depends on. taken is how many observations of the tape are behind it.

    Shape: driver is what Driver.saved gave; journal is the last seq and the length of the journal's file in bytes.
    """

    taken: int
    first: Instant
    last: Instant
    driver: dict[str, Any]
    ledger: Ledger
    log: RunLog | None
    journal: tuple[int, int] | None


class _OwnClasses(pickle.Unpickler):
    """Reads values of this project's types and of plain containers, and nothing that could act."""

    def find_class(self, module: str, name: str) -> Any:
        """The class of a value. Raises: pickle.UnpicklingError for any other."""
        is_ours = module.partition(".")[0] in ("copytrade_live", "copytrade_pipelines")
        if is_ours or (module, name) in _PLAIN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"a checkpoint holds no {module}.{name}")


def save(path: Path, run_id: str, standing: Standing) -> None:
    """Replace the checkpoint, whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        # One pickle, so that what was one object is one object again.
        pickle.dump((run_id, code_version(), standing), file, protocol=pickle.HIGHEST_PROTOCOL)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def load(path: Path, run_id: str) -> Standing | None:
    """Where that run stands; None when there is no checkpoint of it by this code."""
    try:
        with path.open("rb") as file:
            name, code, standing = _OwnClasses(file).load()
    except (FileNotFoundError, EOFError, pickle.UnpicklingError, AttributeError, ValueError):
        return None
    if (name, code) != (run_id, code_version()) or not isinstance(standing, Standing):
        return None
    return standing
