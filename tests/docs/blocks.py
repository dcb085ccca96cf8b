"""The fenced blocks of the documents, with what their pages' source says of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(?P<language>\w*)(?: title=(?P<title>\S+))?$")
_SAID = re.compile(r"^<!-- (?P<said>.*) -->$")
_NOT_RUN = "not run: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block. said is the comment right above it, which the site does not show; heading what it stands under."""

    page: str
    line: int
    heading: str
    language: str
    title: str
    text: str
    said: str

    @property
    def reason_not_to_run(self) -> str | None:
        """Why no test runs it, None for one that is run."""
        return self.said.removeprefix(_NOT_RUN) if self.said.startswith(_NOT_RUN) else None

    def __str__(self) -> str:
        """Where it stands."""
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Every page of the site and the README, by its path in the repository."""
    alongside = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "dbt_like_sql/README.md"]
    return [*alongside, *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]


def blocks_of(page: str) -> list[Block]:
    """The blocks of a page, in order."""
    return list(_read(page, (ROOT / page).read_text(encoding="utf-8").splitlines()))


def runnable(page: str, *languages: str) -> list[Block]:
    """Those that a test has to run, of some languages or of all."""
    found = [one for one in blocks_of(page) if one.reason_not_to_run is None]
    return [one for one in found if one.language in languages] if languages else found


def _read(page: str, lines: list[str]) -> Iterator[Block]:
    heading, begun = "", None
    for number, line in enumerate(lines, 1):
        if begun is not None:
            if line == "```":
                place, opened, said = begun
                body = "".join(f"{one}\n" for one in lines[place : number - 1])
                title = opened["title"] or ""
                yield Block(
                    page=page,
                    line=place,
                    heading=heading,
                    language=opened["language"],
                    title=title,
                    text=body,
                    said=said,
                )
                begun = None
        elif opened := _FENCE.match(line):
            above = _SAID.match(lines[number - 2]) if number > 1 else None
            begun = (number, opened, above["said"] if above else "")
        elif line.startswith("#"):
            heading = line.lstrip("# ")
