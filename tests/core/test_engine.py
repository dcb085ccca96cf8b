"""What the one step does with each observation: copies, exits, orders, settlement, stops and commands."""

from __future__ import annotations

from typing import Any

import pytest

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import CancelOrder, PlaceOrder, Redeem, Step
from copytrade_live.core.events import (
    BookObserved,
    CopyClosed,
    ExitDecided,
    GateObserved,
    HaltTripped,
    KillSwitchObserved,
    LeaderMuted,
    MarketObserved,
    MarketResolved,
    MirrorOwed,
    OperatorCommanded,
    OrderAbandoned,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    OrderRefusedByVenue,
    OrderReposted,
    Period,
    PeriodOpened,
    PositionSettled,
    RunStarted,
    SignalCopied,
    SignalRejected,
    TimerFired,
    Verb,
)
from copytrade_live.core.fills import fill_against
from copytrade_live.core.market import DAY, HOUR, MICRO, Level, Side
from copytrade_live.core.reasons import AbandonReason, ExitReason, HaltReason, MuteReason, RejectReason
from copytrade_live.core.state import MEMORY, period_number
from tests.builders import (
    CONDITION,
    MONDAY,
    NO,
    NOW,
    OTHER_WALLET,
    WALLET,
    YES,
    at,
    book,
    book_seen,
    config,
    gate,
    leader_fill,
    market,
    opening,
    snapshot,
)
from tests.core.copy_story import CONFIG, facts, run


def fill_all(taken: Step, now: int, levels: tuple[Level, ...]) -> list[OrderFilled]:
    (intent,) = (item for item in taken.intents if isinstance(item, PlaceOrder))
    fills = fill_against(intent.order, intent.order.size, levels)
    return [OrderFilled(**at(now), fill=fill) for fill in fills]


def holding(price: float = 0.5, settings: DecisionConfig = CONFIG) -> Step:
    """A position bought at this price, from an open start."""
    started = run(
        [
            *opening(),
            leader_fill(
                NOW,
                price=price,
                with_book=book(bids=(Level(price - 0.01, 9e4),), asks=(Level(price, 9e4),)),
            ),
        ],
        settings=settings,
    )
    return run(fill_all(started, NOW + 500, (Level(price, 9e4),)), started.state, settings)


def the_position(taken: Step) -> Any:
    return taken.state.portfolio.positions[YES]


def test_a_copied_signal_places_one_order_and_a_fill_becomes_a_position() -> None:
    copied = run([*opening(), leader_fill()])
    (fact,) = facts(copied, SignalCopied)
    assert copied.intents == (PlaceOrder(order=fact.order),)
    assert fact.snapshot_id == "s1"
    held = run(fill_all(copied, NOW + 500, (Level(0.5, 9e4),)), state=copied.state)
    assert the_position(held).size == fact.order.size
    assert held.state.portfolio.cash == 1000 * MICRO - the_position(held).cost
    assert not held.state.portfolio.working


def test_the_same_fill_is_decided_once() -> None:
    (fact,) = facts(run([*opening(), leader_fill(), leader_fill(NOW + 1000)]), SignalRejected)
    assert fact.reason is RejectReason.DUPLICATE_SIGNAL


def test_memory_of_signals_turns_over_without_losing_the_recent_ones() -> None:
    late = NOW + MEMORY + 1
    closed = GateObserved(**at(NOW), gate=None)
    fills = [leader_fill(NOW, signal_id="a"), leader_fill(late, signal_id="b"), leader_fill(late, signal_id="a")]
    taken = run([*opening(), closed, *fills])
    assert "a" in taken.state.seen
    assert "b" in taken.state.seen
    later = run(
        [leader_fill(late + MEMORY + 1, signal_id="c"), leader_fill(late + 2 * MEMORY + 2, signal_id="d")],
        state=taken.state,
    )
    assert "c" in later.state.seen
    assert "a" not in later.state.seen


def test_a_leader_selling_what_we_never_copied_is_nothing_to_sell() -> None:
    for taken in (
        run([*opening(), leader_fill(side=Side.SELL)]),
        run([leader_fill(NOW + 1000, signal_id="f2", side=Side.SELL, wallet=OTHER_WALLET)], state=holding().state),
    ):
        (fact,) = facts(taken, SignalRejected)
        assert fact.reason is RejectReason.NOTHING_TO_SELL


