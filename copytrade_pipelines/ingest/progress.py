"""How far a long step has come: the command line draws it, Dagster logs it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told after each batch."""

    def __call__(self, done: int, total: int, label: str) -> None:
        """Done of total things called label."""
        ...


def silent(done: int, total: int, label: str) -> None:
    """Tell nobody."""
