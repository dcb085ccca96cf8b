"""One seeded tape for every engine of the backtest bench, as columns and as observations, and the strategy they share.

Ticks of 200 tokens and fills of 500 leaders, ten to one, both by Zipf; each fill comes with ten prices a side. Time is
as dense as a year of 5 M fills and 50 M quotes. The strategy is one that our own core can be configured to: a leader's
buy is copied for a fixed stake where price, spread, depth and drift allow it and the token is not held; a copy is left
with its leader, at a profit or at a loss. Every order crosses a book deep enough, there are no fees and no lag, so all
engines can keep the same books to the micro-unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

TOKENS = 200
LEADERS = 500
TICKS_A_SIGNAL = 10
LEVELS = 10
START_AT = 1_772_409_600_000 + 3_600_000
MEAN_GAP_MS = 573
CENTS = 100
# The strategy. Prices in cents, stake in collateral, thresholds that no ratio of whole cents meets exactly.
STAKE = 50
MIN_PRICE, MAX_PRICE = 5, 95
MAX_SPREAD = 0.0701
MIN_DEPTH = 2_000.5
TAKE_PROFIT, STOP_LOSS = 0.30007, 0.12003
BUY, SELL = 0, 1


@dataclass(frozen=True, slots=True)
class Columns:
    """The tape by column, one row an event. Units: prices in cents, sizes in whole shares, times in milliseconds."""

    at: npt.NDArray[np.int64]
    is_signal: npt.NDArray[np.bool_]
    token: npt.NDArray[np.int32]
    bid: npt.NDArray[np.int32]
    ask: npt.NDArray[np.int32]
    depth: npt.NDArray[np.int32]
    leader: npt.NDArray[np.int32]
    side: npt.NDArray[np.int8]
    price: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.at)


def columns(signals: int, seed: int = 1) -> Columns:
    """The tape: so many fills, and ten times as many ticks."""
    luck = np.random.default_rng(seed)
    count = signals * (1 + TICKS_A_SIGNAL)
    at = START_AT + np.cumsum(luck.integers(1, 2 * MEAN_GAP_MS, count, dtype=np.int64))
    is_signal = np.zeros(count, dtype=np.bool_)
    is_signal[luck.choice(count, signals, replace=False)] = True
    token = _zipf(luck, TOKENS, count)
    mid = np.empty(count, dtype=np.int32)
    moves = luck.integers(-1, 2, count, dtype=np.int32)
    for one in range(TOKENS):
        rows = np.flatnonzero(token == one)
        # A walk that is thrown back at 4 and 96 cents.
        walk = (np.cumsum(moves[rows]) + 20 + int(luck.integers(0, 60)) - 4) % 184
        mid[rows] = 4 + np.where(walk > 92, 184 - walk, walk)
    half = luck.integers(1, 3, count, dtype=np.int32)
    bid, ask = np.maximum(mid - half + 1, 1), np.minimum(mid + half, 99)
    # What a fill saw is what the last tick of its token showed: engines that know only ticks must agree.
    for one in range(TOKENS):
        rows = np.flatnonzero(token == one)
        last = np.maximum.accumulate(np.where(is_signal[rows], -1, np.arange(len(rows))))
        known = last >= 0
        bid[rows[known]], ask[rows[known]] = bid[rows[last[known]]], ask[rows[last[known]]]
        is_signal[rows[~known]] = False
    price = np.clip(ask + luck.integers(-2, 3, count, dtype=np.int32), 1, 99)
    return Columns(
        at=at,
        is_signal=is_signal,
        token=token,
        bid=bid.astype(np.int32),
        ask=ask.astype(np.int32),
        depth=luck.integers(400, 20_000, count, dtype=np.int32) * 10,
        leader=_zipf(luck, LEADERS, count),
        side=(luck.random(count) < 0.3).astype(np.int8),
        price=price.astype(np.int32),
    )


def _zipf(luck: np.random.Generator, kinds: int, count: int) -> npt.NDArray[np.int32]:
    weights = 1.0 / np.arange(1, kinds + 1)
    return luck.choice(kinds, count, p=weights / weights.sum()).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What every engine must agree on. Units: micro-collateral."""

    buys: int
    exits: int
    spent: int
    received: int

    def as_row(self) -> dict[str, int]:
        """Plain values."""
        return {"buys": self.buys, "exits": self.exits, "spent": self.spent, "received": self.received}


def config() -> Any:
    """The strategy as our own configuration."""
    from copytrade_live.core.config import DecisionConfig

    return DecisionConfig.model_validate(
        {
            "filter": {
                "max_price_move": 0.0,
                "min_liquidity": MIN_DEPTH,
                "max_spread": MAX_SPREAD,
                "min_leader_notional": 0.0,
                "min_price": MIN_PRICE / CENTS,
                "max_price": MAX_PRICE / CENTS,
            },
            "score": {"max_age_seconds": 1e12},
            "sizing": {"probation_notional": STAKE, "max_per_leader": 1.0, "max_per_market": 1.0, "max_per_event": 1.0},
            "risk": {
                "max_positions": 5 * TOKENS,
                "max_leader_copies_per_minute": 1000,
                "max_copies_per_minute": 1000,
                "leader_drawdown_base": 1e12,
                "leader_loss_streak": 10**9,
                "max_gross_exposure": 1.0,
            },
            "execution": {"max_slippage": 0.0, "repost_count": 0},
            "exit": {"take_profit": TAKE_PROFIT, "stop_loss": STOP_LOSS},
            "bankroll": {"starting_cash": 1e9},
        }
    )


