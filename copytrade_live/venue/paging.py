"""Pages of a listing that can be trusted: one that cannot be the page asked for is asked for again."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from copytrade_live.errors import PayloadError
from copytrade_live.venue.fields import rows_of
from copytrade_live.venue.listing import Page

Query = dict[str, str | int]
Ask = Callable[[str, Query], Awaitable[tuple[Page, object]]]
Doubt = Callable[[Sequence[object]], str]

# A page that stays odd for so many tries is what the venue has.
PAGE_TRIES = 8
# What tells ledger rows apart; the other fields describe them, and some are blank at times.
_V2_IDENTITY = ("transaction_hash", "token_id", "side", "price", "size", "timestamp", "type", "condition_id")
_V1_IDENTITY = ("transactionHash", "asset", "side", "price", "size", "timestamp", "type", "conditionId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page: as it was sent, its rows, and the cursor of the next; an empty cursor ends the listing."""

    page: Page
    rows: list[object]
    cursor: str


class CursorListing:
    """Follows a listing's cursors. What it has shown tells a page that is sent again from one that is new."""

    def __init__(self, ask: Ask, path: str, query: Query, *, doubt: Doubt | None = None) -> None:
        self._ask, self._path, self._query, self._doubt = ask, path, query, doubt
        self._cursor = ""
        self._asked: set[str] = set()
        self._shown: set[str] = set()

    async def next_page(self) -> Listed:
        """The page after the last one.

        Raises: PayloadError for what is no page, stays where it should not be, or leads nowhere.
        """
        query = self._query | ({"cursor": self._cursor} if self._cursor else {})
        problem: PayloadError | None = None
        for attempt in range(1, PAGE_TRIES + 1):
            page, payload = await self._ask(self._path, query)
            try:
                listed = Listed(page=page, rows=rows_of(payload, "data"), cursor=_next_cursor(payload))
                self._demand(listed, is_last_try=attempt == PAGE_TRIES)
            except PayloadError as error:
                problem = error
                continue
            self._take(listed)
            return listed
        raise problem or AssertionError("a page is tried at least once")

    def _demand(self, listed: Listed, *, is_last_try: bool) -> None:
        cursor = listed.cursor
        if cursor and (cursor == self._cursor or cursor in self._asked):
            shown = cursor[:40]
            raise PayloadError(f"{self._path} sent the cursor {shown} twice", field="next_cursor", value=cursor)
        doubt = self._doubt(listed.rows) if self._doubt else ""
        if doubt:
            raise PayloadError(f"{self._path}: {doubt}", field="data", value=doubt)
        # Two true pages can be equal (the same fills again and again); the one asked for again stays as it is.
        if not is_last_try and self._shown and listed.rows and content_of(listed.rows) in self._shown:
            raise PayloadError(f"{self._path} sent a page twice", field="data", value=self._cursor)

    def _take(self, listed: Listed) -> None:
        if self._cursor:
            self._asked.add(self._cursor)
        if listed.cursor:
            self._shown.add(content_of(listed.rows))
        self._cursor = listed.cursor


def content_of(rows: Sequence[object]) -> str:
    """What a page holds, whatever the order of its rows and whatever is blank today."""
    return "\n".join(sorted(map(fingerprint, rows)))


def fingerprint(row: object) -> str:
    """What makes a row the same row."""
    if not isinstance(row, dict):
        return json.dumps(row, sort_keys=True)
    for names in (_V2_IDENTITY, _V1_IDENTITY):
        if isinstance(row.get(names[0]), str):
            return "|".join(map(str, map(row.get, names)))
    return json.dumps(row, sort_keys=True)


def _next_cursor(payload: object) -> str:
    pagination = payload.get("pagination") if isinstance(payload, dict) else None
    if not isinstance(pagination, Mapping) or pagination.get("has_more") is False:
        return ""
    cursor = pagination.get("next_cursor")
    if cursor is not None and not isinstance(cursor, str):
        raise PayloadError(f"next_cursor must be text, was {cursor!r}", field="next_cursor", value=cursor)
    return cursor or ""