def test_a_leaders_sell_is_mirrored_in_proportion_whatever_the_gate_says() -> None:
    held = holding()
    halted = run([OperatorCommanded(**at(NOW + 1), command_id="1", verb=Verb.HALT, by="op")], state=held.state)
    sold = run(
        [leader_fill(NOW + HOUR, signal_id="f2", side=Side.SELL, size=250.0, leader_size_before=1000.0)],
        state=halted.state,
    )
    (owed,) = facts(sold, MirrorOwed)
    assert owed.fraction == pytest.approx(0.25)
    (exit_fact,) = facts(sold, ExitDecided)
    assert exit_fact.reason is ExitReason.MIRROR
    size = the_position(held).size
    assert exit_fact.order.size == pytest.approx(size * 0.25, abs=10_000)
    after = run(fill_all(sold, NOW + HOUR + 500, (Level(0.49, 9e4),)), state=sold.state)
    assert the_position(after).owed < 10_000
    assert the_position(after).size == size - exit_fact.order.size


def test_a_leaders_sell_of_unknown_share_sells_everything_and_once() -> None:
    held = holding()
    sell = leader_fill(NOW + HOUR, signal_id="f2", side=Side.SELL)
    sold = run([sell], state=held.state)
    assert facts(sold, ExitDecided)[0].order.size == the_position(held).size
    again = run([leader_fill(NOW + 4 * HOUR, signal_id="f2", side=Side.SELL)], state=sold.state)
    assert facts(again, SignalRejected)[0].reason is RejectReason.DUPLICATE_SIGNAL


def test_a_mirror_without_a_bid_stays_owed_until_there_is_one() -> None:
    sell = leader_fill(NOW + HOUR, signal_id="f2", side=Side.SELL, with_book=None)
    owing = run([sell], state=holding().state)
    assert not facts(owing, ExitDecided)
    later = run([book_seen(NOW + HOUR + 5000, 0.49, 0.5)], state=owing.state)
    assert facts(later, ExitDecided)[0].reason is ExitReason.MIRROR


def test_mirroring_can_be_switched_off() -> None:
    settings = config(exit={"mirror_leader_exits": False})
    taken = run([leader_fill(NOW + 1, signal_id="f2", side=Side.SELL)], holding(settings=settings).state, settings)
    assert facts(taken, SignalRejected)[0].reason is RejectReason.MIRROR_OFF


@pytest.mark.parametrize(
    ("bid", "later", "reason"),
    [
        (0.70, NOW + HOUR, ExitReason.TAKE_PROFIT),
        (0.40, NOW + HOUR, ExitReason.STOP_LOSS),
        (0.50, NOW + 5 * DAY - 3 * HOUR, ExitReason.TIME_EXIT),
    ],
)
def test_exit_rules_sell_the_whole_position(bid: float, later: int, reason: ExitReason) -> None:
    held = holding()
    taken = run([book_seen(later, bid, bid + 0.01)], state=held.state)
    (fact,) = facts(taken, ExitDecided)
    assert (fact.reason, fact.order.side, fact.order.size) == (reason, Side.SELL, the_position(held).size)
    closed = run(fill_all(taken, later + 500, (Level(bid, 9e4),)), state=taken.state)
    assert YES not in closed.state.portfolio.positions
    (copy,) = facts(closed, CopyClosed)
    assert copy.pnl == closed.state.portfolio.realised
    assert (copy.pnl > 0) == (bid > 0.5)
    assert closed.state.portfolio.records[WALLET].copies == 1


def test_a_held_position_waits_while_nothing_calls_or_an_exit_works_or_nobody_bids() -> None:
    held = holding()
    assert not run([book_seen(NOW + HOUR, 0.5, 0.51)], state=held.state).intents
    unbid = run([book_seen(NOW + HOUR, 0.7, 0.71), book_seen(NOW + HOUR + 5000, 0.7, 0.71)], state=held.state)
    assert not unbid.intents
    empty = book(bids=(), observed_at=NOW + HOUR)
    taken = run([BookObserved(**at(NOW + HOUR), book=empty)], state=held.state)
    assert not taken.intents
    assert the_position(taken).mark is None


