"""Every entry gate refuses what it should, with the number it measured, and a healthy signal is copied."""

from __future__ import annotations

from typing import Any

import pytest

from copytrade_live.core.context import AccountStanding, Measured
from copytrade_live.core.decide import Approved, decide, explain
from copytrade_live.core.filters import FILTERS
from copytrade_live.core.limits import LIMITS
from copytrade_live.core.market import DAY, HOUR, MICRO, Level, MarketStatus
from copytrade_live.core.permission import Now, refusal, trading_state
from copytrade_live.core.portfolio import LeaderRecord, OrderStatus, WorkingOrder
from copytrade_live.core.reasons import Condition, HaltReason, Held, Mode, Rejected, RejectReason, TradingState
from tests.builders import (
    CONDITION,
    NO,
    NOW,
    OTHER_WALLET,
    WALLET,
    YES,
    book,
    config,
    context,
    gate,
    market,
    order,
    portfolio,
    position,
    score,
    signal,
    snapshot,
    standing,
)

R = RejectReason


def scored(**changes: Any) -> Any:
    return standing(snapshot=snapshot(score(**changes)))


def real(**changes: Any) -> Any:
    return standing(is_real=True, **changes)


def account(**changes: Any) -> Any:
    return real(account=AccountStanding(**{"observed_at": NOW, "reconciled_at": NOW - 1000, **changes}))


def broken(kind: Condition) -> Any:
    return standing(broken={kind: Measured(since=NOW, measured=3.0, limit=2.0)})


def held(count: int, size: float, **changes: Any) -> dict[str, Any]:
    """count positions of size collateral each, in other markets."""
    cost = round(size * MICRO)
    return {
        f"t{i}": position(
            token_id=f"t{i}",
            market=market(condition_id=f"c{i}", token_ids=(f"t{i}", f"u{i}"), event_id=f"e-{i}"),
            cost=cost,
            size=cost,
            mark=1.0,
            wallet=OTHER_WALLET,
            **changes,
        )
        for i in range(count)
    }


