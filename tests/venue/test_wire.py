from __future__ import annotations

import json

import pytest

from copytrade_live.clock import from_iso
from copytrade_live.core.market import Level, MarketStatus, Role, Side
from copytrade_live.errors import PayloadError
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.rows import ActivityRow, FillRow
from copytrade_live.venue.wire import (
    book_condition,
    parse_activity,
    parse_book,
    parse_clob_market,
    parse_fill,
    parse_leaderboard_row,
    parse_market,
    parse_midpoint,
    parse_position,
    parse_prices_history,
    parse_resolution,
    parse_rows,
    parse_tick_size,
    parse_time,
)
from tests.venue.rows_on_the_wire import CONDITION, TOKEN, WALLET, gamma_market, v1_fill, v2_activity, v2_fill
from tests.venue.samples import needs_shared, sample


def test_a_fill_is_read_the_same_from_both_versions() -> None:
    assert parse_fill(v1_fill()) == parse_fill(v2_fill())


def test_a_fill_keeps_what_it_said() -> None:
    row = parse_fill(v2_fill(outcome="Team Lynx", outcome_index=999, proxy_wallet=WALLET.upper().replace("X", "x")))
    assert (row.wallet, row.side, row.price, row.size) == (WALLET, Side.BUY, 0.52, 22.84)
    assert (row.outcome, row.outcome_index, row.event_at) == ("Team Lynx", None, 1_789_381_477_000)


def test_numbers_may_be_text_and_times_milliseconds() -> None:
    row = parse_fill(v1_fill(price="0.5", size="3", timestamp="1789381477123", outcomeIndex="1"))
    assert (row.price, row.size, row.event_at, row.outcome_index) == (0.5, 3.0, 1_789_381_477_123, 1)


def test_condition_ids_of_protocol_v2_have_62_digits() -> None:
    assert parse_fill(v2_fill(condition_id="0x" + "ab" * 31)).condition_id == "0x" + "ab" * 31


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("proxy_wallet", "0x12"),
        ("condition_id", "0x" + "ab" * 30),
        ("condition_id", None),
        ("token_id", 7.3e76),
        ("token_id", "1" * 79),
        ("token_id", "१२३"),
        ("side", "buy"),
        ("price", 1.01),
        ("price", -0.01),
        ("price", "cheap"),
        ("price", True),
        ("price", None),
        ("size", 0),
        ("size", float("nan")),
        ("size", float("inf")),
        ("size", "1e999"),
        ("timestamp", 1_789_381_477.5),
        ("timestamp", "yesterday"),
        ("timestamp", 12),
        ("timestamp", 10**15),
        ("transaction_hash", "0xfeed"),
        ("outcome_index", -1),
        ("outcome", 5),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_its_value(field: str, value: object) -> None:
    with pytest.raises(PayloadError) as caught:
        parse_fill(v2_fill(**{field: value}))
    assert caught.value.field == field
    assert caught.value.value == value or value != value
    assert field in str(caught.value)


def test_one_bad_row_does_not_cost_its_neighbours() -> None:
    good, bad = parse_rows([v2_fill(), v2_fill(price=7), 3], parse_fill, "data-api/v2/trades")
    assert len(good) == 1
    assert [(row.source, row.field, row.value) for row in bad] == [
        ("data-api/v2/trades", "price", "7"),
        ("data-api/v2/trades", "fill", "3"),
    ]
    assert json.loads(bad[0].payload)["price"] == 7


def test_activity_tells_trades_from_the_rest() -> None:
    assert isinstance(parse_activity(v2_fill(type="TRADE")), FillRow)
    rebate = parse_activity(v2_activity("MAKER_REBATE", condition_id=""))
    assert isinstance(rebate, ActivityRow)
    assert (rebate.type, rebate.condition_id, rebate.token_id, rebate.usdc_size) == ("MAKER_REBATE", "", "", 5.0)


def test_an_activity_of_a_kind_we_have_not_met_is_kept() -> None:
    row = parse_activity(v2_activity("AIRDROP"))
    assert isinstance(row, ActivityRow)
    assert row.type == "AIRDROP"


@pytest.mark.parametrize("kind", ["", "drop table; --", "X" * 41])
def test_an_activity_must_have_a_kind(kind: str) -> None:
    with pytest.raises(PayloadError, match="type must be"):
        parse_activity(v2_activity(kind))


