"""A small market world in frames: wallets trade, mids move, markets resolve, all by plain calls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from copytrade_live.core.market import DAY, HOUR, SECOND, Instant
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.scoring.episodes import merge_fills
from copytrade_pipelines.scoring.evidence import TIME, Evidence, fills_known_by
from copytrade_pipelines.scoring.evidence_table import evidence_table
from copytrade_pipelines.scoring.observations import weights
from copytrade_pipelines.scoring.parameters import ScoreParameters, parameters_of
from copytrade_pipelines.scoring.scores import Collected, collect, score_wallets

START: Instant = 1_750_000_000_000
LAG = 10 * SECOND


def at(instant: Instant | None) -> Any:
    return pd.NaT if instant is None else pd.Timestamp(instant, unit="ms")


def frame(rows: list[dict[str, Any]], columns: tuple[str, ...], times: tuple[str, ...] = ()) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=list(columns))
    return made.astype({name: TIME for name in times})


# This world's mids stand a day apart.
PARAMETERS = replace(parameters_of(CopytradeConfig()), horizon_hours=24.0)


@dataclass
class World:
    """What happened, row by row; evidence() and scores() hand it to the scorer."""

    fills: list[dict[str, Any]] = field(default_factory=list)
    markets: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    prices: list[dict[str, Any]] = field(default_factory=list)
    books: list[dict[str, Any]] = field(default_factory=list)
    copies: list[dict[str, Any]] = field(default_factory=list)
    clusters: list[dict[str, Any]] = field(default_factory=list)
    wallets: list[dict[str, Any]] = field(default_factory=list)
    parameters: ScoreParameters = field(default_factory=lambda: PARAMETERS)
    now: Instant = START + 60 * DAY

    def watch(self, wallet: str, *, complete: bool = True, coverage: float = 1.0) -> None:
        self.wallets.append({"wallet": wallet, "coverage": coverage, "history_complete": complete})

    def market(self, name: str, *, fee: float = 0.0, category: str = "sports", **more: Any) -> str:
        row = {"condition_id": name, "event_id": f"event-{name}", "category": category, "fee_rate": fee}
        row |= {"fee_exponent": 1.0, "end_at": at(START + 90 * DAY), "closed_at": pd.NaT}
        row |= {"token_ids": [f"{name}-yes", f"{name}-no"], "neg_risk": False, "event_size": None} | more
        self.markets.append(row)
        return name

    def fill(
        self, wallet: str, market: str, price: float, *, stake: float = 100.0, when: Instant = START, **more: Any
    ) -> None:
        row = {
            "fill_id": f"f{len(self.fills):06d}",
            "wallet": wallet,
            "condition_id": market,
            "token_id": f"{market}-yes",
        }
        row |= {"side": "BUY", "role": "taker", "price": price, "size": stake / price}
        self.fills.append(row | {"event_at": at(when), "observed_at": at(when + LAG)} | more)

    def volume(self, market: str, when: Instant, stake: float = 10_000.0) -> None:
        """Somebody we do not follow trades, resting, so that neither mids nor costs are read off it."""
        self.fill("0xsomebody", market, 0.5, stake=stake, when=when, role="maker")

    def mid(self, market: str, when: Instant, mid: float) -> None:
        self.prices.append({"token_id": f"{market}-yes", "at": at(when), "mid": mid})

    def resolve(self, market: str, payout: float, when: Instant) -> None:
        for token, paid in (("yes", payout), ("no", 1.0 - payout)):
            row = {"token_id": f"{market}-{token}", "payout": paid}
            self.outcomes.append(row | {"resolved_at": at(when), "known_at": at(when + HOUR)})

    def bet(self, wallet: str, number: int, price: float, later: float, payout: float, **more: Any) -> None:
        """One bet in a market of its own: bought, marked 23 h later, paid out on day 40."""
        market = self.market(f"{wallet}-{number}")
        when = START + number * HOUR
        self.fill(wallet, market, price, when=when, **more)
        self.mid(market, when + 23 * HOUR, later)
        self.resolve(market, payout, START + 40 * DAY)

    def fill_frame(self) -> pd.DataFrame:
        columns = ("fill_id", "wallet", "condition_id", "token_id", "side", "role", "price", "size")
        return frame(self.fills, (*columns, "event_at", "observed_at"), ("event_at", "observed_at"))

    def evidence(self) -> Evidence:
        market = ("condition_id", "event_id", "category", "fee_rate", "fee_exponent", "end_at", "closed_at")
        market += ("token_ids", "neg_risk", "event_size")
        book = ("token_id", "event_at", "observed_at", "bids", "asks")
        return Evidence(
            wallets=frame(self.wallets, ("wallet", "coverage", "history_complete")),
            markets=frame(self.markets, market, ("end_at", "closed_at")),
            outcomes=frame(
                self.outcomes, ("token_id", "payout", "resolved_at", "known_at"), ("resolved_at", "known_at")
            ),
            books=frame(self.books, book, ("event_at", "observed_at")),
            prices=frame(self.prices, ("token_id", "at", "mid"), ("at",)),
            copies=frame(self.copies, ("wallet", "slippage", "known_at"), ("known_at",)),
            clusters=frame(self.clusters, ("wallet", "cluster_id", "known_at"), ("known_at",)),
        )

    def scores(self, as_of: Instant | None = None, **changed: Any) -> pd.DataFrame:
        parameters = replace(self.parameters, **changed)
        return score_wallets(self.fill_frame(), self.evidence(), as_of or self.now, parameters)

    def collected(self, as_of: Instant | None = None) -> Collected:
        return collect(self.fill_frame(), self.evidence(), as_of or self.now, self.parameters)

    def seen(self, as_of: Instant | None = None) -> pd.DataFrame:
        """The evidence of every episode that opens, in order of its start."""
        frame = self.collected(as_of).built.frame
        known = fills_known_by(self.fill_frame(), as_of or self.now)
        return evidence_table(frame, known).sort_values("started_at", kind="stable", ignore_index=True)

    def events(self, wallet: str) -> pd.DataFrame:
        """A wallet's events, with the weight that each has now."""
        found = self.collected()
        table = found.events.frame(found.built.frame)
        table["weight"] = weights(found.events, self.parameters.half_life_days, self.now)
        return table[table["wallet"] == wallet]

    def episodes(self) -> pd.DataFrame:
        """Every episode, in order of its start."""
        made = merge_fills(self.fill_frame(), self.evidence().markets, self.parameters)
        return made.sort_values("started_at", kind="stable", ignore_index=True)

    def overall(self, as_of: Instant | None = None, **changed: Any) -> pd.DataFrame:
        """Overall rows by wallet."""
        rows = self.scores(as_of, **changed)
        return rows[rows["category"] == "overall"].set_index("wallet")


def crowd(world: World, seed: int = 7, wallets: int = 30, bets: int = 30) -> None:
    """Wallets without skill, who pay the spread: a population for others to be shrunk to."""
    draw = np.random.default_rng(seed)
    for number in range(wallets):
        wallet = f"0xnoise{number:02d}"
        world.watch(wallet)
        for bet in range(bets):
            mid = float(draw.uniform(0.2, 0.8))
            later = float(np.clip(mid + draw.normal(0, 0.04), 0.02, 0.98))
            world.bet(wallet, bet, round(mid + 0.006, 4), later, float(draw.random() < later))
