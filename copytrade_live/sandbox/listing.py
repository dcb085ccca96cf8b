"""The synthetic world's markets: what they ask, how long they live, what they charge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from copytrade_live.core.market import DAY, HOUR, MINUTE, Instant
from copytrade_live.sandbox.ids import hex_id, token_id
from copytrade_live.sandbox.truth import GRID, grid_points, martingale, race
from copytrade_live.sandbox.world import Floats, WorldMarket

FEE_RATES = {"politics": 0.04, "sports": 0.05, "crypto": 0.07, "culture": 0.05, "economics": 0.05}
_TEAMS = (
    "Harbor Owls", "Granite Wolves", "River Kings", "Solar Foxes", "Iron Larks", "Copper Bears", "Northern Pikes",
    "Cedar Hawks", "Stone Rams", "Blue Herons", "Silver Colts", "Desert Lynx",
)  # fmt: skip
_NAMES = (
    "Avery Holt", "Marin Vale", "Tess Calder", "Rowan Pike", "Lena Ostrow", "Hugo Brandt", "Mila Serrano", "Otis Krane",
)  # fmt: skip
_COINS = ("Bitcoin", "Ethereum", "Solana", "XRP")
_EVENTS_A_DAY = 10.8
_WARM_UP: Instant = 7 * DAY
_LIVENESS: Instant = 2 * HOUR


@dataclass(frozen=True, slots=True)
class Listing:
    """A market and the latent path of its first outcome."""

    market: WorldMarket
    truth: Floats


def list_markets(rng: np.random.Generator, seed: int, first_at: Instant, last_at: Instant) -> list[Listing]:
    """Draw every market from a week before the history begins until the world stops listing new ones."""
    days = (last_at - first_at + _WARM_UP) / DAY
    count = int(days * _EVENTS_A_DAY)
    openings = np.sort(rng.uniform(first_at - _WARM_UP, last_at, count)).astype(np.int64)
    listings: list[Listing] = []
    for number, opening in enumerate(openings.tolist()):
        listings.extend(_list_event(rng, seed, number, opening - opening % GRID, len(listings)))
    return listings


def _list_event(rng: np.random.Generator, seed: int, number: int, opened_at: Instant, first: int) -> list[Listing]:
    category = list(FEE_RATES)[int(rng.choice(5, p=[0.22, 0.26, 0.26, 0.13, 0.13]))]
    life = int(np.exp(rng.uniform(np.log(1.0), np.log(8.0))) * DAY) // GRID * GRID
    draft = _Draft(seed, number, category, opened_at, opened_at + life, first)
    points = grid_points(draft.opened_at, draft.end_at)
    if category in ("politics", "culture") and rng.random() < 0.38:
        sides = int(rng.integers(3, 5))
        shares = rng.dirichlet(np.full(sides, 2.0)) * 0.9 + 0.1 / sides
        paths = race(rng, shares.tolist(), points)
        names = [str(name) for name in rng.choice(_NAMES, sides, replace=False)]
        return [
            draft.listing(rng, place, name, path) for place, (name, path) in enumerate(zip(names, paths, strict=True))
        ]
    start = float(rng.beta(1.7, 1.7)) if rng.random() < 0.72 else float(rng.beta(12, 1.3))
    start = start if rng.random() < 0.5 else 1.0 - start
    return [draft.listing(rng, 0, "", martingale(rng, min(max(start, 0.03), 0.97), points))]


@dataclass(frozen=True, slots=True)
class _Draft:
    seed: int
    number: int
    category: str
    opened_at: Instant
    end_at: Instant
    first: int

    def listing(self, rng: np.random.Generator, place: int, candidate: str, truth: Floats) -> Listing:
        is_race = bool(candidate)
        title, question, outcomes = self._words(rng, candidate)
        key = (self.seed, self.number, place)
        slug = _slug(question) + f"-{self.number}"
        event_slug = _slug(title) + f"-{self.number}"
        fate = rng.random()
        disputed = self.end_at + 90 * MINUTE if fate < 0.03 else None
        won = bool(truth[-1] > 0.5)
        payouts = (0.5, 0.5) if 0.03 <= fate < 0.05 and not is_race else ((1.0, 0.0) if won else (0.0, 1.0))
        market = WorldMarket(
            market_id=str(600_000 + self.first + place),
            condition_id=hex_id("condition", *key),
            question_id=hex_id("question", *key),
            question=question,
            slug=slug if is_race else event_slug,
            event_id=str(30_000 + self.number),
            event_slug=event_slug,
            event_title=title,
            category=self.category,
            group_item=candidate,
            outcomes=outcomes,
            token_ids=(token_id("token", *key, 0), token_id("token", *key, 1)),
            tick_size=0.001 if rng.random() < 0.6 else 0.01,
            min_order_size=5.0,
            fee_rate=0.0 if rng.random() < 0.2 else FEE_RATES[self.category],
            neg_risk=is_race,
            opened_at=self.opened_at,
            end_at=self.end_at,
            proposed_at=self.end_at + 10 * MINUTE,
            disputed_at=disputed,
            resolved_at=self.end_at + (_LIVENESS if disputed is None else 26 * HOUR),
            payouts=payouts,
        )
        return Listing(market, truth)

    def _words(self, rng: np.random.Generator, candidate: str) -> tuple[str, str, tuple[str, str]]:
        if candidate:
            topic = "the Westmark council seat" if self.category == "politics" else "the Lantern Prize"
            return (
                f"Who wins {topic}, round {self.number}?",
                f"Will {candidate} win {topic}, round {self.number}?",
                _YES,
            )
        if self.category == "sports":
            home, away = (str(name) for name in rng.choice(_TEAMS, 2, replace=False))
            return (text := f"{home} vs. {away}"), text, (home, away)
        if self.category == "crypto":
            coin = _COINS[int(rng.integers(len(_COINS)))]
            return (text := f"{coin} Up or Down - window {self.number}"), text, ("Up", "Down")
        text = _QUESTIONS[self.category].format(number=self.number, level=round(float(rng.uniform(1.5, 4.5)), 1))
        return text, text, _YES


_YES = ("Yes", "No")
_QUESTIONS = {
    "politics": "Will motion {number} pass the Westmark council?",
    "culture": "Will film {number} open above {level} million?",
    "economics": "Will index {number} print above {level} percent?",
}


def _slug(text: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return "-".join(words)
