"""The page docs/adr/index.md: every decision record, by number, with the choice in its own first words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "adr"
INTRO = (
    "A choice that would surprise a newcomer is written down once, with what made it necessary, what was chosen and "
    "what it costs. A new one starts from the [template](0000-template.md)."
)


def adr_index_page(notice: str, folder: Path = FOLDER) -> str:
    """The whole page. Raises: ValueError naming a record that has no title or no choice."""
    lines = [notice, "# Decisions", "", INTRO, "", "| number | decision | in short |", "|---|---|---|", *_rows(folder)]
    return "\n".join(lines) + "\n"


def _rows(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("[0-9]*.md")):
        if path.name.startswith("0000"):
            continue
        text = path.read_text(encoding="utf-8")
        title = re.search(r"^# (\d{4})\. (.+)$", text, flags=re.MULTILINE)
        choice = re.search(r"^## (?:Choice|Decision)\n+(.+?)(?:\n\n|\Z)", text, flags=re.MULTILINE | re.DOTALL)
        if title is None or choice is None:
            raise ValueError(f"{path} lacks a title '# NNNN. …' or a part '## Choice'; write both")
        yield f"| {title[1]} | [{title[2]}]({path.name}) | {_first_sentence(choice[1])} |"


def _first_sentence(text: str) -> str:
    flat = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", " ".join(text.split())).removeprefix("- ")
    sentence = re.match(r"(.+?\.)(?: (?=[A-Z`*\d-])|$)", flat)
    return (sentence[1] if sentence else flat).replace("**", "").replace("|", r"\|")
