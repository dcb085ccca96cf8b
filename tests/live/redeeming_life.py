"""A live runner that holds what wins, in a process of its own: until it rests, or until it was paid out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from copytrade_live.core.score import ScoreSnapshot
from copytrade_live.runner.app import LiveAccount
from copytrade_live.runner.clocks import clock_for
from copytrade_live.settings import Home
from tests.builders import score, snapshot
from tests.live.live_run import FAST, LEADER, Deed, Published, config_for, play
from tests.live.redeeming import opened, settings


class Excellent(Published):
    """Scores of a leader whom to follow pays even where the book is thin."""

    def poll(self) -> ScoreSnapshot | None:
        now = self.clock.now()
        row = score(wallet=LEADER, as_of=now, edge_mean=0.3, lcb10=0.2)
        return None if self.told else self.told.append(shot := snapshot(row, as_of=now)) or shot


def live_config(url: str, wallet: str) -> Any:
    """The wide filters of the other live runs, for a market that ends soon."""
    wide = config_for(url)
    sections = {name: getattr(wide, name).model_dump(mode="json") for name in ("filter", "execution", "tracker")}
    sections["filter"]["min_hours_to_resolution"] = 0
    sections["execution"]["max_slippage"] = 0.25
    patient = {"time_exit_hours": 0, "stop_loss": 1.0, "take_profit": 100.0, "mirror_leader_exits": False}
    return settings(url, wallet, **sections, sizing={"decay_hours": 0}, exit=patient)


async def live_to_the_payout(
    home: Home, url: str, key: str, wallet: str, deeds: Sequence[Deed], after: float, seconds: float
) -> None:
    """Run as the product does, signing policy and relayer included, until nothing works, waits or is owed."""
    config = live_config(url, wallet)
    clock = await clock_for(config.venue)
    async with opened(config, Path(home.root), clock, key=key) as opening:
        account = LiveAccount(name=opening.wallet, venue=opening.venue, options=FAST)
        await play(home, config, clock, account, Excellent(clock), deeds, after, seconds)
