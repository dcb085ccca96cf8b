"""Colours of figures: fixed ones for a picture, style sheet variables for a page that knows light and dark."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colour of each role a mark can have."""

    ink: str
    muted: str
    grid: str
    paper: str
    accent: str
    good: str
    bad: str


LIGHT = Palette(
    ink="#1b1f24",
    muted="#5b6572",
    grid="#dfe3e8",
    paper="#ffffff",
    accent="#1f6feb",
    good="#1a7f4b",
    bad="#c4372c",
)
DARK = Palette(
    ink="#e8ebef",
    muted="#9aa4b1",
    grid="#343b45",
    paper="#171b21",
    accent="#6aa6ff",
    good="#4cc38a",
    bad="#ff7b6e",
)
# Colours nobody would choose, drawn first and then exchanged for variables.
MARKED = Palette(
    ink="#010203",
    muted="#010204",
    grid="#010205",
    paper="#010206",
    accent="#010207",
    good="#010208",
    bad="#010209",
)


def with_variables(svg: str) -> str:
    """A picture drawn in MARKED, its colours exchanged for the page's variables."""
    for role in fields(Palette):
        svg = re.sub(re.escape(getattr(MARKED, role.name)), f"var(--{role.name})", svg, flags=re.IGNORECASE)
    return svg


def declarations(palette: Palette) -> str:
    """The style sheet declarations of a palette's variables."""
    return " ".join(f"--{role.name}: {getattr(palette, role.name)};" for role in fields(Palette))
