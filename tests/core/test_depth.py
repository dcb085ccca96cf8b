"""Depth that simulated orders took is not there for the next one, until the book shows something new."""

from __future__ import annotations

from copytrade_live.core.depth import TakenDepth
from copytrade_live.core.events import (
    BookObserved,
    JournalEvent,
    LeaderFillObserved,
    OrderExpired,
    OrderFilled,
    TimerFired,
)
from copytrade_live.core.fills import at_limit, fill_against
from copytrade_live.core.market import MICRO, Level, Side
from copytrade_live.core.score import ScoreSnapshot, best_wallets
from tests.builders import NOW, at, book, book_seen, leader_fill, order, score, snapshot

SHOWN = book(asks=(Level(0.50, 40.0), Level(0.51, 100.0)), bids=())


def seen() -> JournalEvent:
    return book_seen(NOW, 0.49, 0.50, size=40.0)


def bought(size: int, price: float = 0.50) -> OrderFilled:
    [fill] = fill_against(order(limit=price), size * MICRO, (Level(price, 1e6),))
    return OrderFilled(**at(), fill=fill)


def sizes(depth: TakenDepth, shown: float = 40.0) -> list[float]:
    return [level.size for level in depth.left(book(asks=(Level(0.50, shown),), bids=()), Side.BUY)]


def test_what_was_taken_is_missing_from_the_level() -> None:
    assert sizes(TakenDepth([seen(), bought(15)])) == [25.0]
    assert sizes(TakenDepth([seen(), bought(15), bought(25)])) == []


def test_a_level_that_shrank_lost_what_we_took_to_others() -> None:
    depth = TakenDepth([seen(), bought(30), book_seen(NOW, 0.49, 0.50, size=10.0)])
    assert sizes(depth, 10.0) == []
    assert sizes(depth, 40.0) == [30.0]


def test_a_level_that_went_away_comes_back_whole() -> None:
    gone = book_seen(NOW, 0.49, 0.52)
    assert sizes(TakenDepth([seen(), bought(30), gone])) == [40.0]
    expired = OrderExpired(**at(), order_id="o", book=book(asks=(), bids=()))
    assert sizes(TakenDepth([seen(), bought(30), expired])) == [40.0]


def test_other_tokens_and_events_without_a_book_change_nothing() -> None:
    other = leader_fill(token_id="2" * 77)
    unseen = leader_fill(with_book=None)
    assert isinstance(unseen, LeaderFillObserved)
    depth = TakenDepth([seen(), bought(30), other, unseen, OrderExpired(**at(), order_id="o", book=None)])
    depth.apply(TimerFired(**at()))
    assert sizes(depth) == [10.0]


def test_a_fill_without_a_book_shown_takes_nothing() -> None:
    assert sizes(TakenDepth([bought(30)])) == [40.0]


def test_a_fill_above_the_best_level_is_counted_off_the_best_first() -> None:
    depth = TakenDepth([BookObserved(**at(), book=SHOWN), bought(60, 0.51)])
    assert [(level.price, level.size) for level in depth.left(SHOWN, Side.BUY)] == [(0.51, 80.0)]
    far = TakenDepth([BookObserved(**at(), book=SHOWN), bought(60, 0.50)])
    assert [(level.price, level.size) for level in far.left(SHOWN, Side.BUY)] == [(0.51, 100.0)]


def test_a_resting_order_is_met_at_its_own_price() -> None:
    levels = (Level(0.45, 10.0), Level(0.55, 20.0))
    assert at_limit(order(limit=0.5), levels) == (Level(0.5, 10.0), Level(0.55, 20.0))


def test_the_best_wallets_are_ranked_overall_then_by_name() -> None:
    found = snapshot(
        score(wallet="0xb", rank=50.0),
        score(wallet="0xa", rank=50.0),
        score(wallet="0xc", category="sports", rank=90.0),
        score(wallet="0xd", rank=10.0),
    )
    assert best_wallets(found, 3) == ["0xc", "0xa", "0xb"]
    assert best_wallets(None, 3) == []
    assert best_wallets(ScoreSnapshot(snapshot_id="s", as_of=NOW), 3) == []