def test_a_void_pays_half() -> None:
    row = parse_resolution({"condition_id": CONDITION, "status": "resolved", "payouts": [500000, 500000]})
    assert row.payouts == (0.5, 0.5)


@pytest.mark.parametrize("payouts", [None, [], [2_000_000, 0], "1,0", ["x"]])
def test_a_resolved_condition_needs_sane_payouts(payouts: object) -> None:
    with pytest.raises(PayloadError) as caught:
        parse_resolution({"condition_id": CONDITION, "status": "resolved", "payouts": payouts})
    assert caught.value.field == "payouts"


def test_markets_are_read_from_json_text_and_from_real_arrays() -> None:
    listed = gamma_market(outcomes=["Yes", "No"], clobTokenIds=[TOKEN, TOKEN[:-1] + "8"])
    assert parse_market(listed) == parse_market(gamma_market())


def test_a_market_without_an_event_is_its_own_event() -> None:
    assert parse_market(gamma_market()).event_id == CONDITION
    assert parse_market(gamma_market(events=[{"id": "30829", "slug": "who"}])).event_id == "30829"


@pytest.mark.parametrize(
    ("changes", "rate"),
    [
        ({"feesEnabled": True, "feeSchedule": {"rate": 0.07, "exponent": 1}}, 0.07),
        ({"feesEnabled": False, "feeSchedule": {"rate": 0.07, "exponent": 1}}, 0.0),
        ({"feesEnabled": True, "takerBaseFee": 1000}, 0.0),
        ({"feeSchedule": None}, 0.0),
    ],
)
def test_fees_come_from_the_schedule_and_never_from_the_legacy_signal(changes: dict[str, object], rate: float) -> None:
    assert parse_market(gamma_market(**changes)).fee_rate == rate


@pytest.mark.parametrize(
    ("changes", "category"),
    [
        ({"tags": [{"slug": "all"}, {"slug": "politics"}]}, "politics"),
        ({"events": [{"tags": [{"label": "Esports"}, {"label": "Sports"}]}]}, "esports"),
        ({"events": [{"category": "Pop-Culture"}]}, "culture"),
        ({"feeType": "crypto_fees"}, "crypto"),
        ({"slug": "btc-updown-15m-1767006000"}, "crypto"),
        ({"slug": "dota2-lynx-reasons-game-2"}, "esports"),
        ({}, "other"),
    ],
)
def test_a_market_has_a_category(changes: dict[str, object], category: str) -> None:
    assert parse_market(gamma_market(**changes)).category == category


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, MarketStatus.OPEN),
        ({"closed": True}, MarketStatus.CLOSED),
        ({"umaResolutionStatuses": '["proposed"]'}, MarketStatus.PROPOSED),
        ({"umaResolutionStatuses": '["proposed", "disputed"]'}, MarketStatus.DISPUTED),
        ({"closed": True, "umaResolutionStatus": "resolved"}, MarketStatus.RESOLVED),
    ],
)
def test_a_market_says_where_it_stands(changes: dict[str, object], status: MarketStatus) -> None:
    assert parse_market(gamma_market(**changes)).as_market(observed_at=5).status is status


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("conditionId", "nope"),
        ("outcomes", "[broken"),
        ("outcomes", "[]"),
        ("outcomes", [1, 2]),
        ("clobTokenIds", '["1"]'),
        ("clobTokenIds", '["1", "two"]'),
        ("orderPriceMinTickSize", 0),
        ("endDate", "soon"),
        ("closed", "yes"),
        ("feeSchedule", [1]),
        ("outcomePrices", '["2", "0"]'),
    ],
)
def test_a_market_that_does_not_fit_names_the_field(field: str, value: object) -> None:
    with pytest.raises(PayloadError) as caught:
        parse_market(gamma_market(**{field: value}))
    assert caught.value.field == field


def test_a_book_is_best_first_whichever_way_it_was_sent() -> None:
    bids = [{"price": "0.10", "size": "5"}, {"price": "0.11", "size": "0"}, {"price": "0.12", "size": "7"}]
    asks = [{"price": "0.20", "size": "1"}, {"price": "0.15", "size": "2"}]
    payload = {"market": CONDITION, "asset_id": TOKEN, "timestamp": "1786483975529", "bids": bids, "asks": asks}
    book = parse_book(payload, observed_at=9)
    assert book.bids == (Level(0.12, 7.0), Level(0.10, 5.0))
    assert book.asks == (Level(0.15, 2.0), Level(0.20, 1.0))
    assert (book.event_at, book.observed_at, book_condition(payload)) == (1_786_483_975_529, 9, CONDITION)
    flipped = payload | {"bids": bids[::-1], "asks": asks[::-1]}
    assert parse_book(flipped, observed_at=9) == book


