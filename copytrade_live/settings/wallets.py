"""Which wallets the pipelines keep histories of."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from copytrade_live.core.config import Fraction, Section
from copytrade_live.settings.tracking import Wallet


class LeaderboardChoice(Section):
    """One of the venue's leaderboards, and how far down it we look."""

    category: str = Field("overall", description="overall, or a category of the venue such as crypto or sports.")
    window: Literal["day", "week", "month", "all"] = Field("all", description="Time that the ranking covers.")
    sort_by: Literal["PNL", "VOLUME"] = Field("PNL", description="What it is ranked by.")
    top: int | None = Field(200, ge=1, description="How many of its wallets are taken; null takes every one.")


# One lifetime ranking finds survivors; the monthly ones find who is good now, and at what.
LEADERBOARDS = (
    LeaderboardChoice(),
    LeaderboardChoice(window="month", top=100),
    LeaderboardChoice(category="politics", window="month", top=50),
    LeaderboardChoice(category="sports", window="month", top=50),
    LeaderboardChoice(category="crypto", window="month", top=50),
)


class WalletsConfig(Section):
    """Which wallets the pipelines keep histories of."""

    watchlist_file: str = Field("", description="File with one wallet a line; relative names live in COPYTRADE_HOME.")
    discover: int = Field(
        200, ge=0, description="How many wallets one look at the leaderboards may bring, the best ranks first."
    )
    leaderboards: tuple[LeaderboardChoice, ...] = Field(
        LEADERBOARDS, description="Leaderboards to look at: category, window (day, week, month, all), sort_by, top."
    )
    holders_of: tuple[str, ...] = Field((), description="Condition ids of markets whose holders are watched.")
    excluded: tuple[Wallet, ...] = Field(
        (), description="Wallets that are never fetched or scored, lower case; what is known of them stays."
    )
    reread_below: Fraction = Field(
        0.95, description="A wallet with a smaller reconciled share is read again from the beginning, once a cause."
    )
