"""What came of asking for a list: rows that fit, rows that do not, and whether the end was reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from copytrade_live.venue.rows import BadRow

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page as the venue sent it: source names the API, request the question without cache-busting.

    since is set where rows of an earlier second come again on a later page. Units: whole seconds since epoch.
    """

    source: str
    request: str
    body: str
    since: int = 0


# Called with each page as it arrives; pipelines land it, the runner has no use for it.
PageSink = Callable[[Page], None]


def ignore_page(page: Page) -> None:
    """Keep nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Row]):
    """One answered question. is_complete is False when the venue would not show all there is."""

    rows: tuple[Row, ...]
    bad: tuple[BadRow, ...]
    is_complete: bool