@pytest.mark.parametrize("levels", ["none", [{"price": "2", "size": "1"}], [{"price": "0.5", "size": "-1"}], [5]])
def test_a_book_with_broken_levels_is_refused(levels: object) -> None:
    with pytest.raises(PayloadError):
        parse_book({"asset_id": TOKEN, "timestamp": 1_786_483_975_529, "bids": levels}, observed_at=9)


def test_small_clob_answers_are_read() -> None:
    info = {"c": CONDITION, "t": [{"t": "1", "o": "Yes"}, {"t": "2", "o": "No"}], "mos": 5, "mts": 0.01}
    market = parse_clob_market(info | {"fd": {"r": 0.07, "e": 1}, "nr": True})
    assert (market.token_ids, market.fee_rate, market.neg_risk, market.has_taker_delay) == (
        ("1", "2"),
        0.07,
        True,
        False,
    )
    assert parse_clob_market(info).fee_rate == 0.0
    assert parse_tick_size({"minimum_tick_size": 0.01}) == 0.01
    assert parse_midpoint({"mid": "0.0455"}) == 0.0455
    assert parse_time(1_789_381_477) == 1_789_381_477_000
    points = parse_prices_history({"history": [{"t": 1_789_381_500, "p": 0.4}, {"t": 1_789_381_400, "p": 0.5}]})
    assert [point.mid for point in points] == [0.5, 0.4]


def test_a_fill_becomes_a_signal() -> None:
    fill = identify_fills([parse_fill(v2_fill())])[0]
    signal = fill.as_signal(observed_at=1_789_381_480_000, role=Role.TAKER)
    assert (signal.signal_id, signal.role, signal.observed_at) == (fill.fill_id, Role.TAKER, 1_789_381_480_000)
    assert signal.notional == pytest.approx(0.52 * 22.84)


@needs_shared
def test_recorded_data_api_payloads_are_read() -> None:
    rows = [parse_activity(row) for row in sample("data_v2_activity.json")["data"]]
    assert [row.outcome_index for row in rows if isinstance(row, FillRow)] == [None, 1]
    assert parse_fill(sample("data_v1_trade_row.json")).size == 32862.45
    assert len([parse_fill(row) for row in sample("data_v2_trades_rows.json")]) == 2
    assert parse_leaderboard_row(sample("data_v1_leaderboard_row.json")[0]).rank == 80
    assert parse_leaderboard_row(sample("data_v2_leaderboard_rows.json")[0]).pnl == pytest.approx(2492743.86776)
    statuses = [parse_position(row).status for row in sample("data_v2_positions_rows.json")]
    assert statuses == ["OPEN", "CLOSED"]
    resolution = parse_resolution(sample("data_v2_resolutions.json")["data"][0])
    assert (resolution.payouts, resolution.resolved_at) == ((1.0, 0.0), from_iso("2026-09-09T21:19:19Z"))


@needs_shared
def test_recorded_markets_and_books_are_read() -> None:
    closed = parse_market(sample("gamma_market_closed.json"))
    assert (closed.closed, closed.closed_at) == (True, from_iso("2026-03-19T23:20:15Z"))
    assert closed.outcome_prices == (0.0, 1.0)
    assert parse_market(sample("gamma_market_open_crypto5m.json")).category == "crypto"
    assert parse_market(sample("gamma_market_open_2026_v1_with_positionIds.json")).fee_rate == 0.04
    assert parse_market(sample("gamma_market_closed_nonbinary_legacy.json")).outcomes == ("Long", "Short")
    assert parse_market(sample("gamma_event.json")[0]["markets"][0]).neg_risk is True
    book = parse_book(sample("clob_book_2024.json"), observed_at=9)
    assert (book.best_bid, book.best_ask) == (0.10, 0.14)
    assert parse_book(sample("clob_book_2026_excerpt.json"), observed_at=9).best_bid == 0.003
