"""One builder per core type with sane defaults, so that a test changes one field at a time."""

from __future__ import annotations

from typing import Any

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.context import Context, Standing
from copytrade_live.core.events import (
    BookObserved,
    GateObserved,
    LeaderFillObserved,
    RunStarted,
    ScoresPublished,
)
from copytrade_live.core.market import DAY, HOUR, MICRO, Book, Level, Market, MarketStatus, Role, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.portfolio import Portfolio, Position
from copytrade_live.core.score import OVERALL, Gate, ScoreSnapshot, TraderScore
from copytrade_live.core.signal import Signal

# Monday 2026-03-02 00:00 UTC, plus twelve hours.
MONDAY = 1_772_409_600_000
NOW = MONDAY + 12 * HOUR
WALLET = "0x" + "a1" * 20
OTHER_WALLET = "0x" + "b2" * 20
CONDITION = "0x" + "c3" * 32
YES, NO = "1" * 77, "2" * 77


def signal(**changes: Any) -> Signal:
    values: dict[str, Any] = {
        "signal_id": "f1",
        "wallet": WALLET,
        "condition_id": CONDITION,
        "token_id": YES,
        "outcome": "Yes",
        "side": Side.BUY,
        "role": Role.TAKER,
        "price": 0.5,
        "size": 1000.0,
        "event_at": NOW - 3000,
        "observed_at": NOW,
        "tx_hash": "0x01",
    }
    return Signal(**{**values, **changes})


def book(**changes: Any) -> Book:
    values: dict[str, Any] = {
        "token_id": YES,
        "bids": (Level(0.49, 5000.0), Level(0.48, 5000.0)),
        "asks": (Level(0.50, 5000.0), Level(0.51, 5000.0)),
        "event_at": NOW - 100,
        "observed_at": NOW,
    }
    return Book(**{**values, **changes})


def market(**changes: Any) -> Market:
    values: dict[str, Any] = {
        "condition_id": CONDITION,
        "token_ids": (YES, NO),
        "outcomes": ("Yes", "No"),
        "event_id": "e1",
        "category": "politics",
        "tick_size": 0.01,
        "min_order_size": 5.0,
        "fee_rate": 0.04,
        "fee_exponent": 1.0,
        "neg_risk": False,
        "end_at": NOW + 5 * DAY,
        "status": MarketStatus.OPEN,
        "accepting_orders": True,
        "observed_at": NOW - DAY,
    }
    return Market(**{**values, **changes})


def score(**changes: Any) -> TraderScore:
    values: dict[str, Any] = {
        "wallet": WALLET,
        "category": OVERALL,
        "as_of": NOW - HOUR,
        "score_version": "ce1",
        "edge_mean": 0.05,
        "edge_sd": 0.02,
        "p_pos": 0.95,
        "lcb10": 0.02,
        "n_events": 60,
        "n_eff": 40.0,
        "coverage": 1.0,
        "copy_cost_mean": 0.012,
        "maker_share": 0.1,
        "rank": 99.0,
    }
    return TraderScore(**{**values, **changes})


def snapshot(*rows: TraderScore, **changes: Any) -> ScoreSnapshot:
    by_wallet: dict[str, dict[str, TraderScore]] = {}
    for row in rows or (score(),):
        by_wallet.setdefault(row.wallet, {})[row.category] = row
    return ScoreSnapshot(**{"snapshot_id": "s1", "as_of": NOW - HOUR, "rows": by_wallet, **changes})


def gate(**changes: Any) -> Gate:
    values: dict[str, Any] = {
        "is_open": True,
        "reasons": (),
        "snapshot_id": "s1",
        "written_at": NOW - 1000,
        "valid_until": NOW + HOUR,
    }
    return Gate(**{**values, **changes})


def standing(**changes: Any) -> Standing:
    return Standing(**{"gate": gate(), "snapshot": snapshot(), **changes})


def portfolio(**changes: Any) -> Portfolio:
    return Portfolio(**{"cash": 1000 * MICRO, "day_equity": 1000.0, "week_equity": 1000.0, **changes})


def position(**changes: Any) -> Position:
    values: dict[str, Any] = {
        "token_id": YES,
        "wallet": WALLET,
        "market": market(),
        "root_id": "entry-f0",
        "size": 100 * MICRO,
        "cost": 50 * MICRO,
        "realised": 0,
        "opened_at": NOW - HOUR,
        "mark": 0.5,
    }
    return Position(**{**values, **changes})


def order(**changes: Any) -> Order:
    values: dict[str, Any] = {
        "order_id": "entry-f1-1",
        "root_id": "entry-f1",
        "attempt": 1,
        "token_id": YES,
        "condition_id": CONDITION,
        "event_id": "e1",
        "wallet": WALLET,
        "side": Side.BUY,
        "limit": 0.5,
        "size": 60 * MICRO,
        "anchor": 0.5,
        "tick_size": 0.01,
        "fee_rate": 0.04,
        "fee_exponent": 1.0,
        "submitted_at": NOW,
        "expires_at": NOW + 15_000,
    }
    return Order(**{**values, **changes})


def config(**sections: dict[str, Any]) -> DecisionConfig:
    return DecisionConfig.model_validate(sections)


def context(**changes: Any) -> Context:
    values: dict[str, Any] = {
        "signal": signal(),
        "book": book(),
        "market": market(),
        "standing": standing(),
        "portfolio": portfolio(),
        "is_duplicate": False,
        "config": DecisionConfig(),
        "now": NOW,
    }
    return Context(**{**values, **changes})


def at(now: int = NOW) -> dict[str, int]:
    return {"event_at": now, "observed_at": now}


def opening(starting_cash: float = 1000.0) -> list[Any]:
    """The observations of a healthy start: run, scores, open gate."""
    return [
        RunStarted(
            **at(NOW - HOUR),
            run_id="run-1",
            mode="paper",
            code_version="test",
            config_digest="d",
            starting_cash=round(starting_cash * MICRO),
        ),
        ScoresPublished(**at(NOW - HOUR), snapshot=snapshot()),
        GateObserved(**at(NOW - HOUR), gate=gate()),
    ]


def leader_fill(now: int = NOW, *, with_book: Any = ..., with_market: Any = ..., **changes: Any) -> LeaderFillObserved:
    seen = signal(**{"event_at": now - 3000, "observed_at": now, **changes})
    shown = book(token_id=seen.token_id, event_at=now - 100, observed_at=now) if with_book is ... else with_book
    listed = market(observed_at=now) if with_market is ... else with_market
    return LeaderFillObserved(event_at=seen.event_at, observed_at=now, signal=seen, book=shown, market=listed)


def book_seen(now: int, bid: float, ask: float, token_id: str = YES, size: float = 5000.0) -> BookObserved:
    shown = book(token_id=token_id, bids=(Level(bid, size),), asks=(Level(ask, size),), event_at=now, observed_at=now)
    return BookObserved(event_at=now, observed_at=now, book=shown)
