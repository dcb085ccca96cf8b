from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable

import pytest

from copytrade_live.errors import PayloadError
from copytrade_live.venue.cursor_parts import CursorParts
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.histories import HistoryReader
from copytrade_live.venue.http import VenueHttp
from copytrade_live.venue.listing import Page
from copytrade_live.venue.stretch import History, Stretch, second_of
from copytrade_live.venue.window_parts import WindowParts
from tests.venue.history_venue import NEWEST, HistoryVenue, history, tx
from tests.venue.loopback import served
from tests.venue.rows_on_the_wire import WALLET

Generation = Callable[[DataApi], HistoryReader]


def newer(api: DataApi) -> HistoryReader:
    return HistoryReader(CursorParts(api._ask, page_rows=100, pages_a_stretch=2))


def older(api: DataApi) -> HistoryReader:
    return HistoryReader(WindowParts(api._ask))


BOTH = pytest.mark.parametrize("generation", [newer, older])


def read(venue: HistoryVenue, generation: Generation, end: int | None = None, most: int = 10_000) -> list[Stretch]:
    async def run(url: str) -> list[Stretch]:
        api = DataApi(VenueHttp(url, backoff_seconds=0.01))
        found: list[Stretch] = []
        try:
            async for stretch in generation(api).stretches(WALLET, History.FILLS, start=1, end=end):
                found.append(stretch)
                if len(found) == most:
                    break
            return found
        finally:
            await api.close()

    with served(venue.app()) as url:
        return asyncio.run(run(url))


def rows_of(stretch: Stretch, pages: tuple[Page, ...]) -> Counter[tuple[int, str]]:
    found: Counter[tuple[int, str]] = Counter()
    for page in pages:
        payload = json.loads(page.body)
        for row in payload["data"] if isinstance(payload, dict) else payload:
            second = second_of(row)
            assert second is not None
            if max(stretch.start, page.since) <= second <= (stretch.end or 2**40):
                found[second, row.get("transaction_hash") or row["transactionHash"]] += 1
    return found


def listed(stretches: list[Stretch]) -> Counter[tuple[int, str]]:
    return sum((rows_of(stretch, stretch.pages) for stretch in stretches), Counter())


def taken(stretches: list[Stretch]) -> Counter[tuple[int, str]]:
    return sum((rows_of(stretch, stretch.taker_pages) for stretch in stretches), Counter())


def true(rows: list[tuple[int, int, bool]], *, takers: bool = False) -> Counter[tuple[int, str]]:
    return Counter((at, tx(number)) for at, number, is_taker in rows if is_taker or not takers)


@BOTH
def test_stretches_hold_every_row_once_and_meet_between_seconds(generation: Generation) -> None:
    venue = HistoryVenue(history(1_700, a_second=7))
    stretches = read(venue, generation)
    assert listed(stretches) == true(venue.rows)
    assert taken(stretches) == true(venue.rows, takers=True)
    assert len(stretches) > 2
    assert [one.end for one in stretches[1:]] == [one.start - 1 for one in stretches[:-1]]
    assert [one.is_last for one in stretches] == [False] * (len(stretches) - 1) + [True]
    assert all(one.is_complete for one in stretches)


@BOTH
def test_rows_that_come_in_while_paging_neither_shift_nor_double_what_is_read(generation: Generation) -> None:
    venue = HistoryVenue(history(1_500, a_second=7))
    before = list(venue.rows)

    def arrive(venue: HistoryVenue) -> None:
        venue.rows += [(NEWEST + len(venue.asked) // 2, 100_000 + len(venue.rows), True)] * 2

    venue.arrive = arrive
    stretches = read(venue, generation)
    top = stretches[0].end or 0
    assert listed(stretches) - true([row for row in venue.rows if row[0] <= top]) == Counter()
    assert true(before) - listed(stretches) == Counter()


def test_a_page_that_comes_again_is_asked_for_again() -> None:
    venue = HistoryVenue(history(2_000, a_second=7))
    venue.repeat_chance = 0.4
    stretches = read(venue, newer)
    assert listed(stretches) == true(venue.rows)
    assert taken(stretches) == true(venue.rows, takers=True)


@BOTH
def test_reading_goes_on_below_any_stretch_that_was_read(generation: Generation) -> None:
    venue = HistoryVenue(history(1_700, a_second=7))
    first = read(venue, generation, most=2)
    rest = read(venue, generation, end=first[-1].start - 1)
    assert listed(first + rest) == true(venue.rows)


def test_a_second_that_fills_pages_by_itself_is_read_by_offsets_below_the_cap() -> None:
    venue = HistoryVenue(history(40, a_second=7) + [(NEWEST - 3, 50_000 + n // 2, False) for n in range(1_400)])
    stretches = read(venue, older)
    assert listed(stretches) == true(venue.rows)
    assert all(one.is_complete for one in stretches)


def test_a_second_beyond_the_cap_is_said_to_be_incomplete_and_the_rest_is_read() -> None:
    venue = HistoryVenue(history(40, a_second=7) + [(NEWEST - 3, 50_000 + n, False) for n in range(2_400)], cap=1_000)
    stretches = read(venue, older)
    assert [one.is_complete for one in stretches].count(False) == 1
    missing = true(venue.rows) - listed(stretches)
    assert {second for second, _ in missing} == {NEWEST - 3}
    assert sum(missing.values()) == 2_440 - sum(listed(stretches).values()) > 0


@BOTH
def test_a_wallet_without_rows_is_one_empty_stretch(generation: Generation) -> None:
    (one,) = read(HistoryVenue([]), generation)
    assert (one.start, one.end, one.is_last, one.is_complete) == (1, None, True, True)


@BOTH
def test_rows_of_another_question_end_the_reading_with_an_error(generation: Generation) -> None:
    with pytest.raises(PayloadError, match="was sent for"):
        read(HistoryVenue(history(10, a_second=7)), lambda api: generation(_Liar(api)))  # type: ignore[arg-type]


class _Liar:
    """A client whose venue answers with another wallet's rows."""

    def __init__(self, api: DataApi) -> None:
        self._api = api

    async def _ask(self, path: str, query: dict[str, str | int]) -> tuple[Page, object]:
        page, payload = await self._api._ask(path, query)
        for row in payload["data"] if isinstance(payload, dict) else payload:  # type: ignore[attr-defined]
            row["proxy_wallet" if "proxy_wallet" in row else "proxyWallet"] = "0x" + "12" * 20
        return page, payload
