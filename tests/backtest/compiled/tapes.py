"""Random tapes of everything that the compiled sweep knows, and random configurations to run over them."""

from __future__ import annotations

from random import Random
from typing import Any

from copytrade_live.backtest_settings import BacktestConfig, like_paper
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    BookObserved,
    GateObserved,
    KillSwitchObserved,
    LeaderFillObserved,
    MarketObserved,
    MarketResolved,
    Observation,
    ScoresPublished,
    TimerFired,
)
from copytrade_live.core.market import DAY, HOUR, Book, BookSource, Level, Market, MarketStatus, Role, Side
from copytrade_live.core.score import OVERALL
from tests.builders import NOW, at, book, config, gate, leader_fill, market, score, snapshot

WALLETS = tuple(f"0xw{number}" for number in range(4))
MARKETS = 8


class World:
    """Markets whose prices walk, and leaders who trade in them."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.now = NOW
        self.mids = [self.rng.uniform(0.15, 0.85) for _ in range(MARKETS)]
        self.pace = self.rng.choice([2_000, 30_000, 600_000])
        self.number = 0
        self.ids: dict[str, int] = {}
        self.reliable = self.rng.random() < 0.8
        self.last: dict[str, Book] = {}

    def tape(self, length: int) -> list[Observation]:
        tape: list[Observation] = [
            ScoresPublished(**at(self.now), snapshot=self.scores()),
            GateObserved(**at(self.now), gate=gate(valid_until=self.now + 60 * DAY)),
        ]
        for _ in range(length):
            self.now += self.step()
            tape.append(self.observation())
        return tape

    def step(self) -> int:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.1:
            return 0
        if kind < 0.13:
            return rng.randrange(HOUR, 8 * HOUR)
        if kind < 0.16:
            return -self.now % DAY
        return rng.randrange(1, 2 * self.pace)

    def scores(self) -> Any:
        rng = self.rng
        rows = []
        for wallet in WALLETS[: rng.choice([3, 4, 4])]:
            for category in rng.choice([(OVERALL,), (OVERALL, "politics"), ("sports",)]):
                rows.append(
                    score(
                        wallet=wallet,
                        category=category,
                        as_of=self.now - HOUR,
                        edge_mean=rng.choice([0.05, 0.12, 0.2]),
                        edge_sd=rng.choice([0.01, 0.05]),
                        p_pos=rng.choice([0.95, 0.9, 0.9, 0.7]),
                        lcb10=rng.choice([0.02, 0.01, -0.05]),
                        n_events=rng.choice([5, 60, 60]),
                        coverage=rng.choice([1.0, 1.0, 1.0, 0.9]),
                        maker_share=rng.choice([0.1, 0.1, 0.1, 0.8]),
                        q_value=rng.choice([None, 0.1, 0.5]),
                        rank=rng.uniform(0, 100),
                        flags=rng.choice([(), (), ("crowded",), ("maker", "decaying")]),
                    )
                )
        return snapshot(*rows, as_of=self.now - HOUR, snapshot_id=f"s{self.now}")

    def observation(self) -> Observation:
        kind, rng = self.rng.random(), self.rng
        self.number += 1
        which = rng.randrange(MARKETS)
        self.mids[which] = min(0.95, max(0.05, self.mids[which] + rng.gauss(0.0, 0.02)))
        if kind < 0.42:
            return self.fill(which)
        if kind < 0.86:
            shown = self.book(which, rng.choice([0, 0, 0, 1]))
            return BookObserved(event_at=shown.event_at, observed_at=self.now, book=shown)
        if kind < 0.90:
            up = rng.choice([0.0, 0.5, 1.0])
            yes, no = tokens(which)
            return MarketResolved(**at(self.now), condition_id=f"0xc{which}", payouts=((yes, up), (no, 1.0 - up)))
        if kind < 0.93:
            return MarketObserved(**at(self.now), market=self.market(which))
        if kind < 0.95:
            return ScoresPublished(**at(self.now), snapshot=self.scores())
        if kind < 0.97 and not self.reliable:
            is_open = rng.random() < 0.8
            until = self.now + rng.choice([HOUR, 30 * DAY, 30 * DAY])
            return GateObserved(**at(self.now), gate=gate(is_open=is_open, valid_until=until))
        if kind < 0.98 and not self.reliable:
            return KillSwitchObserved(**at(self.now), is_active=rng.random() < 0.2)
        return TimerFired(**at(self.now))

    def market(self, which: int, **changes: Any) -> Market:
        values: dict[str, Any] = {
            "condition_id": f"0xc{which}",
            "token_ids": tokens(which),
            "event_id": f"e{which // 3}",
            "neg_risk": which < 6,
            "category": "politics" if which % 2 else "sports",
            "tick_size": (0.01, 0.001)[which % 2],
            "end_at": None if which == 3 else NOW + (2 * which + 1) * DAY,
            "fee_rate": (0.04, 0.0, 0.07)[which % 3],
            "fee_exponent": (1.0, 2.0)[which // 4],
            "observed_at": self.now,
        }
        return market(**{**values, **changes})

    def book(self, which: int, outcome: int) -> Book:
        rng = self.rng
        token = tokens(which)[outcome]
        if token in self.last and rng.random() < 0.2:
            return self.last[token]
        tick, mid = (0.01, 0.001)[which % 2], self.mids[which] if outcome == 0 else 1.0 - self.mids[which]
        half = rng.choice([0.004, 0.008, 0.02])
        bids = [max(tick, round(round((mid - half) / tick - step) * tick, 6)) for step in range(rng.randrange(4))]
        asks = [min(1 - tick, round(round((mid + half) / tick + step) * tick, 6)) for step in range(rng.randrange(4))]
        if rng.random() < 0.9:
            bids, asks = bids or [max(tick, round(mid - half, 2))], asks or [min(1 - tick, round(mid + half, 2))]
        made = book(
            token_id=token,
            bids=tuple(Level(price, rng.choice([3.0, 40.5, 900.0, 20000.0, 17.777])) for price in dict.fromkeys(bids)),
            asks=tuple(Level(price, rng.choice([3.0, 40.5, 900.0, 20000.0, 17.777])) for price in dict.fromkeys(asks)),
            event_at=self.now - 50,
            observed_at=self.now,
            source=rng.choice([BookSource.RECORDED, BookSource.RECORDED, BookSource.MODELLED]),
        )
        self.last[token] = made
        return made

    def fill(self, which: int) -> LeaderFillObserved:
        rng, outcome = self.rng, self.rng.choice([0, 0, 0, 1])
        known = [name for name, first in self.ids.items() if self.now - first <= 2 * HOUR][-8:]
        name = rng.choice(known) if known and rng.random() < 0.04 else f"f{self.number}"
        self.ids.setdefault(name, self.now)
        shown = self.book(which, outcome)
        near = (shown.best_bid or 0.4) + (shown.best_ask or 0.6)
        price = min(0.99, max(0.01, near / 2.0 + rng.choice([0.0, 0.0, 0.001, 0.01, -0.02])))
        status = rng.choice([MarketStatus.OPEN] * 12 + [MarketStatus.CLOSED, MarketStatus.DISPUTED])
        lag = rng.choice([2000, 5000, 5000, 5000, 5000, 40_000])
        return leader_fill(
            self.now,
            signal_id=name,
            wallet=rng.choice(WALLETS),
            condition_id=f"0xc{which}",
            token_id=tokens(which)[outcome],
            price=price,
            size=rng.choice([10.0, 500.0, 3000.0]),
            side=Side.SELL if rng.random() < 0.3 else Side.BUY,
            role=rng.choice(list(Role)),
            event_at=self.now - lag,
            leader_size_before=rng.choice([None, 0.0, 1000.0, 6000.0]),
            with_book=None if rng.random() < 0.03 else shown,
            with_market=None if rng.random() < 0.03 else self.market(which, status=status),
        )


def tokens(which: int) -> tuple[str, str]:
    return f"{which}1", f"{which}2"


def random_tape(seed: int, length: int = 300) -> list[Observation]:
    """A tape as a function of a seed."""
    return World(seed).tape(length)


def random_config(seed: int) -> DecisionConfig:
    """A configuration: mostly wide open, so that much happens, and any of its limits tight now and then."""
    rng = Random(seed + 1)
    share = rng.choice([0.0, 0.03, 0.03, 0.2])

    def some(wide: Any, *tight: Any) -> Any:
        return rng.choice(tight) if rng.random() < share else wide

    step = rng.choice([0.0, 0.005, 0.02])
    policies = ("rules", "mirror", "take_profit", "stop_loss", "time", "hold")
    return config(
        filter={
            "max_signal_age_seconds": some(60.0, 4.0),
            "max_feed_lag_seconds": some(60.0, 4.0),
            "max_price_move": some(0.2, 0.02),
            "min_liquidity": some(1.0, 50.0, 1000.0),
            "max_spread": some(0.4, 0.04),
            "max_book_age_seconds": some(1e6, 20.0),
            "min_leader_notional": some(1.0, 100.0),
            "max_price": some(0.99, 0.6),
            "min_price": some(0.01, 0.4),
            "min_hours_to_resolution": some(0.0, 30.0),
            "markets_denied": some((), ("0xc1", "0xc2")),
            "markets_allowed": some((), ("0xc0", "0xc1", "0xc4", "0xc5")),
        },
        score={
            "min_p_pos": some(0.5, 0.85),
            "min_lcb10": some(-0.5, 0.0),
            "min_coverage": some(0.5, 0.95),
            "max_maker_share": some(1.0, 0.5),
            "refused_flags": some((), ("decaying",)),
            "max_q_value": some(1.0, 0.2),
            "require_q_value": some(False, True),
            "max_age_seconds": some(1e7, 2 * 86400.0),
            "probation": some(True, False),
        },
        sizing={
            "kelly_multiplier": rng.choice([0.25, 1.0]),
            "max_per_trade": some(0.08, 0.02),
            "max_per_market": some(0.08, 0.08),
            "max_per_leader": some(1.0, 0.1),
            "max_per_event": some(1.0, 0.1),
            "min_notional": rng.choice([1.0, 10.0]),
            "decay_hours": some(0.0, 24.0, 100.0),
        },
        risk={
            "weekly_drawdown_halt": some(1.0, 0.002, 0.01),
            "daily_soft_stop": some(1.0, 0.005, 0.02),
            "leader_drawdown_cutoff": some(1.0, 0.01, 0.05),
            "leader_loss_streak": some(100, 1, 2),
            "leader_record_half_life_days": rng.choice([0.05, 1.0, 30.0]),
            "max_gross_exposure": some(1.0, 0.2),
            "reserve": some(0.0, 0.5),
            "max_positions": some(25, 1, 3),
            "max_leader_copies_per_minute": some(60, 1),
            "max_copies_per_minute": some(60, 1, 2),
        },
        execution={
            "max_slippage": rng.choice([0.015, 0.1, 0.1]),
            "order_ttl_seconds": rng.choice([3.0, 15.0, 60.0]),
            "repost_count": rng.choice([0, 2, 4]),
            "repost_step": step,
        },
        exit={
            "policy": rng.choice(["rules", "rules", *policies]),
            "take_profit": rng.choice([0.1, 0.3, 1.0]),
            "stop_loss": rng.choice([0.05, 0.3, 1.0]),
            "mirror_leader_exits": some(True, False),
            "time_exit_hours": some(4.0, 0.0, 50.0),
        },
        bankroll={"starting_cash": rng.choice([1000.0, 1000.0, 150.0, 5e6])},
        leaders=some(
            {}, {WALLETS[0]: {"exit_policy": rng.choice(policies), "max_per_trade": 0.01, "max_exposure": 0.05}}
        ),
    )


def random_assumptions(seed: int, settings: DecisionConfig) -> BacktestConfig:
    """Assumptions: the defaults, paper's, or any others."""
    rng = Random(seed + 2)
    if rng.random() < 0.2:
        return BacktestConfig(seed=seed)
    if rng.random() < 0.2:
        return like_paper(settings.paper)
    return BacktestConfig(
        seed=seed,
        fills=rng.choice(["book_walk", "book_walk", "best_price"]),
        queue=rng.choice(["behind", "proportional", "crossed"]),
        fees=rng.choice(["market", "taker", "none"]),
        order_seconds=rng.choice([(0.5,), (0.2, 0.35, 0.45, 0.7, 2.0), (0.0, 20.0)]),
        taker_delay_seconds=rng.choice([0.0, 0.15, 3.0]),
        settlement_seconds=rng.choice([0.0, 10.0, 4000.0]),
        settlement_failure_rate=rng.choice([0.0, 0.01, 0.3, 1.0]),
        redemption_seconds=rng.choice([0.0, 60.0, 90_000.0]),
        held_seconds=rng.choice([300.0, 60.0, 3600.0]),
        order_look_seconds=rng.choice([1.0, 0.4, 5.0]),
        equity_seconds=rng.choice([3600.0, 60.0]),
    )