def test_a_market_without_an_end_has_no_time_exit() -> None:
    held = holding()
    endless = run([MarketObserved(**at(NOW + 1), market=market(end_at=None))], state=held.state)
    assert not run([book_seen(NOW + 300 * DAY, 0.5, 0.51)], state=endless.state).intents


def test_a_remainder_too_small_to_sell_later_goes_along() -> None:
    held = holding()
    size = the_position(held).size
    sold = run(
        [leader_fill(NOW + 1, signal_id="f2", side=Side.SELL, size=950.0, leader_size_before=1000.0)], state=held.state
    )
    assert facts(sold, ExitDecided)[0].order.size == size


def test_dust_waits_for_the_resolution() -> None:
    copied = run([*opening(), leader_fill()])
    (intent,) = copied.intents
    assert isinstance(intent, PlaceOrder)
    (tiny,) = fill_against(intent.order, 3 * MICRO, (Level(0.5, 9e4),))
    held = run([OrderFilled(**at(NOW + 1), fill=tiny)], state=copied.state)
    assert held.state.portfolio.working
    gone = run([OrderExpired(**at(NOW + 15_000), order_id=intent.order.order_id, book=None)], state=held.state)
    assert facts(gone, OrderAbandoned)[0].reason is AbandonReason.BOOK_GONE
    assert not run([book_seen(NOW + HOUR, 0.9, 0.91)], state=gone.state).intents


def test_an_expired_attempt_reaches_further_then_gives_up() -> None:
    asks = (Level(0.503, 9e4),)
    shown = book(bids=(Level(0.499, 9e4),), asks=asks)
    thin = market(tick_size=0.001)
    taken = run([*opening(), leader_fill(with_book=shown, with_market=thin)])
    limits = []
    for attempt in range(1, 4):
        (intent,) = taken.intents
        assert isinstance(intent, PlaceOrder)
        assert intent.order.attempt == attempt
        limits.append(intent.order.limit)
        moved = book(asks=(Level(0.507, 9e4),))
        taken = run(
            [OrderExpired(**at(NOW + attempt * 15_000), order_id=intent.order.order_id, book=moved)], state=taken.state
        )
    assert limits == [0.5, 0.505, 0.507]
    assert facts(taken, OrderAbandoned)[0].reason is AbandonReason.ATTEMPTS_USED
    assert not taken.state.portfolio.working


def test_a_book_beyond_the_slippage_limit_aborts() -> None:
    copied = run([*opening(), leader_fill()])
    (intent,) = copied.intents
    assert isinstance(intent, PlaceOrder)
    far = book(asks=(Level(0.53, 9e4),))
    taken = run([OrderExpired(**at(NOW + 15_000), order_id=intent.order.order_id, book=far)], state=copied.state)
    assert facts(taken, OrderAbandoned)[0].reason is AbandonReason.SLIPPAGE_ABORT


def test_an_exit_is_reposted_lower_within_its_own_limit() -> None:
    fine = MarketObserved(**at(NOW + 1000), market=market(tick_size=0.001))
    taken = run([fine, book_seen(NOW + HOUR, 0.40, 0.41)], state=holding().state)
    (intent,) = taken.intents
    assert isinstance(intent, PlaceOrder)
    lower = book(bids=(Level(0.395, 9e4),), asks=(Level(0.41, 9e4),))
    again = run(
        [OrderExpired(**at(NOW + HOUR + 15_000), order_id=intent.order.order_id, book=lower)], state=taken.state
    )
    (repost,) = facts(again, OrderReposted)
    assert repost.order.limit == pytest.approx(0.395)


def test_a_refused_order_is_given_up_and_an_unknown_one_ignored() -> None:
    copied = run([*opening(), leader_fill()])
    (intent,) = copied.intents
    assert isinstance(intent, PlaceOrder)
    accepted = run([OrderAccepted(**at(NOW + 1), order_id=intent.order.order_id)], state=copied.state)
    refused = OrderRefusedByVenue(**at(NOW + 2), order_id=intent.order.order_id, code="400", message="tick")
    taken = run([refused], state=accepted.state)
    assert facts(taken, OrderAbandoned)[0].reason is AbandonReason.REFUSED
    assert not run([refused], state=taken.state).events[1:]


