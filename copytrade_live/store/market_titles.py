"""What the venue calls each market: for people alone, so no journal holds it and no decision depends on it.

One JSON object a line beside the state database. It may be deleted: the runner writes what it reads again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from copytrade_live.core.codec import dumps
from copytrade_live.durable import unwritable

FILE = "market_titles.jsonl"
# Characters. Titles are strangers' text, of any length.
LONGEST = 300


@dataclass(frozen=True, slots=True)
class MarketTitle:
    """A market's question, and its name in the venue's addresses."""

    question: str
    slug: str


class MarketTitles:
    """Hears of markets and appends those it did not know."""

    def __init__(self, state: Path) -> None:
        self._path = state.with_name(FILE)
        self._known = read_titles(state)
        self._new: dict[str, MarketTitle] = {}

    def hear(self, condition_id: str, question: str, slug: str) -> None:
        """Note what a market is called; a renamed one is noted again."""
        title = MarketTitle(question=question[:LONGEST], slug=slug[:LONGEST])
        if title.question and self._known.get(condition_id) != title:
            self._known[condition_id] = title
            self._new[condition_id] = title

    def write(self) -> None:
        """Append what is new. Raises: StateError when the disk refuses; it is tried again with the next call."""
        if not self._new:
            return
        lines = [_line(condition_id, title) for condition_id, title in self._new.items()]
        try:
            with self._path.open("ab") as file:
                file.write(("" if _ends_whole(self._path) else "\n").encode() + "".join(lines).encode())
        except OSError as error:
            raise unwritable(self._path, error) from error
        self._new.clear()


def read_titles(state: Path) -> dict[str, MarketTitle]:
    """The newest title of each condition id; empty while none was written. Lines that are cut are left out."""
    try:
        text = state.with_name(FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return dict(_read(text))


def _read(text: str) -> Iterator[tuple[str, MarketTitle]]:
    for line in text.split("\n"):
        try:
            row = json.loads(line)
            yield str(row["condition_id"]), MarketTitle(question=str(row["question"]), slug=str(row["slug"]))
        except (ValueError, KeyError, TypeError):
            continue


def _line(condition_id: str, title: MarketTitle) -> str:
    return dumps({"condition_id": condition_id, "question": title.question, "slug": title.slug}) + "\n"


def _ends_whole(path: Path) -> bool:
    """Whether the file ends with a whole line, which a runner that was killed may not have written."""
    with path.open("rb") as file:
        file.seek(0, 2)
        if file.tell() == 0:
            return True
        file.seek(-1, 2)
        return file.read(1) == b"\n"