def assumptions() -> Any:
    """Orders meet the book at once and settle at once, for nothing."""
    from copytrade_live.backtest_settings import BacktestConfig

    return BacktestConfig(
        queue="crossed",
        fees="none",
        latency="fixed",
        order_seconds=(0.0,),
        taker_delay_seconds=0.0,
        settlement_seconds=0.0,
        settlement_failure_rate=0.0,
        redemption_seconds=0.0,
        held_seconds=1e9,
        equity_seconds=86_400.0,
    )


def observations(tape: Columns) -> Iterator[Any]:
    """The tape as the core observes it, made as it is read."""
    from copytrade_live.core.events import BookObserved, GateObserved, LeaderFillObserved, ScoresPublished
    from copytrade_live.core.market import Book, Level, Role, Side
    from copytrade_live.core.score import Gate, ScoreSnapshot
    from copytrade_live.core.signal import Signal

    start = int(tape.at[0]) - 1
    scores = ScoreSnapshot(snapshot_id="bench", as_of=start, rows={_wallet(one): _score(one) for one in range(LEADERS)})
    gate = Gate(is_open=True, reasons=(), snapshot_id="bench", written_at=start, valid_until=1 << 60)
    yield ScoresPublished(event_at=start, observed_at=start, snapshot=scores)
    yield GateObserved(event_at=start, observed_at=start, gate=gate)
    markets = [_market(one) for one in range(TOKENS)]
    names = [market.token_ids[0] for market in markets]
    wallets = [_wallet(one) for one in range(LEADERS)]
    sides = (Side.BUY, Side.SELL)
    for first in range(0, len(tape), 8192):
        part = slice(first, first + 8192)
        rows = zip(
            tape.at[part].tolist(),
            tape.is_signal[part].tolist(),
            tape.token[part].tolist(),
            tape.bid[part].tolist(),
            tape.ask[part].tolist(),
            tape.depth[part].tolist(),
            tape.leader[part].tolist(),
            tape.side[part].tolist(),
            tape.price[part].tolist(),
            strict=True,
        )
        for place, (at, is_signal, token, bid, ask, depth, leader, side, price) in enumerate(rows, first):
            size, count = float(depth), LEVELS if is_signal else 1
            book = Book(
                token_id=names[token],
                bids=tuple([Level(cents / 100, size) for cents in range(bid, max(bid - count, 0), -1)]),
                asks=tuple([Level(cents / 100, size) for cents in range(ask, min(ask + count, 100))]),
                event_at=at,
                observed_at=at,
            )
            if not is_signal:
                yield BookObserved(event_at=at, observed_at=at, book=book)
                continue
            signal = Signal(
                signal_id=f"s{place}",
                wallet=wallets[leader],
                condition_id=markets[token].condition_id,
                token_id=names[token],
                outcome="Yes",
                side=sides[side],
                role=Role.TAKER,
                price=price / 100,
                size=1000.0,
                event_at=at,
                observed_at=at,
                tx_hash="",
            )
            yield LeaderFillObserved(event_at=at, observed_at=at, signal=signal, book=book, market=markets[token])


def _wallet(number: int) -> str:
    return f"0x{number:040x}"


def _market(number: int) -> Any:
    from copytrade_live.core.market import Market, MarketStatus

    return Market(
        condition_id=f"0x{number:064x}",
        token_ids=(f"{10**70 + 2 * number}", f"{10**70 + 2 * number + 1}"),
        outcomes=("Yes", "No"),
        event_id=f"event-{number}",
        category="politics",
        tick_size=0.01,
        min_order_size=5.0,
        fee_rate=0.0,
        fee_exponent=1.0,
        neg_risk=False,
        end_at=None,
        status=MarketStatus.OPEN,
        accepting_orders=True,
        observed_at=0,
    )


def _score(number: int) -> dict[str, Any]:
    from copytrade_live.core.score import OVERALL, TraderScore

    # Too few events to be judged, so every leader is copied for the same stake.
    row = TraderScore(
        wallet=_wallet(number),
        category=OVERALL,
        as_of=0,
        score_version="bench",
        edge_mean=0.05,
        edge_sd=0.02,
        p_pos=0.9,
        lcb10=0.01,
        n_events=1,
        n_eff=1.0,
        coverage=1.0,
        copy_cost_mean=0.01,
        maker_share=0.0,
        rank=1.0,
    )
    return {OVERALL: row}