@pytest.mark.parametrize(("payout", "pnl_sign"), [(1.0, 1), (0.0, -1), (0.5, -1)])
def test_a_resolution_pays_frees_the_slot_and_closes_the_copy(payout: float, pnl_sign: int) -> None:
    held = holding()
    size = the_position(held).size
    paid = run(
        [MarketResolved(**at(NOW + DAY), condition_id=CONDITION, payouts=((YES, payout), (NO, 1.0 - payout)))],
        state=held.state,
    )
    (fact,) = facts(paid, PositionSettled)
    assert fact.cash == round(size * payout)
    assert not paid.state.portfolio.positions
    (copy,) = facts(paid, CopyClosed)
    assert (copy.pnl > 0) - (copy.pnl < 0) == pnl_sign
    owed = paid.state.portfolio.receivable.get(CONDITION, 0)
    assert paid.state.portfolio.cash + owed == 1000 * MICRO + copy.pnl
    assert paid.intents == ((Redeem(condition_id=CONDITION),) if payout else ())


def test_a_resolution_elsewhere_changes_nothing() -> None:
    held = holding()
    taken = run([MarketResolved(**at(NOW + DAY), condition_id="0xother", payouts=())], state=held.state)
    assert taken.state.portfolio.positions == held.state.portfolio.positions


def test_a_resolution_cancels_the_order_that_still_works() -> None:
    copied = run([*opening(), leader_fill()])
    (intent,) = copied.intents
    assert isinstance(intent, PlaceOrder)
    resolved = MarketResolved(**at(NOW + 1), condition_id=CONDITION, payouts=((YES, 1.0), (NO, 0.0)))
    taken = run([resolved], state=copied.state)
    assert taken.intents == (CancelOrder(order_id=intent.order.order_id),)
    assert not taken.state.portfolio.working
    elsewhere = MarketResolved(**at(NOW + 1), condition_id="0xother", payouts=())
    assert run([elsewhere], state=copied.state).state.portfolio.working


def test_days_and_weeks_open_with_the_equity_of_that_moment() -> None:
    started = run(opening()[:1])
    assert [(fact.period, fact.equity) for fact in facts(started, PeriodOpened)] == [
        (Period.DAY, 1000.0),
        (Period.WEEK, 1000.0),
    ]
    same_day = run([TimerFired(**at(NOW + HOUR))], state=started.state)
    assert not facts(same_day, PeriodOpened)
    tuesday = run([TimerFired(**at(MONDAY + DAY))], state=started.state)
    assert [fact.period for fact in facts(tuesday, PeriodOpened)] == [Period.DAY]
    next_week = run([TimerFired(**at(MONDAY + 7 * DAY))], state=tuesday.state)
    assert [fact.period for fact in facts(next_week, PeriodOpened)] == [Period.DAY, Period.WEEK]
    assert period_number(Period.WEEK, MONDAY) == period_number(Period.WEEK, MONDAY - 1) + 1


def test_nothing_opens_before_a_run_has_started() -> None:
    assert not facts(run([TimerFired(**at(NOW))]), PeriodOpened)


def test_a_lost_week_halts_until_an_operator_resumes() -> None:
    settings = config(
        sizing={
            "max_per_trade": 1.0,
            "max_per_market": 1.0,
            "max_per_leader": 1.0,
            "max_per_event": 1.0,
            "kelly_multiplier": 1.0,
        },
        risk={"max_gross_exposure": 1.0, "weekly_drawdown_halt": 0.05},
    )
    held = holding(settings=settings)
    lost = run([book_seen(NOW + HOUR, 0.1, 0.11)], held.state, settings)
    (fact,) = facts(lost, HaltTripped)
    assert fact.reason is HaltReason.WEEKLY_DRAWDOWN
    assert fact.measured > 0.05
    again = run(
        [book_seen(NOW + HOUR + 5000, 0.1, 0.11), leader_fill(NOW + 2 * HOUR, signal_id="f9")], lost.state, settings
    )
    assert not facts(again, HaltTripped)
    assert facts(again, SignalRejected)[0].reason is RejectReason.HALTED
    resumed = run(
        [OperatorCommanded(**at(NOW + 3 * HOUR), command_id="2", verb=Verb.RESUME, by="op")], again.state, settings
    )
    assert resumed.state.standing.halt is None


