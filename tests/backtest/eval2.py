"""One recorded wallet copied at the recorded best ask, through the driver: what an independent query computed too.

Each of its fills is a market of its own on the tape, so that no copy stands in another's way, and pays out as the
window did; each window is a run. Stakes are a million times the wallet's, so that orders in hundredths of a share are
exact to its millionths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import GateObserved, LeaderFillObserved, MarketResolved, Observation, ScoresPublished
from copytrade_live.core.market import DAY, SECOND, Book, BookSource, Instant, Level, Market, MarketStatus, Role, Side
from copytrade_live.core.pricing import cost_per_share, from_micro
from copytrade_live.core.signal import Signal
from copytrade_live.core.sizing import Stake
from copytrade_pipelines.backtest import run
from copytrade_pipelines.backtest.fill_models import Crossing, best_price, book_walk
from copytrade_pipelines.backtest.ledger import CopyTrade
from copytrade_pipelines.backtest.prints import Print
from tests import builders

SCALE = 1_000_000
QUOTE_WAIT = 5
_SETTLES_AFTER = 7 * SECOND
_TICK = 0.001
# What crypto markets charged in 2026: see the venue's fee schedule.
FEE_RATE = 0.07


@dataclass(frozen=True)
class Quote:
    """Best prices of both outcomes and the shares at the five best offers of each; 0 where a side was empty."""

    asks: tuple[float, float]
    bids: tuple[float, float]
    sizes: tuple[float, float]


@dataclass(frozen=True)
class LeaderFill:
    """A fill of the wallet, and whether its outcome won."""

    number: int
    market: str
    place: int
    price: float
    size: float
    at: Instant
    wins: bool

    @property
    def token(self) -> str:
        return f"{self.market}/{self.place}/{self.number}"


class Recording:
    """The windows that their own last quote settles, as the oracle takes them."""

    def __init__(self, folder: Path, windows: int | None = None) -> None:
        con = duckdb.connect()
        con.execute("set TimeZone = 'UTC'")
        con.execute(
            f"""create view chosen as select market_key, winner from '{folder}/eval1/markets.parquet'
            where basis = 'last 1Hz quote >=0.98' order by market_key {f"limit {windows}" if windows else ""}"""
        )
        quotes = con.execute(
            f"""select market_key, epoch_ms(ts_utc), epoch_ms(Expiration), UpAsk, DownAsk, UpBid, DownBid,
                UpAskTop5Size, DownAskTop5Size
            from read_parquet('{folder}/eval2/quotes_1hz.parquet', file_row_number = true)
            semi join chosen using (market_key) where ts_utc < Expiration order by file_row_number"""
        ).fetchall()
        self.quotes: dict[tuple[str, Instant], Quote] = {}
        for market, at, _, up, down, up_bid, down_bid, up_size, down_size in quotes:
            self.quotes.setdefault((market, at), Quote((up, down), (up_bid, down_bid), (up_size, down_size)))
        fills = con.execute(
            f"""select market_key, if(outcome = 'Up', 0, 1), price, size, epoch_ms(ts_utc), outcome = winner
            from read_parquet('{folder}/eval2/fills_in_quoted_windows.parquet', file_row_number = true)
            join chosen using (market_key) order by ts_utc, file_row_number"""
        ).fetchall()
        self.fills = [LeaderFill(number, *row) for number, row in enumerate(fills)]

    @property
    def windows(self) -> list[list[LeaderFill]]:
        """The fills of each window."""
        by_market: dict[str, list[LeaderFill]] = {}
        for fill in self.fills:
            by_market.setdefault(fill.market, []).append(fill)
        return list(by_market.values())

    def book(self, token_id: str, now: Instant) -> Book | None:
        """The quote of exactly this second: an order waits for the next one."""
        market, place, _ = token_id.split("/")
        quote = self.quotes.get((market, now))
        return None if quote is None else _book(token_id, quote, int(place), now)

    def prints(self, token_id: str, since: Instant, until: Instant) -> Iterable[Print]:
        """None were recorded."""
        return ()

    def saw(self, observation: Observation) -> None:
        """Nothing to learn."""


def tape(fills: list[LeaderFill], delay: int, *, fee_rate: float, scale: float) -> Iterator[Observation]:
    """Fills as they happened, and each one's payout once its copy can be no more."""
    start = fills[0].at - SECOND
    snapshot = builders.snapshot(as_of=start)
    yield ScoresPublished(event_at=start, observed_at=start, snapshot=snapshot)
    yield GateObserved(event_at=start, observed_at=start, gate=builders.gate(valid_until=start + 30 * DAY))
    due = 0
    for fill in fills:
        while fills[due].at + delay * SECOND + _SETTLES_AFTER < fill.at:
            yield _payout(fills[due], delay)
            due += 1
        yield _seen(fill, fee_rate, scale)
    for fill in fills[due:]:
        yield _payout(fill, delay)


