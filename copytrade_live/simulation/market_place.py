"""What a live simulation has beside a paper one: the venue's server, a door to it for every life, and their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrade_live.core.state import State
from copytrade_live.runner.app import LiveAccount
from copytrade_live.settings import LiveOptions
from copytrade_live.simulation.invariants import Invariant
from copytrade_live.simulation.lives import Life
from copytrade_live.simulation.post_check import PostCheck
from copytrade_live.simulation.server import WALLET, SimServer
from copytrade_live.simulation.settled_check import SettledCheck
from copytrade_live.simulation.trading import CANARY, SimVenue

if TYPE_CHECKING:
    from copytrade_live.simulation.stage import Stage

_DATABASE = ".sqlite"


class MarketPlace:
    """The trading side of one seed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        cash = round(stage.config.bankroll.starting_cash * 1_000_000)
        self.server = SimServer(stage.world, stage.clock, stage.loop, stage.mischief, stage.seed, cash)
        self.posts = PostCheck(
            path=stage.home.state,
            config=stage.config.decision(),
            server=self.server,
            control=stage.control,
            pipelines=stage.pipelines,
            ledger=stage.ledger,
            verdict=stage.verdict,
        )
        self.settled = SettledCheck(self.server, stage.ledger, stage.verdict)
        stage.witness.listeners.append(self.settled.see)
        stage.ledger.may_end_early = True

    def account(self, life: Life, number: int) -> LiveAccount:
        """The account, through a port that ends with this life."""
        venue = SimVenue(self.server, life, number, self.posts.see)
        return LiveAccount(name=WALLET, venue=venue, options=LiveOptions())

    def live(self) -> None:
        """Once a second."""
        self.server.live()
        self.settled.watch(self._stage.clock.truth())

    def is_level(self, state: State) -> bool:
        """Whether nothing is on its way any more, here or there."""
        there = self.server.exchange.account(WALLET)
        ours = state.portfolio
        return ours.is_quiet and not ours.receivable and ours.cash == there.cash and not there.held

    def finish(self, state: State) -> None:
        """Judge what the run came to."""
        stage, now = self._stage, self._stage.clock.truth()
        self.posts.finish(now)
        self.settled.finish(state, now)
        leaks = [row.type for row in stage.witness.rows if CANARY in row.payload]
        files = [path for path in stage.home.root.rglob("*") if path.is_file() and _DATABASE not in path.name]
        leaks += [path.name for path in files if CANARY.encode() in path.read_bytes()]
        stage.verdict.hold(not leaks, Invariant.I21, now, f"a signed order shows up in {leaks[:3]}")
