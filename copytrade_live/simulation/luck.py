"""Chance by seed: every concern has its own stream, so that one more draw here moves nothing there."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the simulation's one source of chance, always seeded


def stream(seed: int, name: str) -> Random:
    """The stream of one concern; the same seed and name give the same numbers in every process."""
    return Random(f"{seed}/{name}")  # noqa: S311 - chance, not secrecy
