"""Orders meet the tape's books late, never twice, and rest until a book crosses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from copytrade_live.core.events import OrderAbandoned, OrderExpired, OrderFilled
from copytrade_live.core.market import HOUR, SECOND, Book, BookSource, Role, Side
from copytrade_live.core.pricing import from_micro
from copytrade_pipelines.backtest import run
from copytrade_pipelines.backtest.book_fit import Shape
from copytrade_pipelines.backtest.modelled import Source, Word, model_book, quote, word_of_fill
from tests.backtest.conftest import Done, backtest
from tests.backtest.world import AS_PAPER, START, Rows
from tests.builders import NOW, WALLET, book_seen, config, leader_fill, opening, signal

AT = START + HOUR


def thin(size: float) -> Rows:
    """A leader is copied in a market that offers little at its price, and more above our limit."""
    rows = Rows()
    rows.market(1)
    rows.score(START - HOUR)
    rows.fill("f1", 1, AT, 0.50)
    for second in range(-5, 90):
        rows.book(1, AT + second * SECOND, 0.49, 0.50)
        rows.tables["raw.books"][-1]["asks"] = [{"price": 0.50, "size": size}, {"price": 0.51, "size": 9000.0}]
    return rows


def fills(done: Done) -> list[OrderFilled]:
    return [event for event in done.events if isinstance(event, OrderFilled)]


def test_depth_we_took_does_not_fill_us_again(tmp_path: Path) -> None:
    done = backtest(thin(20.0), tmp_path, leaders=(WALLET,))
    assert [from_micro(event.fill.size) for event in fills(done)] == [20.0]
    assert sum(isinstance(event, OrderExpired) for event in done.events) == 3
    assert [event.reason.value for event in done.events if isinstance(event, OrderAbandoned)] == ["attempts_used"]


@pytest.mark.parametrize(("moved_after_ms", "is_filled"), [(499, False), (501, True)])
def test_an_order_meets_the_book_of_its_arrival_not_of_its_decision(
    moved_after_ms: int, is_filled: bool, tmp_path: Path
) -> None:
    rows = thin(500.0)
    rows.tables["raw.books"] = [book for book in rows.tables["raw.books"] if book["observed_at"] < AT]
    for later in range(moved_after_ms, 90_000, 1000):
        rows.book(1, AT + later, 0.54, 0.55)
    assert bool(fills(backtest(rows, tmp_path, leaders=(WALLET,)))) is is_filled


def test_a_resting_order_fills_at_its_own_limit_once_a_book_crosses_it() -> None:
    settings = config(filter={"min_liquidity": 100.0, "max_price_move": 0.2}, execution={"order_ttl_seconds": 60.0})
    tape = [
        *opening(),
        leader_fill(NOW, price=0.50),
        book_seen(NOW + 100, 0.49, 0.52),
        book_seen(NOW + 5000, 0.40, 0.45, size=10.0),
    ]
    result = run(tape, settings, assumptions=AS_PAPER, until=NOW + 10 * SECOND)
    [trade] = result.trades
    assert trade.entry_price == pytest.approx(0.50)
    assert from_micro(trade.size) == 10.0


@pytest.mark.parametrize(
    ("side", "role", "bid", "ask"),
    [
        (Side.BUY, Role.TAKER, 0.49, 0.50),
        (Side.BUY, Role.UNKNOWN, 0.49, 0.50),
        (Side.BUY, Role.MAKER, 0.50, 0.51),
        (Side.SELL, Role.TAKER, 0.50, 0.51),
        (Side.SELL, Role.MAKER, 0.49, 0.50),
    ],
)
def test_a_fill_says_where_the_book_stood(side: Side, role: Role, bid: float, ask: float) -> None:
    word = word_of_fill(signal(side=side, role=role, price=0.5))
    assert quote(word, 0.005) == pytest.approx((bid, ask))


def modelled(mid: float, half_spread: float, depth: float = 1000.0, levels: int = 5) -> Book:
    word, shape = Word(NOW, Source.MID, mid, mid), Shape(half_spread, depth, is_fitted=False)
    return model_book("1", word, shape, 0.01, NOW + 5, levels)


def test_a_modelled_book_is_on_the_grid_and_never_better_than_its_quote() -> None:
    made = modelled(0.503, 0.004, depth=100.0, levels=3)
    assert [level.price for level in made.bids] == [0.49, 0.48, 0.47]
    assert [level.price for level in made.asks] == [0.51, 0.52, 0.53]
    assert made.asks[0].size == pytest.approx(100.0 / 0.51)
    assert (made.source, made.event_at, made.observed_at) == (BookSource.MODELLED, NOW, NOW + 5)


def test_a_modelled_book_at_the_edge_has_no_level_outside_it() -> None:
    low = modelled(0.004, 0.005)
    assert low.bids == ()
    assert [level.price for level in low.asks][:1] == [0.01]
    assert modelled(0.996, 0.005).asks == ()