def test_operators_cut_leaders_off_and_take_them_back_with_a_clean_record() -> None:
    cut = run([*opening(), OperatorCommanded(**at(NOW), command_id="1", verb=Verb.CUTOFF, by="op", wallet=WALLET)])
    assert cut.state.standing.cut_off == {WALLET}
    back = run(
        [OperatorCommanded(**at(NOW + 1), command_id="2", verb=Verb.UNCUTOFF, by="op", wallet=WALLET)], state=cut.state
    )
    assert not back.state.standing.cut_off
    assert back.state.portfolio.records[WALLET].streak == 0


def test_the_kill_switch_is_remembered_and_released() -> None:
    on = run([*opening(), KillSwitchObserved(**at(NOW), is_active=True)])
    assert on.state.standing.kill_switch
    assert not run([KillSwitchObserved(**at(NOW + 1), is_active=False)], state=on.state).state.standing.kill_switch


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (config(risk={"leader_drawdown_base": 10.0}), MuteReason.LEADER_DRAWDOWN),
        (config(risk={"leader_loss_streak": 1}), MuteReason.LOSS_STREAK),
    ],
)
def test_a_bad_record_mutes_its_leader(settings: DecisionConfig, reason: MuteReason) -> None:
    lost = run(
        [MarketResolved(**at(NOW + DAY), condition_id=CONDITION, payouts=((YES, 0.0), (NO, 1.0)))],
        holding(settings=settings).state,
        settings,
    )
    assert facts(lost, LeaderMuted)[0].reason is reason
    again = leader_fill(NOW + DAY + HOUR, signal_id="f5", with_market=market(end_at=NOW + 9 * DAY))
    reopened = GateObserved(**at(NOW + DAY), gate=gate(valid_until=NOW + 9 * DAY))
    refused = run([reopened, again], lost.state, settings)
    assert facts(refused, SignalRejected)[0].reason is RejectReason.WALLET_MUTED


def test_a_second_buy_of_a_position_and_a_second_fill_of_an_order_add_up() -> None:
    copied = run([*opening(), leader_fill()])
    (intent,) = copied.intents
    assert isinstance(intent, PlaceOrder)
    size = intent.order.size
    half = fill_against(intent.order, size // 20_000 * 10_000, (Level(0.5, 9e4),))
    rest = fill_against(intent.order, size - half[0].size, (Level(0.5, 9e4),), first=2)
    held = run([OrderFilled(**at(NOW + 1), fill=half[0]), OrderFilled(**at(NOW + 2), fill=rest[0])], state=copied.state)
    assert the_position(held).size == size
    assert the_position(held).cost == half[0].cash + rest[0].cash
    assert not held.state.portfolio.working


def test_equity_and_stops_are_the_same_before_and_after_a_restart() -> None:
    held = holding()
    restarted = RunStarted(
        **at(NOW + HOUR), run_id="run-2", mode="paper", code_version="test", config_digest="d", starting_cash=5 * MICRO
    )
    after = run([restarted], state=held.state)
    assert after.state.run_id == "run-2"
    assert after.state.portfolio == held.state.portfolio


def test_a_market_elsewhere_leaves_positions_alone() -> None:
    held = holding()
    taken = run([MarketObserved(**at(NOW + 1), market=market(condition_id="0xother"))], state=held.state)
    assert taken.state.portfolio.positions == held.state.portfolio.positions


def test_books_of_tokens_we_do_not_hold_change_nothing() -> None:
    started = run(opening())
    taken = run([book_seen(NOW, 0.5, 0.51)], state=started.state)
    assert taken.state.portfolio == started.state.portfolio


def test_snapshot_rows_are_found_by_wallet_only_when_there() -> None:
    assert snapshot().score_of(OTHER_WALLET, "politics") is None
