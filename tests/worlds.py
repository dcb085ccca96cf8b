"""The default world, drawn once in each process that tests: it is frozen, and a second or more of work."""

from __future__ import annotations

from functools import cache

from copytrade_live.sandbox.synthetic import SyntheticWorld, build_synthetic_world


@cache
def default_world() -> SyntheticWorld:
    """The world of seed 7."""
    return build_synthetic_world(7)
