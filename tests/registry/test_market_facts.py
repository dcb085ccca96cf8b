"""What markets charged and when, how they resolved step by step, and what the runner saw of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from copytrade_live.core.codec import encode
from copytrade_live.core.events import MarketObserved, RunStarted
from copytrade_live.core.market import DAY, HOUR, MINUTE, BookSource
from copytrade_live.settings import Home
from copytrade_live.venue.rows import MarketRow
from copytrade_live.venue.wire_gamma import parse_event
from copytrade_pipelines.ingest import tables
from copytrade_pipelines.ingest.fine_prices import missing_hours
from copytrade_pipelines.ingest.outcomes import fill_in_from_gamma
from copytrade_pipelines.ingest.seen import keep_what_was_seen
from copytrade_pipelines.ingest.terms import append_terms
from copytrade_pipelines.ingest.upsert import upsert
from copytrade_pipelines.warehouse import Warehouse
from tests.builders import CONDITION, NO, NOW, YES, book, book_seen, leader_fill, market
from tests.venue.samples import needs_shared, sample

LAG = 10_000


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(path=str(Home(tmp_path).warehouse))


def row(**changes: Any) -> MarketRow:
    values: dict[str, Any] = {
        "condition_id": CONDITION, "market_id": "1", "question": "?", "slug": "s", "event_id": "7", "event_slug": "e",
        "category": "politics", "outcomes": ("Yes", "No"), "token_ids": (YES, NO), "tick_size": 0.01,
        "min_order_size": 5.0, "fee_rate": 0.04, "fee_exponent": 1.0, "neg_risk": False, "start_at": NOW - 9 * DAY,
        "end_at": NOW, "closed": False, "closed_at": None, "accepting_orders": True, "updated_at": None,
        "uma_statuses": (), "outcome_prices": (), "fee_rebate": 0.25,
    }  # fmt: skip
    return MarketRow(**{**values, **changes})


def fees(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    with warehouse.connect() as con:
        return con.execute(
            "SELECT epoch_ms(observed_at), rate, rebate, source FROM raw.fee_schedules ORDER BY 1"
        ).fetchall()


def test_a_fee_is_written_down_when_it_changes_and_not_when_it_is_seen_again(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        append_terms(con, [row()], lag=LAG, now=NOW - 3 * HOUR)
        append_terms(con, [row()], lag=LAG, now=NOW - 2 * HOUR)
        append_terms(con, [row(fee_rate=0.05)], lag=LAG, now=NOW - HOUR)
        append_terms(con, [row(fee_rate=0.05, tick_size=0.001)], lag=LAG, now=NOW)
        ticks = con.execute("SELECT tick_size FROM raw.tick_sizes ORDER BY observed_at").fetchall()
    assert fees(warehouse) == [(NOW - 9 * DAY + LAG, 0.04, 0.25, "gamma"), (NOW - HOUR, 0.05, 0.25, "gamma")]
    assert ticks == [(0.01,), (0.001,)]


def test_what_the_runner_saw_of_a_market_fits_between_what_gamma_said(warehouse: Warehouse) -> None:
    seen = market(fee_rate=0.05, observed_at=NOW - 2 * HOUR)
    with warehouse.connect() as con:
        append_terms(con, [row()], lag=LAG, now=NOW - 3 * HOUR)
        keep_what_was_seen(con, [encode(MarketObserved(event_at=NOW, observed_at=NOW, market=seen))])
        append_terms(con, [row(fee_rate=0.05)], lag=LAG, now=NOW)
    assert fees(warehouse)[1:] == [(NOW - 2 * HOUR, 0.05, 0.25, "runner")]


def test_books_that_decisions_saw_are_kept_once_and_named_by_their_market(warehouse: Warehouse) -> None:
    shown = book(event_at=NOW - 100, observed_at=NOW)
    modelled = book(source=BookSource.MODELLED, event_at=NOW + 1)
    events = [
        leader_fill(with_book=shown),
        leader_fill(with_book=shown),
        leader_fill(with_book=modelled),
        book_seen(NOW + 5, 0.4, 0.5, token_id=NO),
        RunStarted(
            event_at=NOW, observed_at=NOW, run_id="r", mode="paper", code_version="", config_digest="", starting_cash=0
        ),
    ]
    with warehouse.connect() as con:
        upsert(con, "raw.markets", tables.markets([row()], lag=LAG))
        for new in (2, 0):
            assert keep_what_was_seen(con, map(encode, events)).new == new
        found = con.execute(
            "SELECT token_id, condition_id, source, epoch_ms(observed_at) FROM raw.books ORDER BY observed_at"
        ).fetchall()
    assert found == [(YES, CONDITION, "runner", NOW), (NO, CONDITION, "runner", NOW + 5)]


def test_a_book_of_a_market_not_fetched_yet_is_named_by_what_the_runner_saw(warehouse: Warehouse) -> None:
    events = [
        leader_fill(with_book=None),
        book_seen(NOW + 5, 0.4, 0.5),
        book_seen(NOW + 9, 0.4, 0.5, token_id="3" * 77),
    ]
    with warehouse.connect() as con:
        keep_what_was_seen(con, map(encode, events))
        keep_what_was_seen(con, [encode(book_seen(NOW + 10, 0.4, 0.6))])
        found = con.execute("SELECT token_id, condition_id FROM raw.books ORDER BY observed_at").fetchall()
    assert found == [(YES, CONDITION), ("3" * 77, ""), (YES, CONDITION)]


def resolved(*statuses: str, **changes: Any) -> MarketRow:
    return row(closed=True, closed_at=NOW, uma_statuses=statuses, uma_end_at=NOW + 2 * HOUR, **changes)


def history(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    with warehouse.connect() as con:
        return con.execute(
            "SELECT status, epoch_ms(known_at) - ?, payouts, winning_outcome, source FROM raw.resolutions "
            "ORDER BY known_at, status",
            [NOW],
        ).fetchall()


def test_states_nobody_saw_in_time_are_known_no_later_than_the_next_one(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        upsert(con, "raw.markets", tables.markets([resolved("proposed", "disputed", "resolved")], lag=LAG))
        con.execute(
            "INSERT INTO raw.resolutions (condition_id, status, payouts, known_at, source) "
            "VALUES (?, 'resolved', [1.0, 0.0], epoch_ms(CAST(? AS BIGINT)), 'data-api')",
            [CONDITION, NOW + 500],
        )
        assert fill_in_from_gamma(con, lag=LAG, now=NOW + DAY) == 2
        assert fill_in_from_gamma(con, lag=LAG, now=NOW + DAY) == 0
    assert [(status, known) for status, known, *_ in history(warehouse)] == [
        ("disputed", 500), ("proposed", 500), ("resolved", 500),
    ]  # fmt: skip


def test_a_state_with_nothing_after_it_is_known_from_now_on(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        upsert(
            con, "raw.markets", tables.markets([row(closed=True, closed_at=NOW, uma_statuses=("proposed",))], lag=LAG)
        )
        fill_in_from_gamma(con, lag=LAG, now=NOW + DAY)
    assert history(warehouse) == [("proposed", DAY, None, None, "gamma")]


@pytest.mark.parametrize(
    ("prices", "payouts", "winner"),
    [
        ((1.0, 0.0), [1.0, 0.0], "Yes"),
        ((0.5, 0.5), [0.5, 0.5], None),
        ((0.0, 0.0), None, None),
        ((0.97, 0.03), None, None),
    ],
)
def test_a_payout_only_gamma_shows_counts_when_its_prices_are_exact(
    warehouse: Warehouse, prices: tuple[float, float], payouts: list[float] | None, winner: str | None
) -> None:
    with warehouse.connect() as con:
        upsert(con, "raw.markets", tables.markets([resolved("resolved", outcome_prices=prices)], lag=LAG))
        fill_in_from_gamma(con, lag=LAG, now=NOW + DAY)
    expected = [("resolved", 2 * HOUR + LAG, payouts, winner, "gamma")] if payouts else []
    assert history(warehouse) == expected


def test_full_hours_after_fills_want_finer_mids_until_they_were_asked_for(warehouse: Warehouse) -> None:
    fill_at = NOW - 5 * HOUR + 20 * MINUTE
    with warehouse.connect() as con:
        upsert(con, "raw.markets", tables.markets([row()], lag=LAG))
        con.execute(
            "INSERT INTO raw.fills (fill_id, wallet, condition_id, token_id, event_at) "
            "VALUES ('f', 'w', ?, ?, epoch_ms(CAST(? AS BIGINT)))",
            [CONDITION, YES, fill_at],
        )
    wanted = missing_hours(warehouse, oldest=NOW - DAY, now=NOW)
    assert [(one.hour, one.tokens) for one in wanted] == [(NOW - 4 * HOUR, (YES,)), (NOW - 5 * HOUR, (YES,))]
    with warehouse.connect() as con:
        upsert(con, "raw.price_hours", tables.arrow("raw.price_hours", [{"token_id": YES, "hour": NOW - 5 * HOUR}]))
    assert [one.hour for one in missing_hours(warehouse, oldest=NOW - DAY, now=NOW)] == [NOW - 4 * HOUR]
    assert missing_hours(warehouse, oldest=NOW, now=NOW) == []


@needs_shared
def test_a_recorded_event_names_its_markets_tokens_and_tags() -> None:
    event = parse_event(sample("gamma_event.json")[0])
    assert (event.event_id, event.neg_risk, event.closed) == ("30829", True, False)
    assert "primaries" in event.tags
    assert len(event.condition_ids) == len(event.yes_tokens) == len(event.no_tokens) == 2