def at_once(crossing: Crossing) -> Iterable[tuple[int, float]]:
    """All of it at the best price of the first quote, or nothing."""
    return () if crossing.is_resting else best_price(crossing)


def walk_at_once(crossing: Crossing) -> Iterable[tuple[int, float]]:
    """What the first quote offers, or nothing."""
    return () if crossing.is_resting else book_walk(crossing)


def cross(side: Side, anchor: float, best: float, attempt: int, tick: float, config: Any) -> float:
    """Whatever it costs."""
    return 1.0


def same_size(context: Any, market: Market, score: Any, cost: float) -> Stake:
    """As many shares as the leader, counted at the worst price, as sizes are."""
    worst = cost_per_share(round(1.0 - _TICK, 6), market.fee_rate, market.fee_exponent)
    notional = context.signal.size * worst * (1.0 + 1e-13)
    return Stake(belief=cost, edge=0.0, kelly_full=0.0, kelly_applied=0.0, notional=notional)


def decisions(delay: int) -> DecisionConfig:
    """A config that refuses nothing. A slippage without limit is not for a config file: it is put past its check."""
    without_limit = 10**9
    config = DecisionConfig.model_validate(
        {
            "filter": {
                "max_price_move": 1.0,
                "min_liquidity": 0.0,
                "max_spread": 1.0,
                "min_leader_notional": 0.0,
                "max_price": 1.0,
                "min_price": 0.0,
                "min_hours_to_resolution": 0.0,
            },
            "score": {"max_age_seconds": 30 * 86_400.0},
            "sizing": {
                "rule": f"{__name__}:same_size",
                "max_per_trade": 1.0,
                "max_per_market": 1.0,
                "max_per_leader": 1.0,
                "max_per_event": 1.0,
                "min_notional": 1.0,
            },
            "risk": {
                "weekly_drawdown_halt": 1.0,
                "daily_soft_stop": 1.0,
                "leader_drawdown_cutoff": 1.0,
                "leader_drawdown_base": 1e18,
                "leader_loss_streak": without_limit,
                "max_gross_exposure": 1.0,
                "reserve": 0.0,
                "max_positions": without_limit,
                "max_leader_copies_per_minute": without_limit,
                "max_copies_per_minute": without_limit,
            },
            "execution": {
                "policy": f"{__name__}:cross",
                "order_ttl_seconds": delay + QUOTE_WAIT + 0.5,
                "repost_count": 0,
            },
            "exit": {"policy": "hold"},
            "bankroll": {"starting_cash": 1e13},
        }
    )
    execution = config.execution.model_copy(update={"max_slippage": 1e6})
    return config.model_copy(update={"execution": execution})


def copy_wallet(
    recording: Recording, delay: int, *, fills: str = "at_once", fee_rate: float = 0.0, scale: float = SCALE
) -> list[CopyTrade]:
    """Copy every fill of the wallet a delay later."""
    assumptions = BacktestConfig(
        fills=f"{__name__}:{fills}",
        queue="crossed",
        fees="market",
        latency="fixed",
        order_seconds=(float(delay),),
        taker_delay_seconds=0.0,
        settlement_seconds=0.0,
        settlement_failure_rate=0.0,
        redemption_seconds=0.0,
    )
    config = decisions(delay)
    return [
        trade
        for window in recording.windows
        for trade in run(
            tape(window, delay, fee_rate=fee_rate, scale=scale), config, assumptions=assumptions, books=recording
        ).trades
        if trade.is_filled
    ]