# One row per way to be refused: what is changed, the reason, measured, limit (None where there is no number).
CASES: list[tuple[str, dict[str, Any], RejectReason, float | None, float | None]] = [
    ("kill switch file", {"standing": standing(kill_switch=True)}, R.KILL_SWITCH_FILE, None, None),
    ("halt", {"standing": standing(halt=HaltReason.OPERATOR)}, R.HALTED, None, None),
    ("full stop", {"standing": standing(is_stopped=True)}, R.HALTED, None, None),
    ("real money on paper", {"standing": real(mode=Mode.PAPER)}, R.MODE_PAPER, None, None),
    ("no account", {"standing": real(account=None)}, R.NOT_RECONCILED, None, 180.0),
    ("account not compared", {"standing": account(reconciled_at=None)}, R.NOT_RECONCILED, None, 180.0),
    ("account differs", {"standing": account(differs_since=NOW)}, R.NOT_RECONCILED, None, 180.0),
    ("account of long ago", {"standing": account(reconciled_at=NOW - 200_000)}, R.NOT_RECONCILED, 200.0, 180.0),
    ("venue restarts", {"standing": broken(Condition.VENUE_RESTRICTED)}, R.VENUE_RESTRICTED, 3.0, 2.0),
    ("clock is off", {"standing": broken(Condition.CLOCK_SKEW)}, R.CLOCK_SKEW, 3.0, 2.0),
    ("no feed", {"standing": broken(Condition.FEED_SILENT)}, R.FEED_SILENT, 3.0, 2.0),
    ("disk is full", {"standing": broken(Condition.DISK)}, R.UNWELL, 3.0, 2.0),
    ("loop stalls", {"standing": broken(Condition.LOOP_STALL)}, R.UNWELL, 3.0, 2.0),
    ("orders fail", {"standing": broken(Condition.ORDER_ERRORS)}, R.UNWELL, 3.0, 2.0),
    ("leader in a rush", {"standing": standing(copied=((NOW, WALLET),) * 10)}, R.RATE_CAPPED, 10.0, 10.0),
    ("too many copies", {"standing": standing(copied=((NOW, OTHER_WALLET),) * 60)}, R.RATE_CAPPED, 60.0, 60.0),
    ("no gate", {"standing": standing(gate=None)}, R.GATE_CLOSED, None, None),
    ("closed gate", {"standing": standing(gate=gate(is_open=False))}, R.GATE_CLOSED, None, None),
    ("gate ran out", {"standing": standing(gate=gate(valid_until=NOW - 5000))}, R.GATE_CLOSED, 5.0, 0.0),
    ("seen before", {"is_duplicate": True}, R.DUPLICATE_SIGNAL, None, None),
    ("old fill", {"signal": signal(event_at=NOW - 40_000)}, R.STALE_SIGNAL, 40.0, 30.0),
    (
        "late feed",
        {"signal": signal(event_at=NOW - 20_000), "config": config(filter={"max_feed_lag_seconds": 10.0})},
        R.FEED_LAG,
        20.0,
        10.0,
    ),
    ("cut off by operator", {"standing": standing(cut_off=frozenset((WALLET,)))}, R.WALLET_MUTED, None, None),
    (
        "leader drawdown",
        {"portfolio": portfolio(records={WALLET: LeaderRecord(shortfall=50.0, measured_at=NOW)})},
        R.WALLET_MUTED,
        0.25,
        0.2,
    ),
    (
        "loss streak",
        {"portfolio": portfolio(records={WALLET: LeaderRecord(streak=5, measured_at=NOW)})},
        R.WALLET_MUTED,
        5.0,
        5.0,
    ),
    ("denied market", {"config": config(filter={"markets_denied": [CONDITION]})}, R.MARKET_DENIED, None, None),
    ("market not on the list", {"config": config(filter={"markets_allowed": ["x"]})}, R.MARKET_DENIED, None, None),
    ("small fill", {"signal": signal(size=10.0)}, R.DUST, 5.0, 50.0),
    ("unknown market", {"market": None}, R.NO_MARKET, None, None),
    ("no orders taken", {"market": market(accepting_orders=False)}, R.MARKET_CLOSED, None, None),
    ("resolved market", {"market": market(status=MarketStatus.RESOLVED)}, R.MARKET_CLOSED, None, None),
    ("disputed market", {"market": market(status=MarketStatus.DISPUTED)}, R.MARKET_DISPUTED, None, None),
    ("near the end", {"market": market(end_at=NOW + 2 * HOUR)}, R.NEAR_RESOLUTION, 2.0, 4.0),
    ("price near one", {"signal": signal(price=0.98)}, R.PRICE_OUT_OF_BAND, 0.98, 0.97),
    ("price near zero", {"signal": signal(price=0.02, size=9000.0)}, R.PRICE_OUT_OF_BAND, 0.02, 0.03),
    ("no snapshot", {"standing": standing(snapshot=None)}, R.NO_SCORE, None, None),
    ("leader not in it", {"signal": signal(wallet=OTHER_WALLET)}, R.NO_SCORE, None, None),
    (
        "old snapshot",
        {"standing": standing(snapshot=snapshot(as_of=NOW - 3 * DAY))},
        R.STALE_SCORE,
        3 * 86_400.0,
        172_800.0,
    ),
    ("history missing", {"standing": scored(coverage=0.9)}, R.LOW_COVERAGE, 0.9, 0.98),
    ("maker", {"standing": scored(maker_share=0.8)}, R.MAKER_LEADER, 0.8, 0.5),
    (
        "refused flags",
        {"standing": scored(flags=("imputed", "wash_cluster", "not_copyable"))},
        R.FLAGGED_LEADER,
        2.0,
        0.0,
    ),
    ("unlikely to pay", {"standing": scored(p_pos=0.6)}, R.LOW_P_POS, 0.6, 0.8),
    ("low bound", {"standing": scored(lcb10=-0.05)}, R.LOW_SCORE, -0.05, -0.01),
    ("maybe luck", {"standing": scored(q_value=0.3)}, R.MAYBE_LUCK, 0.3, 0.2),
    (
        "not tested for luck",
        {"standing": scored(), "config": config(score={"require_q_value": True})},
        R.MAYBE_LUCK,
        None,
        0.2,
    ),
    ("no book", {"book": None}, R.NO_BOOK, None, None),
    ("empty asks", {"book": book(asks=())}, R.NO_BOOK, None, None),
    ("empty bids", {"book": book(bids=())}, R.NO_BOOK, None, None),
    ("old book", {"book": book(observed_at=NOW - 11_000)}, R.STALE_BOOK, 11.0, 10.0),
    ("wide spread", {"book": book(bids=(Level(0.45, 1.0),))}, R.WIDE_SPREAD, 0.05 / 0.475, 0.03),
    (
        "price moved",
        {"book": book(bids=(Level(0.52, 1e4),), asks=(Level(0.53, 1e4),))},
        R.PRICE_MOVED,
        0.06,
        0.04,
    ),
    ("thin book", {"book": book(asks=(Level(0.5, 100.0), Level(0.6, 1e6)))}, R.THIN_LIQUIDITY, 50.0, 2000.0),
    ("token held", {"portfolio": portfolio(positions={YES: position()})}, R.OWN_POSITION, None, None),
    (
        "other outcome held",
        {"portfolio": portfolio(positions={NO: position(token_id=NO)})},
        R.OPPOSING_POSITION,
        None,
        None,
    ),
    (
        "other outcome ordered",
        {"portfolio": portfolio(working={"o": WorkingOrder(order=order(token_id=NO), market=market())})},
        R.OPPOSING_POSITION,
        None,
        None,
    ),
    ("cost ate the edge", {"standing": scored(edge_mean=-0.01, p_pos=0.9)}, R.NO_EDGE, -0.01, 0.0),
    (
        "cash below the reserve",
        {
            "portfolio": portfolio(cash=95 * MICRO, positions=held(9, 100.0)),
            "config": config(risk={"max_gross_exposure": 1.0}),
        },
        R.NO_CASH,
        99.5,
        95.0,
    ),
    (
        "stake too small",
        {"standing": scored(edge_mean=0.001, edge_sd=0.0)},
        R.BELOW_MINIMUM,
        None,
        10.0,
    ),
    (
        "order in flight",
        {"portfolio": portfolio(working={"o": WorkingOrder(order=order(), market=market())})},
        R.ORDER_IN_FLIGHT,
        None,
        None,
    ),
    (
        "order of unknown fate",
        {
            "portfolio": portfolio(
                working={"o": WorkingOrder(order=order(), market=market(), status=OrderStatus.UNKNOWN)}
            )
        },
        R.UNKNOWN_ORDER,
        None,
        None,
    ),
    ("day lost", {"portfolio": portfolio(cash=880 * MICRO)}, R.DAILY_SOFT_STOP, 0.12, 0.1),
    (
        "slots used",
        {"portfolio": portfolio(positions=held(3, 1.0)), "config": config(risk={"max_positions": 3})},
        R.MAX_POSITIONS,
        3.0,
        3.0,
    ),
    (
        "leader cap",
        {
            "portfolio": portfolio(
                cash=800 * MICRO,
                positions={k: v for k, v in held(2, 100.0).items()},
            ),
            "signal": signal(wallet=OTHER_WALLET),
            "standing": standing(snapshot=snapshot(score(wallet=OTHER_WALLET))),
        },
        R.LEADER_EXPOSURE,
        200.0,
        200.0,
    ),
    (
        "event cap",
        {
            "portfolio": portfolio(
                cash=800 * MICRO,
                positions={
                    "t9": position(
                        token_id="t9",
                        wallet=OTHER_WALLET,
                        market=market(condition_id="c9", token_ids=("t9", "u9")),
                        cost=200 * MICRO,
                        size=200 * MICRO,
                        mark=1.0,
                    )
                },
            )
        },
        R.EVENT_EXPOSURE,
        200.0,
        200.0,
    ),
    (
        "gross cap",
        {"portfolio": portfolio(cash=400 * MICRO, positions=held(6, 100.0))},
        R.GROSS_EXPOSURE,
        600.0,
        600.0,
    ),
    (
        "market cap",
        {"config": config(sizing={"max_per_market": 0.005, "max_per_trade": 0.005})},
        R.MARKET_EXPOSURE,
        0.0,
        5.0,
    ),
    (
        "ask beyond the limit",
        {"book": book(bids=(Level(0.505, 1e4),), asks=(Level(0.51, 1e4),))},
        R.SLIPPAGE,
        0.02,
        0.015,
    ),
]


