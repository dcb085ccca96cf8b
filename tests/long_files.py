"""Which test files run first: two workers end together only if the long files do not come last."""

from __future__ import annotations

from pathlib import Path

# A file goes to one worker whole. Neighbours of this list run beside each other: those that start many processes and
# have only so much patience stand next to those that keep to one. In a fresh clone the first to score compiles the
# kernels for all: the jobs do, while their neighbour only fetches.
LONG_FILES = (
    "pipelines/test_jobs.py",
    "pipelines/test_ingest_sandbox.py",
    "runner/test_stopping_entries.py",
    "pipelines/test_torture.py",
    "pipelines/test_report_card_asset.py",
    "pipelines/test_liveness.py",
    "simulation/test_seeds_live.py",
    "cli/test_commands.py",
    "simulation/test_seeds_on_paper.py",
)
_HERE = Path(__file__).resolve().parent


def in_order(file: Path) -> int:
    """Where a file stands: long ones in their order, then the rest."""
    name = file.relative_to(_HERE).as_posix()
    return LONG_FILES.index(name) if name in LONG_FILES else len(LONG_FILES)
