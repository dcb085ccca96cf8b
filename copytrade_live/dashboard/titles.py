"""What markets are called, for the pages: strangers' text, made visible."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from copytrade_live.file_stamp import Stamp, stamp_of
from copytrade_live.store.market_titles import FILE, MarketTitle, read_titles
from copytrade_live.visible import visible


class Titles:
    """Reads the runner's file again when it changes."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._stamp: Stamp | None = None
        self._known: Mapping[str, MarketTitle] = {}

    def all(self) -> Mapping[str, MarketTitle]:
        """By condition id."""
        stamp = stamp_of(self._state.with_name(FILE))
        if stamp != self._stamp:
            self._known = {
                condition_id: MarketTitle(question=visible(one.question), slug=visible(one.slug))
                for condition_id, one in read_titles(self._state).items()
            }
            self._stamp = stamp
        return self._known

    def question(self, condition_id: str) -> str:
        """What a market asks; empty while it is not known."""
        found = self.all().get(condition_id)
        return found.question if found else ""

    def slug(self, condition_id: str) -> str:
        """A market's name in the venue's addresses; empty while it is not known."""
        found = self.all().get(condition_id)
        return found.slug if found else ""
