"""The CLOB's public reads: books, mids, ticks, price history and the venue's time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from copytrade_live.clock import Clock, SystemClock
from copytrade_live.core.market import DAY, Book, Instant
from copytrade_live.errors import VenueRefusal
from copytrade_live.settings import VenueConfig
from copytrade_live.venue.fields import rows_of
from copytrade_live.venue.http import VenueHttp
from copytrade_live.venue.listing import Listing, Page, PageSink, ignore_page
from copytrade_live.venue.rows import BadRow, ClobMarketRow, PricePoint
from copytrade_live.venue.wire_clob import (
    book_condition,
    parse_book,
    parse_clob_market,
    parse_midpoint,
    parse_prices_histories,
    parse_prices_history,
    parse_tick_size,
    parse_time,
)
from copytrade_live.venue.wire_data import parse_rows

SOURCE = "clob"
TOKENS_PER_REQUEST = 100
HISTORIES_PER_REQUEST = 20
# Longer explicit ranges are refused ("interval is too long").
HISTORY_WINDOW: Instant = 14 * DAY


class ClobApi:
    """Reads of one CLOB host. Books are stamped with the clock's time as their observed_at."""

    def __init__(self, http: VenueHttp, *, clock: Clock | None = None, on_page: PageSink = ignore_page) -> None:
        self._http = http
        self._clock = clock or SystemClock()
        self._on_page = on_page

    @classmethod
    def from_config(
        cls, config: VenueConfig, *, clock: Clock | None = None, on_page: PageSink = ignore_page
    ) -> ClobApi:
        """A client for the host, patience and budget the configuration names."""
        http = VenueHttp(
            config.clob_url,
            timeout_seconds=config.timeout_seconds,
            max_attempts=config.max_attempts,
            patience_seconds=config.patience_seconds,
            requests_per_second=config.clob_requests_per_second,
        )
        return cls(http, clock=clock, on_page=on_page)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def book(self, token_id: str) -> Book | None:
        """A token's book; None when it has none (resolved and closed markets)."""
        answer = await self._http.find("/book", {"token_id": token_id})
        return None if answer is None else parse_book(answer.payload, self._clock.now())

    async def books(self, token_ids: Iterable[str]) -> Listing[tuple[str, Book]]:
        """Books of many tokens, each with its condition id; tokens without a book are left out."""
        wanted = list(dict.fromkeys(token_ids))
        rows: list[tuple[str, Book]] = []
        bad: list[BadRow] = []
        for first in range(0, len(wanted), TOKENS_PER_REQUEST):
            chunk = wanted[first : first + TOKENS_PER_REQUEST]
            answer = await self._http.post("/books", [{"token_id": token} for token in chunk])
            self._on_page(Page(source=SOURCE, request=f"/books {','.join(chunk)}", body=answer.body))
            good, poor = parse_rows(rows_of(answer.payload, "books"), self._parse_book, f"{SOURCE}/books")
            rows += good
            bad += poor
        return Listing(rows=tuple(rows), bad=tuple(bad), is_complete=len(rows) == len(wanted))

    async def midpoint(self, token_id: str) -> float | None:
        """The mid of a token's book; None when it has no book."""
        answer = await self._http.find("/midpoint", {"token_id": token_id})
        return None if answer is None else parse_midpoint(answer.payload)

    async def tick_size(self, token_id: str) -> float:
        """The step of a token's prices, dollars per share."""
        return parse_tick_size((await self._http.get("/tick-size", {"token_id": token_id})).payload)

    async def clob_market(self, condition_id: str) -> ClobMarketRow | None:
        """Ticks, minimums and the charged fee of a market; None when the CLOB does not know it."""
        answer = await self._http.find(f"/clob-markets/{condition_id}")
        return None if answer is None else parse_clob_market(answer.payload)

    async def prices_history(
        self, token_id: str, *, start: Instant, end: Instant, fidelity_minutes: int = 60
    ) -> list[PricePoint]:
        """Mids of a token from start to end, oldest first, one a fidelity step; empty for resolved markets."""
        found: dict[Instant, PricePoint] = {}
        for first in range(start, max(end, start + 1), HISTORY_WINDOW):
            query: dict[str, str | int] = {
                "market": token_id,
                "startTs": first // 1000,
                "endTs": min(first + HISTORY_WINDOW, end) // 1000,
                "fidelity": fidelity_minutes,
            }
            answer = await self._http.find("/prices-history", query)
            if answer is not None:
                found |= {point.at: point for point in parse_prices_history(answer.payload)}
        return sorted(found.values(), key=lambda point: point.at)

    async def prices_histories(
        self, token_ids: Sequence[str], *, start: Instant, end: Instant, fidelity_minutes: int
    ) -> dict[str, list[PricePoint]]:
        """The same for a few tokens at once; one by one where the venue refuses the batch. At most 20 tokens."""
        body = {
            "markets": list(token_ids),
            "start_ts": start // 1000,
            "end_ts": end // 1000,
            "fidelity": fidelity_minutes,
        }
        try:
            payload = (await self._http.post("/batch-prices-history", body)).payload
        except VenueRefusal:
            return {
                token: await self.prices_history(token, start=start, end=end, fidelity_minutes=fidelity_minutes)
                for token in token_ids
            }
        return parse_prices_histories(payload)

    async def time(self) -> Instant:
        """The venue's own time."""
        return parse_time((await self._http.get("/time")).payload)

    def _parse_book(self, payload: object) -> tuple[str, Book]:
        return book_condition(payload), parse_book(payload, self._clock.now())
