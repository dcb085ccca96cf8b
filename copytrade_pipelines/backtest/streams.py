"""Reading in order of time without running ahead of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from copytrade_live.core.market import Instant

Item = TypeVar("Item")


class Lookahead(Generic[Item]):
    """Hands out the items of an ordered stream up to a time, and holds back the first one after it."""

    def __init__(self, items: Iterator[Item], time_of: Callable[[Item], Instant]) -> None:
        self._items = items
        self._time_of = time_of
        self._held: Item | None = next(items, None)

    def until(self, now: Instant) -> Iterator[Item]:
        """Every item not handed out yet whose time is at or before now."""
        while self._held is not None and self._time_of(self._held) <= now:
            item, self._held = self._held, next(self._items, None)
            yield item
