"""Wallets of known skill before and after a freeze, with what several scores believed of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.scoring.evidence import TIME, moment
from copytrade_pipelines.scoring.report_card.card import Question
from copytrade_pipelines.scoring.report_card.rules import CardRules, rules_of
from tests.scoring.frames import START_MS, episode, frame_of

DAY = 86_400_000
AS_OF = START_MS + 60 * DAY
HORIZON = 30
RULES = replace(
    rules_of(CopytradeConfig()), horizons_days=(HORIZON,), resamples=200, max_ic_width=0.3, max_roi_width=0.1
)
# The spread of skill between wallets, and how well a record shows it.
MEAN, SKILL, NOISE = -0.01, 0.05, 0.03
SPREAD = 0.01


@dataclass(frozen=True)
class Wallets:
    names: np.ndarray
    skill: np.ndarray
    measured: np.ndarray


def draw_wallets(seed: int, count: int = 240) -> Wallets:
    """Copier's edges, and what a record of each shows."""
    draw = np.random.default_rng(seed)
    skill = draw.normal(MEAN, SKILL, count)
    names = np.array([f"0x{number:04d}" for number in range(count)], dtype=object)
    return Wallets(names, skill, skill + draw.normal(0.0, NOISE, count))


def bets_of(wallets: Wallets, seed: int, bets: int, first_day: float, last_day: float) -> list[dict[str, Any]]:
    """Bets in a market of their own each, won as often as the wallet's skill says; days since START_MS."""
    draw = np.random.default_rng([seed, bets])
    rows = []
    for wallet, skill in zip(wallets.names, wallets.skill, strict=True):
        for number, day in enumerate(np.sort(draw.uniform(first_day, last_day, bets))):
            bought = float(draw.uniform(0.25, 0.75))
            cost = bought + SPREAD
            payout = float(draw.random() < cost + skill)
            rows.append(
                episode(
                    wallet, day * DAY / 1000.0, market=f"{wallet}-{first_day:.0f}-{number}", price=bought,
                    bought=bought, start=bought, stake=100.0 * bought, copy_price=cost, cost=cost, payout=payout,
                    later_mid=cost + 0.6 * skill,
                )
            )  # fmt: skip
    return rows


def scores_of(
    wallets: Wallets, version: str, mean: np.ndarray, sd: np.ndarray | float, at: int, **more: Any
) -> pd.DataFrame:
    """Rows of marts.fct_trader_scores."""
    spread = np.broadcast_to(sd, mean.shape)
    rows = pd.DataFrame({"wallet": wallets.names, "edge_mean": mean, "edge_sd": spread, "p_pos": ndtr(mean / spread)})
    rows["rank"] = 100.0 * (mean - 1.2816 * spread).argsort().argsort() / len(mean)
    given = {"category": "overall", "score_version": version, "maker_share": 0.0, "coverage": 1.0, **more}
    rows = rows.assign(**given, flags=[[]] * len(rows), as_of=moment(at), known_at=moment(at))
    return rows.astype({"as_of": TIME, "known_at": TIME})


def belief(wallets: Wallets) -> tuple[np.ndarray, float]:
    """What is rightly believed of each wallet from its record."""
    gain = SKILL**2 / (SKILL**2 + NOISE**2)
    return MEAN + gain * (wallets.measured - MEAN), float(np.sqrt(gain) * NOISE)


def versions_of(wallets: Wallets, at: int, seed: int = 5) -> pd.DataFrame:
    """Scores that are right, that are luck, and that are right about ranks and far too sure."""
    mean, sd = belief(wallets)
    mixed = np.random.default_rng(seed).permutation(mean)
    return pd.concat(
        [
            scores_of(wallets, "right", mean, sd, at),
            scores_of(wallets, "luck", mixed, sd, at),
            scores_of(wallets, "sure", 3.0 * (mean - MEAN) + MEAN, sd / 4.0, at),
        ],
        ignore_index=True,
    )


def tapes(rows: list[dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The fills and payouts behind bets."""
    table = pd.DataFrame(rows)
    at = table["started_at"].to_numpy().view("datetime64[us]")
    fills = pd.DataFrame(
        {"fill_id": table["market"], "wallet": table["wallet"], "condition_id": table["market"],
         "token_id": table["token"], "side": "BUY", "role": "taker", "price": table["bought"], "size": table["size"],
         "event_at": at, "observed_at": at}
    )  # fmt: skip
    outcomes = pd.DataFrame({"token_id": table["token"], "payout": table["payout"], "resolved_at": at, "known_at": at})
    return fills, outcomes


def question(seed: int = 1, *, count: int = 240, bets: int = 40, champion: str = "right", **changed: Any) -> Question:
    """A card as of AS_OF over three versions frozen HORIZON days before."""
    wallets = draw_wallets(seed, count)
    frozen = AS_OF - HORIZON * DAY
    past, future = bets_of(wallets, seed, 8, 1.0, 29.0), bets_of(wallets, seed, bets, 30.1, 59.0)
    fills, outcomes = tapes(past + future)
    asked = Question(
        as_of=AS_OF,
        versions=("right", "luck", "sure"),
        champion=champion,
        scores=versions_of(wallets, frozen),
        frame=frame_of(past + future),
        fills=fills,
        outcomes=outcomes,
    )
    return replace(asked, **changed)


def card_rules(**changed: Any) -> CardRules:
    return replace(RULES, **changed)
