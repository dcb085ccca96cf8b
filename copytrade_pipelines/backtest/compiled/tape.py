"""A tape as arrays with the names behind its codes, whatever it was read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from copytrade_live.core.market import Instant, Market
from copytrade_live.core.score import TraderScore
from copytrade_pipelines.backtest.compiled.layout import Array, Tape


class Names(Protocol):
    """Names by place."""

    def __getitem__(self, place: int, /) -> str:
        """The name at a place."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeArrays:
    """A tape as arrays, with the names behind the codes. Units: first and last in milliseconds, None without any.

    Shape: made holds the modelled books that signals met, as a state does; their numbers follow those of the tape's.
    """

    tape: Tape
    signal_ids: Names
    wallets: Sequence[str]
    tokens: Sequence[str]
    conditions: Sequence[str]
    markets: Sequence[Market]
    scores: Sequence[TraderScore]
    sources: Names
    first: Instant | None
    last: Instant | None
    most_levels: int
    feed: FeedKind
    repeats: int
    events: int
    made: Mapping[str, Array] = field(default_factory=dict)
    _prints: dict[Instant, int] = field(default_factory=dict, init=False)

    def most_prints(self, within: Instant) -> int:
        """The most prints of one token that became known within so many milliseconds of each other."""
        if within not in self._prints:
            tokens, known, most = self.tape.tokens, self.tape.prints["known_at"], 0
            for first, end in zip(tokens["first_print"].tolist(), tokens["end_of_prints"].tolist(), strict=True):
                if end - first > most:
                    own = known[first:end]
                    most = max(most, int((np.searchsorted(own, own + within, "right") - np.arange(len(own))).max()))
            self._prints[within] = most
        return self._prints[within]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedKind:
    """Where books come from: the tape's own, or recorded ones with a model between them. Units: milliseconds."""

    is_recorded: bool = False
    max_book_age: Instant = 0
    max_word_age: Instant = 0
    levels: int = 1


class Codes:
    """Integer codes for names, in order of appearance."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}

    def of(self, name: str) -> int:
        """The code of a name."""
        return self.names.setdefault(name, len(self.names))

    def ranks(self, suffix: str = "") -> Array:
        """The place of each name among all in order of text."""
        names = np.empty(len(self.names), np.int64)
        for rank, name in enumerate(sorted(self.names, key=lambda name: name + suffix)):
            names[self.names[name]] = rank
        return names
