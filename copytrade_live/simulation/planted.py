"""Twenty mistakes that runners of this kind make, each to be swapped in by name, so that the checks can be checked.

A plant replaces a function of the product for as long as its context lasts; the product itself has no switch for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

Plant = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One planted bug: the profile that is likely to meet it, and what swaps it in."""

    name: str
    summary: str
    profile: str
    plant: Plant


@contextmanager
def swapped(owner: Any, name: str, replacement: object) -> Iterator[None]:
    """Have something else under a name of a module or class, for a while."""
    before = vars(owner)[name]
    setattr(owner, name, replacement)
    try:
        yield
    finally:
        setattr(owner, name, before)


def bugs() -> dict[str, Bug]:
    """All planted bugs by name."""
    from copytrade_live.simulation.planted_control import CONTROL_BUGS
    from copytrade_live.simulation.planted_live import LIVE_BUGS
    from copytrade_live.simulation.planted_tracking import TRACKING_BUGS

    return {bug.name: bug for bug in (*LIVE_BUGS, *TRACKING_BUGS, *CONTROL_BUGS)}
