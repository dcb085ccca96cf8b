"""Which page came before: what a cursor was handed out by, and where an offset stood."""

from __future__ import annotations

import re
from collections import OrderedDict
from urllib.parse import parse_qsl, urlencode

_MOST_CURSORS = 50_000
_CURSORS = ("cursor", "after_cursor", "next_cursor")
_NEXT = re.compile(rb'"next_cursor":"([^"]+)"')
# A next_cursor stands at the head or at the tail of a page, never among its rows.
_REACH = 1_500
_DEFAULT_LIMIT = 100
_DEFAULT_LIMITS = {"/v1/leaderboard": 25, "/markets": 20, "/events": 20, "/closed-positions": 10}
_MOST_ROWS = 500


class PageTrail:
    """Remembers the query behind each cursor that was handed out."""

    def __init__(self) -> None:
        self._origins: OrderedDict[tuple[str, str], str] = OrderedDict()

    def note(self, path: str, query: str, body: bytes) -> None:
        """Remember what an answered page leads on to."""
        found = _NEXT.search(body[-_REACH:]) or _NEXT.search(body[:_REACH])
        if found is None:
            return
        self._origins[path, found.group(1).decode()] = query
        if len(self._origins) > _MOST_CURSORS:
            self._origins.popitem(last=False)

    def before(self, path: str, query: str) -> str | None:
        """The query of the page before this one; None for a first page, or one that nothing here led to."""
        pairs = parse_qsl(query, keep_blank_values=True)
        given = dict(pairs)
        for name in _CURSORS:
            if name in given:
                return self._origins.get((path, given[name]))
        offset = _whole(given.get("offset", ""), 0)
        if offset == 0:
            return None
        limit = min(_whole(given.get("limit", ""), _DEFAULT_LIMITS.get(path, _DEFAULT_LIMIT)), _MOST_ROWS)
        return urlencode([(name, max(offset - limit, 0) if name == "offset" else value) for name, value in pairs])


def _whole(text: str, default: int) -> int:
    return int(text) if text.isdecimal() else default
