"""Each assumption does what its name says: lags, the venue's delay, the line at a price, fees, settlement, payouts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from copytrade_live.backtest_settings import BacktestConfig, like_paper
from copytrade_live.core.config import PaperConfig
from copytrade_live.core.events import (
    FillConfirmed,
    FillVoided,
    JournalEvent,
    MarketResolved,
    Observation,
    OrderAccepted,
    OrderFilled,
    PositionSettled,
    RedemptionPaid,
    SignalCopied,
)
from copytrade_live.core.market import SECOND, Role, Side
from copytrade_live.core.pricing import from_micro
from copytrade_live.errors import ConfigError
from copytrade_live.replay import read_rows
from copytrade_pipelines.backtest import run
from copytrade_pipelines.backtest.chance import Purpose, chance, key_of
from copytrade_pipelines.backtest.queue_models import shrunk_behind, shrunk_in_proportion
from tests.builders import CONDITION, NO, NOW, OTHER_WALLET, YES, book_seen, config, leader_fill, opening

PAPER = like_paper(PaperConfig(latency_seconds=0.5))
BOLD = config(
    filter={"min_liquidity": 100.0, "max_price_move": 0.2, "max_spread": 1.0},
    execution={"order_ttl_seconds": 60.0, "repost_count": 0, "max_slippage": 0.0},
    exit={"policy": "hold"},
)


def journal(
    tape: Iterable[Observation], folder: Path, until: int = NOW + 600 * SECOND, **changes: Any
) -> list[JournalEvent]:
    assumptions = PAPER.model_copy(update=changes)
    result = run(tape, BOLD, assumptions=assumptions, until=until, journal=folder)
    assert result.journal_path is not None
    return [row.event for row in read_rows(result.journal_path)]


def of(events: list[JournalEvent], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def sizes(events: list[JournalEvent]) -> list[float]:
    return [from_micro(event.fill.size) for event in of(events, OrderFilled)]


def copied(*later: Observation) -> list[Observation]:
    """A leader buys at 0.50 where 0.50 is offered, and what follows."""
    return [*opening(), leader_fill(NOW, price=0.50), book_seen(NOW + 100, 0.49, 0.50), *later]


def resting(*later: Observation, ahead: float = 100.0) -> list[Observation]:
    """The offer is gone when our order at 0.50 arrives: it rests behind what is bid there."""
    gone = book_seen(NOW + 100, 0.50, 0.52, size=ahead)
    return [*opening(), leader_fill(NOW, price=0.50), gone, *later]


def sold(after: float, price: float, size: float, number: int = 2, **changes: Any) -> Observation:
    """Somebody sells into the bids."""
    at = NOW + round(after * SECOND)
    values = {"signal_id": f"p{number}", "wallet": OTHER_WALLET, "side": Side.SELL, "event_at": at, "observed_at": at}
    return leader_fill(at, price=price, size=size, with_book=None, **{**values, **changes})


@pytest.mark.parametrize("seed", [1, 2])
def test_an_order_arrives_after_a_lag_drawn_from_the_curve(seed: int, tmp_path: Path) -> None:
    events = journal(copied(), tmp_path, seed=seed, order_seconds=(0.2, 0.4, 2.0))
    [accepted], [decided] = of(events, OrderAccepted), of(events, SignalCopied)
    assert 200 <= accepted.observed_at - decided.observed_at <= 2000
    again = journal(copied(), tmp_path / "again", seed=seed, order_seconds=(0.2, 0.4, 2.0))
    assert again == events
    other = journal(copied(), tmp_path / "other", seed=seed + 10, order_seconds=(0.2, 0.4, 2.0))
    assert of(other, OrderAccepted)[0].observed_at != accepted.observed_at


def test_the_venue_holds_an_order_that_would_trade_at_once_and_the_price_may_leave(tmp_path: Path) -> None:
    events = journal(copied(), tmp_path, taker_delay_seconds=0.25)
    [accepted], [filled] = of(events, OrderAccepted), of(events, OrderFilled)
    assert (accepted.observed_at, filled.observed_at) == (NOW + 500, NOW + 750)
    gone = journal(copied(book_seen(NOW + 700, 0.53, 0.55)), tmp_path / "gone", taker_delay_seconds=0.25)
    assert of(gone, OrderAccepted)
    assert not of(gone, OrderFilled)


def test_an_order_that_rests_is_not_held(tmp_path: Path) -> None:
    events = journal(resting(sold(3, 0.50, 500.0)), tmp_path, queue="behind", taker_delay_seconds=5.0)
    assert of(events, OrderFilled)[0].observed_at == NOW + 3500


@pytest.mark.parametrize(
    ("queue", "later", "filled"),
    [
        ("behind", [sold(3, 0.50, 90.0)], []),
        ("behind", [sold(3, 0.50, 110.0)], [10.0]),
        ("behind", [sold(3, 0.50, 90.0), sold(4, 0.50, 15.0, 3)], [5.0]),
        ("behind", [sold(3, 0.49, 7.0)], [7.0]),
        ("behind", [sold(3, 0.51, 500.0)], []),
        ("behind", [sold(3, 0.50, 500.0, side=Side.BUY)], []),
        ("behind", [sold(3, 0.50, 500.0, side=Side.BUY, role=Role.MAKER)], [43.12]),
        ("behind", [sold(3, 0.50, 500.0, event_at=NOW + 400)], []),
        ("behind", [book_seen(NOW + 2000, 0.50, 0.52, size=20.0), sold(3, 0.50, 30.0)], [10.0]),
        ("behind", [book_seen(NOW + 2000, 0.50, 0.52, size=60.0), sold(3, 0.50, 60.0)], []),
        ("proportional", [book_seen(NOW + 2000, 0.50, 0.52, size=60.0), sold(3, 0.50, 70.0)], [10.0]),
        ("crossed", [sold(3, 0.49, 500.0)], []),
        ("crossed", [book_seen(NOW + 3000, 0.40, 0.45, size=10.0)], [10.0]),
        ("behind", [book_seen(NOW + 3000, 0.40, 0.45, size=10.0)], [10.0]),
    ],
)
def test_an_order_that_rests_waits_in_line(
    queue: str, later: list[Observation], filled: list[float], tmp_path: Path
) -> None:
    events = journal(resting(*later), tmp_path, queue=queue)
    assert sizes(events) == filled
    assert {event.fill.price for event in of(events, OrderFilled)} <= {0.5}


def test_size_before_us_that_is_cancelled_counts_only_as_far_as_it_must() -> None:
    assert shrunk_behind(80, 100, 0, 90) == 80
    assert shrunk_behind(80, 100, 0, 30) == 30
    assert shrunk_in_proportion(80, 100, 0, 50) == 40
    assert shrunk_in_proportion(80, 200, 100, 50) == 40
    assert shrunk_in_proportion(0, 0, 0, 0) == 0
    assert shrunk_in_proportion(5, 5, 10, 3) == 3


def test_who_rests_pays_no_fee_and_who_takes_does(tmp_path: Path) -> None:
    [taker] = of(journal(copied(), tmp_path, fees="market"), OrderFilled)
    [maker] = of(journal(resting(sold(3, 0.49, 9.0)), tmp_path / "m", fees="market", queue="behind"), OrderFilled)
    [charged] = of(journal(resting(sold(3, 0.49, 9.0)), tmp_path / "c", fees="taker", queue="behind"), OrderFilled)
    [free] = of(journal(copied(), tmp_path / "f", fees="none"), OrderFilled)
    assert taker.fill.fee > 0
    assert maker.fill.fee == 0
    assert charged.fill.fee > 0
    assert free.fill.fee == 0
    assert free.fill.cash == taker.fill.cash - taker.fill.fee


def test_all_of_it_at_the_best_price_ignores_depth(tmp_path: Path) -> None:
    thin = copied(book_seen(NOW + 200, 0.49, 0.50, size=5.0))
    walked = journal(thin, tmp_path)
    whole = journal(thin, tmp_path / "whole", fills="best_price")
    assert sizes(walked)[0] == 5.0
    assert sizes(whole) == [from_micro(of(whole, SignalCopied)[0].order.size)]


def test_a_match_is_final_only_once_it_settled(tmp_path: Path) -> None:
    events = journal(copied(), tmp_path, settlement_seconds=10.0)
    [filled], [confirmed] = of(events, OrderFilled), of(events, FillConfirmed)
    assert not filled.fill.is_final
    assert confirmed.observed_at == filled.observed_at + 10 * SECOND
    assert not of(events, FillVoided)


def test_a_match_that_fails_leaves_cash_as_it_was(tmp_path: Path) -> None:
    assumptions = PAPER.model_copy(update={"settlement_seconds": 10.0, "settlement_failure_rate": 1.0})
    result = run(copied(), BOLD, assumptions=assumptions, until=NOW + 600 * SECOND, journal=tmp_path)
    assert result.journal_path is not None
    events = [row.event for row in read_rows(result.journal_path)]
    assert len(of(events, FillVoided)) == len(of(events, OrderFilled)) == 1
    assert result.summary.final_equity == 1000.0


def test_matches_fail_about_as_often_as_assumed() -> None:
    draws = [chance(1, key_of(f"s{number}"), 0, 1, Purpose.SETTLEMENT + 1) for number in range(5000)]
    assert sum(draw < 0.1 for draw in draws) == pytest.approx(500, abs=80)


def resolved(after: float) -> MarketResolved:
    at = NOW + round(after * SECOND)
    return MarketResolved(event_at=at, observed_at=at, condition_id=CONDITION, payouts=((YES, 1.0), (NO, 0.0)))


def test_a_payout_is_locked_until_it_is_redeemed(tmp_path: Path) -> None:
    events = journal(copied(resolved(60)), tmp_path, redemption_seconds=90.0)
    [paid] = of(events, RedemptionPaid)
    assert paid.observed_at == NOW + 150 * SECOND
    assert paid.cash == of(events, PositionSettled)[0].cash


def test_what_was_matched_but_not_settled_at_the_resolution_is_paid_once_it_is(tmp_path: Path) -> None:
    events = journal(copied(resolved(5)), tmp_path, settlement_seconds=10.0)
    [settled], [paid] = of(events, PositionSettled), of(events, RedemptionPaid)
    assert settled.observed_at == of(events, FillConfirmed)[0].observed_at
    assert paid.cash == settled.size * 1 == of(events, OrderFilled)[0].fill.size


def half_at_best(crossing: Any) -> Iterable[tuple[int, float]]:
    """A fill model of one's own."""
    if crossing.left and not crossing.is_resting:
        yield crossing.rest // 20_000 * 10_000, crossing.left[0].price


def test_models_of_ones_own_are_named_as_module_and_object(tmp_path: Path) -> None:
    events = journal(copied(), tmp_path, fills=f"{__name__}:half_at_best")
    [order] = [event.order for event in of(events, SignalCopied)]
    assert sizes(events) == [from_micro(order.size // 20_000 * 10_000)]


@pytest.mark.parametrize(
    ("key", "value"), [("fills", "best"), ("queue", "front"), ("fees", "tests.backtest.test_models:nothing")]
)
def test_a_model_that_is_not_there_is_named_with_its_key(key: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"backtest.{key} was {value}"):
        journal(copied(), tmp_path, **{key: value})


def test_without_a_word_the_defaults_are_the_careful_ones(tmp_path: Path) -> None:
    result = run(copied(), BOLD, until=NOW + 600 * SECOND, journal=tmp_path)
    careful = run(copied(), BOLD, assumptions=BacktestConfig(), until=NOW + 600 * SECOND, journal=tmp_path / "same")
    assert result.summary == careful.summary