def figures(filled: list[CopyTrade], scale: float = SCALE) -> dict[str, float]:
    """What the oracle says of the copies that were filled."""
    cost = sum(trade.paid for trade in filled)
    received = sum(trade.received for trade in filled)
    at_leader = sum(trade.leader_price * from_micro(trade.size) for trade in filled)
    return {
        "n": len(filled),
        "wallet_cost": round(at_leader / scale, 2),
        "copy_cost": round(from_micro(cost) / scale, 2),
        "wallet_pnl": round((from_micro(received) - at_leader) / scale, 2),
        "copy_pnl": round(from_micro(received - cost) / scale, 2),
    }


def by_query(folder: Path, delay: int, windows: int) -> dict[str, float]:
    """The same figures of the first windows as one query."""
    row = duckdb.execute(
        f"""with chosen as (
            select market_key, winner from '{folder}/eval1/markets.parquet' where basis = 'last 1Hz quote >=0.98'
            order by market_key limit {windows}
        ),
        quotes as (
            select market_key, ts_utc, arg_min(struct_pack(Up := UpAsk, Down := DownAsk), file_row_number) as asks
            from read_parquet('{folder}/eval2/quotes_1hz.parquet', file_row_number = true)
            where ts_utc < Expiration group by all
        ),
        met as (
            select fills.*, winner, if(outcome = 'Up', quotes.asks.Up, quotes.asks.Down) as ask,
                quotes.ts_utc - fills.ts_utc - interval {delay} second as waited
            from '{folder}/eval2/fills_in_quoted_windows.parquet' as fills
            join chosen using (market_key)
            asof join quotes on fills.market_key = quotes.market_key
                and fills.ts_utc + interval {delay} second <= quotes.ts_utc
        )
        select count(*), sum(price * size), sum(ask * size), sum(((outcome = winner)::int - price) * size),
            sum(((outcome = winner)::int - ask) * size)
        from met where ask > 0 and waited <= interval {QUOTE_WAIT} second"""
    ).fetchone()
    assert row is not None
    names = ("n", "wallet_cost", "copy_cost", "wallet_pnl", "copy_pnl")
    return {name: round(value, 2) for name, value in zip(names, row, strict=True)}


def _seen(fill: LeaderFill, fee_rate: float, scale: float) -> LeaderFillObserved:
    signal = Signal(
        signal_id=f"f{fill.number}",
        wallet=builders.WALLET,
        condition_id=f"c{fill.number}",
        token_id=fill.token,
        outcome="",
        side=Side.BUY,
        role=Role.TAKER,
        price=fill.price,
        size=fill.size * scale,
        event_at=fill.at,
        observed_at=fill.at,
        tx_hash="",
    )
    # What it decides on is only that it was offered what the wallet paid.
    around = (Level(0.99 * fill.price, 1e12),), (Level(fill.price, 1e12),)
    book = Book(
        token_id=fill.token,
        bids=around[0],
        asks=around[1],
        event_at=fill.at,
        observed_at=fill.at,
        source=BookSource.MODELLED,
    )
    market = Market(
        condition_id=f"c{fill.number}",
        token_ids=(fill.token, f"other/{fill.number}"),
        outcomes=("this", "other"),
        event_id=f"e{fill.number}",
        category="crypto",
        tick_size=_TICK,
        min_order_size=0.0,
        fee_rate=fee_rate,
        fee_exponent=1.0,
        neg_risk=False,
        end_at=None,
        status=MarketStatus.OPEN,
        accepting_orders=True,
        observed_at=fill.at,
    )
    return LeaderFillObserved(event_at=fill.at, observed_at=fill.at, signal=signal, book=book, market=market)


def _payout(fill: LeaderFill, delay: int) -> MarketResolved:
    at = fill.at + delay * SECOND + _SETTLES_AFTER
    won = 1.0 if fill.wins else 0.0
    payouts = ((fill.token, won), (f"other/{fill.number}", 1.0 - won))
    return MarketResolved(event_at=at, observed_at=at, condition_id=f"c{fill.number}", payouts=payouts)


def _book(token_id: str, quote: Quote, place: int, now: Instant) -> Book:
    bid, ask, size = quote.bids[place], quote.asks[place], quote.sizes[place]
    # Five offers a tick apart share what the five best were recorded to hold.
    offers = (Level(round(ask + step * 0.01, 6), size / 5.0) for step in range(5))
    return Book(
        token_id=token_id,
        bids=(Level(bid, 1.0),) if bid > 0.0 else (),
        asks=tuple(level for level in offers if 0.0 < level.price < 1.0) if ask > 0.0 else (),
        event_at=now,
        observed_at=now,
    )