@pytest.mark.parametrize(("changes", "reason", "measured", "limit"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_refuses(changes: dict[str, Any], reason: RejectReason, measured: float | None, limit: float | None) -> None:
    answer = decide(context(**changes))
    assert isinstance(answer, Rejected)
    assert answer.reason is reason
    if measured is not None:
        assert answer.measured == pytest.approx(measured)
    if limit is not None:
        assert answer.limit == pytest.approx(limit)


def test_copies_a_healthy_signal_within_every_cap() -> None:
    answer = decide(context(standing=scored(edge_mean=0.1)))
    assert isinstance(answer, Approved)
    assert answer.trace.capped_by == "per_trade"
    assert answer.trace.notional == pytest.approx(30.0)
    assert answer.order.limit == 0.5
    # 30 collateral at the worst price with fee: 0.50 + 0.04 * 0.25 = 0.51 a share, rounded down.
    assert answer.order.size == 58_820_000
    assert answer.order.order_id == "entry-f1-1"


def test_a_smaller_edge_than_the_cap_is_staked_by_kelly() -> None:
    answer = decide(context(standing=scored(edge_mean=0.03, edge_sd=0.01)))
    assert isinstance(answer, Approved)
    assert answer.trace.capped_by == ""
    expected = 0.25 * (0.03 / (1 - 0.51)) * (9 / 10) * 1000.0
    assert answer.trace.notional == pytest.approx(expected)


def test_a_new_leader_gets_the_probation_stake_and_no_deadlock() -> None:
    prior_only = scored(n_events=0, n_eff=0.0, edge_mean=-0.02, edge_sd=0.02, p_pos=0.2, lcb10=-0.05)
    answer = decide(context(standing=prior_only))
    assert isinstance(answer, Approved)
    assert answer.trace.is_probation
    assert answer.trace.notional == pytest.approx(10.0)


def test_a_new_leader_is_not_asked_for_significance_but_its_flags_count() -> None:
    new = {"n_events": 2, "p_pos": 0.2, "lcb10": -0.05, "q_value": 0.9}
    assert isinstance(decide(context(standing=scored(**new))), Approved)
    flagged = decide(context(standing=scored(**new, flags=("probation", "wash_cluster"))))
    assert isinstance(flagged, Rejected)
    assert flagged.reason is R.FLAGGED_LEADER


def test_only_the_flags_that_config_names_are_refused() -> None:
    flagged = scored(flags=("crowded", "inactive"))
    named = decide(context(standing=flagged, config=config(score={"refused_flags": ["crowded"]})))
    assert isinstance(named, Rejected)
    assert named.measured == 1.0
    allowed = decide(context(standing=flagged, config=config(score={"refused_flags": []})))
    assert isinstance(allowed, Approved)


def test_a_significant_record_is_copied() -> None:
    assert isinstance(decide(context(standing=scored(q_value=0.2))), Approved)


def test_probation_can_be_switched_off() -> None:
    prior_only = scored(n_events=0, p_pos=0.2)
    answer = decide(context(standing=prior_only, config=config(score={"probation": False})))
    assert isinstance(answer, Rejected)
    assert answer.reason is R.LOW_P_POS


def test_the_category_score_is_used_before_the_overall_one() -> None:
    both = standing(snapshot=snapshot(score(p_pos=0.95), score(category="politics", p_pos=0.1)))
    answer = decide(context(standing=both))
    assert isinstance(answer, Rejected)
    assert answer.measured == pytest.approx(0.1)


def test_a_thin_category_of_a_long_record_is_not_probation() -> None:
    both = standing(snapshot=snapshot(score(), score(category="politics", n_events=3)))
    answer = decide(context(standing=both))
    assert isinstance(answer, Approved)
    assert not answer.trace.is_probation


def test_a_first_losing_copy_does_not_cut_a_leader_off() -> None:
    record = LeaderRecord(shortfall=2.0, streak=1, measured_at=NOW)
    assert isinstance(decide(context(portfolio=portfolio(records={WALLET: record}))), Approved)


def test_an_old_losing_streak_is_forgiven() -> None:
    record = LeaderRecord(streak=9, shortfall=60.0, measured_at=NOW - 90 * DAY)
    assert isinstance(decide(context(portfolio=portfolio(records={WALLET: record}))), Approved)


def test_stakes_shrink_near_the_end_and_an_unknown_end_does_not_matter() -> None:
    kelly = scored(edge_mean=0.03, edge_sd=0.01)
    far = decide(context(standing=kelly, market=market(end_at=None)))
    near = decide(context(standing=kelly, market=market(end_at=NOW + 18 * HOUR)))
    assert isinstance(far, Approved)
    assert isinstance(near, Approved)
    assert near.trace.notional == pytest.approx(far.trace.notional * 0.75)


def test_a_dearer_price_than_expected_comes_off_the_edge() -> None:
    answer = decide(context(standing=scored(copy_cost_mean=0.0)))
    assert isinstance(answer, Approved)
    assert answer.trace.edge == pytest.approx(0.05 - 0.01)


def test_gross_exposure_reaches_sixty_percent_of_equity() -> None:
    answer = decide(context(portfolio=portfolio(cash=420 * MICRO, positions=held(29, 20.0))))
    assert isinstance(answer, Rejected)
    assert answer.reason is R.MAX_POSITIONS
    roomy = decide(
        context(
            portfolio=portfolio(cash=420 * MICRO, positions=held(29, 20.0)), config=config(risk={"max_positions": 99})
        )
    )
    assert isinstance(roomy, Approved)
    assert roomy.trace.capped_by == "gross_exposure"
    assert roomy.trace.notional == pytest.approx(20.0)


def test_explain_answers_for_every_gate() -> None:
    answers = explain(context(book=None, market=None, standing=standing(snapshot=None)))
    assert [name for name, _ in answers] == [gate.__name__ for gate in (*FILTERS, *LIMITS)]
    refused = {answer.reason for _, answer in answers if isinstance(answer, Rejected)}
    assert refused == {R.NO_MARKET, R.NO_SCORE, R.NO_BOOK}


def test_explain_tells_how_close_a_truth_came_that_holds() -> None:
    answers = dict(explain(context()))
    assert not any(isinstance(answer, Rejected) for answer in answers.values())
    assert answers["signal_is_fresh"] == Held(3.0, 30.0, R.STALE_SIGNAL)
    assert answers["within_price_limit"] == Held(0.0, 0.015, R.SLIPPAGE)
    assert answers["kill_switch_is_off"] is None


def test_a_reconciled_account_of_real_money_copies() -> None:
    assert isinstance(decide(context(standing=account())), Approved)
    assert isinstance(decide(context(standing=real(mode=Mode.LIVE, account=account().account))), Approved)


def test_copies_of_more_than_a_minute_ago_count_no_more() -> None:
    assert isinstance(decide(context(standing=standing(copied=((NOW - 60_000, WALLET),) * 60))), Approved)


def test_trading_goes_on_with_exits_until_an_operator_stops_everything() -> None:
    def at_noon(standing: Any) -> Now:
        return Now(standing=standing, config=config(), now=NOW)

    assert trading_state(at_noon(standing())) is TradingState.ACTIVE
    assert trading_state(at_noon(standing(halt=HaltReason.OPERATOR))) is TradingState.REDUCING
    assert trading_state(at_noon(standing(is_stopped=True, halt=HaltReason.OPERATOR))) is TradingState.HALTED
    assert refusal(at_noon(standing(gate=None))) == Rejected(reason=R.GATE_CLOSED)


def test_every_rejection_reason_is_reached_by_a_test() -> None:
    elsewhere = {R.NOTHING_TO_SELL, R.MIRROR_OFF}  # tests/core/test_engine.py
    reached = {reason for _, _, reason, _, _ in CASES} | elsewhere
    assert reached == set(R)


def test_before_the_first_day_opens_there_is_no_daily_stop() -> None:
    assert isinstance(decide(context(portfolio=portfolio(day_equity=None))), Approved)
