"""The whole set of one seed: world, feeds, pipelines, operators, checks, and the script that kills and restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from copytrade_live.core.engine import evolve, initial_state
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.core.reasons import HaltReason
from copytrade_live.errors import DiskFull, StateError
from copytrade_live.failpoints import Failpoint
from copytrade_live.replay import replay
from copytrade_live.runner.app import Runner, Sources
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.configuration import simulation_config
from copytrade_live.simulation.control import Control
from copytrade_live.simulation.decision_check import DecisionCheck
from copytrade_live.simulation.disk import Disk
from copytrade_live.simulation.faults import Mischief, SimFault
from copytrade_live.simulation.feeds import Feeds
from copytrade_live.simulation.invariants import Invariant, Verdict
from copytrade_live.simulation.ledger_check import LedgerCheck
from copytrade_live.simulation.lives import Killed, Life, adopt_tasks
from copytrade_live.simulation.loop import VirtualLoop
from copytrade_live.simulation.luck import stream
from copytrade_live.simulation.market_place import MarketPlace
from copytrade_live.simulation.pipelines import GateFile, Pipelines, SnapshotFiles
from copytrade_live.simulation.profiles import Profile
from copytrade_live.simulation.quiet_check import check_quiet
from copytrade_live.simulation.stream import SimStream
from copytrade_live.simulation.witness import Witness
from copytrade_live.simulation.world import build_world

_MOST_TASKS = 200
# Prices stand still by then, so nothing new begins.
_SETTLES_WITHIN: Instant = 180 * SECOND
_MOST_EVENTS = 20_000
_MOST_LIFTED = 5


class Stage:
    """Everything of one seed."""

    def __init__(self, seed: int, profile: Profile, folder: Path, loop: VirtualLoop) -> None:
        self.seed, self.profile, self.loop = seed, profile, loop
        self.mischief = Mischief(seed, profile.odds, self._is_quiet)
        self.world = build_world(seed, profile, self.mischief)
        self.clock = VirtualClock(loop, self.world.start)
        self.home = Home(folder)
        self.config: CopytradeConfig = simulation_config(self.world, is_live=profile.is_live)
        self.verdict = Verdict(self.world.start)
        self.feeds = Feeds(self.world, self.clock, self.mischief, seed)
        self.stream = SimStream(self.world, self.clock, self.mischief, self.verdict, seed)
        self.pipelines = Pipelines(self.world, self.clock, self.mischief, seed)
        self.control = Control(self.world, self.home, self.clock, self.mischief, seed, profile.is_live)
        self.disk = Disk(self.home.state, self.clock, self.mischief)
        self.witness = Witness(self.home.state)
        decision = self.config.decision()
        self.ledger = LedgerCheck(decision, self.verdict)
        self.decisions = DecisionCheck(decision, self.world, self.pipelines, self.control, self.verdict)
        self.witness.listeners += [self.ledger.see, self.decisions.see]
        self.market_place = MarketPlace(self) if profile.is_live else None
        self.lives = 0
        self.lifted = 0
        self._luck = stream(seed, "stage")
        self._life: Life | None = None
        self._restart_at: Instant = 0
        adopt_tasks(loop)

    def _is_quiet(self) -> bool:
        return self.clock.truth() >= self.world.quiet_at

    # --- the script -----------------------------------------------------------------------------------------

    async def play(self) -> None:
        """Live second by second, until the end."""
        self._start()
        while self.clock.truth() < self.world.end or self._is_settling():
            await self.clock.sleep(1.0)
            self.pipelines.live()
            self.stream.live()
            self.control.live()
            if self.market_place is not None:
                self.market_place.live()
            await self._process_faults()
            await self._look_after()
            self._lift_halt()
        if self._life is not None:
            self._check_life(self._life)
            if self.market_place is not None and self._life.is_running:
                self.market_place.finish(self._life.runner.state)
            await self._life.stop()

    def _is_settling(self) -> bool:
        """Whether orders or fills are still on their way, within reason."""
        life = self._life
        if self.market_place is None or self.clock.truth() >= self.world.end + _SETTLES_WITHIN:
            return False
        return life is None or not life.is_running or not self.market_place.is_level(life.runner.state)

    def reach(self, point: Failpoint, detail: str) -> None:
        """Called at every failpoint of whatever life passes one."""
        life = self._life
        if life is None:
            return
        life.reach(point)
        if point is Failpoint.JOURNAL_AFTER_COMMIT:
            self.witness.catch_up(self.clock.truth())
        if self.mischief.strikes(SimFault.KILLED):
            life.kill()
            raise Killed(point)

    def finish(self) -> None:
        """Judge what can be judged only at the end."""
        now = self.clock.truth()
        self.decisions.finish(now)
        check_quiet(self.world, self.decisions, self.verdict, now, self.mischief.met)
        hold, rows = self.verdict.hold, self.witness.rows
        hold(len(rows) < _MOST_EVENTS, Invariant.I20, now, f"{len(rows)} events")
        for fault in self.witness.faults_of_the_file():
            hold(False, Invariant.I17, now, fault)
        report = replay(rows, self.config.decision())
        hold(report.agrees, Invariant.I25, now, f"decided again: {dict(report.differences)}")

    def close(self) -> None:
        """Let go of files."""
        self.disk.close()
        self.witness.close()
        if self._life is not None:
            self._life.release()

    # --- lives ----------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self.lives += 1
        self._life = Life(self._make_runner)
        self._life.begin(self.loop)

    def _make_runner(self, life: Life) -> Runner:
        sources = Sources(
            leaders=self.feeds,
            books=self.feeds,
            markets=self.feeds,
            resolutions=self.feeds,
            snapshots=SnapshotFiles(self.pipelines),
            gates=GateFile(self.pipelines),
            activity=self.stream.dial if self.profile.has_stream else None,
        )
        if self.market_place is None:
            return Runner(self.config, self.home, self.clock, sources)
        account = self.market_place.account(life, self.lives)
        return Runner(self.config, self.home, self.clock, sources, account)

    async def _look_after(self) -> None:
        """Start again what has ended, after a while."""
        life = self._life
        if life is None and self.clock.truth() >= self._restart_at:
            self._start()
        if life is None or not (life.is_over or life.is_dead):
            return
        if not life.is_dead:
            failure = life.end()
            # Who cannot even begin stops; whoever starts it again finds the disk as it is then.
            allowed = isinstance(failure, DiskFull) and not life.was_started and self._disk_was_full
            text = f"the runner ended by itself: {failure!r}"
            self.verdict.hold(allowed, Invariant.I19, self.clock.truth(), text)
        await life.bury()
        self.stream.cut()
        if self.witness.rows:
            self.witness.catch_up(self.clock.truth())
        self._life = None
        down = self._luck.choice((0, 1, 4, 15)) * SECOND
        self._restart_at = min(self.clock.truth() + down, self.world.quiet_at)

    def _lift_halt(self) -> None:
        """In the quiet an operator lifts what the runner imposed on itself."""
        life = self._life
        if self._is_quiet() and life is not None and life.is_running and self.lifted < _MOST_LIFTED:
            halt = life.runner.state.standing.halt
            if halt is not None and halt is not HaltReason.OPERATOR:
                self.lifted += 1
                self.control.resume()

    async def _process_faults(self) -> None:
        life = self._life
        if life is None or not life.is_running:
            return
        self.disk.live(life.runner)
        if self.mischief.strikes(SimFault.STALLED):
            left = (self.world.quiet_at - self.clock.truth()) / SECOND
            self.loop.stall(min(self._luck.uniform(5, 40), max(left, 0.0)))
        if self.mischief.strikes(SimFault.SECOND_RUNNER):
            await self._start_second()
        if self.mischief.strikes(SimFault.STOPPED):
            self._check_life(life)
            began = self.loop.time()
            await life.stop()
            took = self.loop.time() - began
            self.verdict.hold(took <= 10.0, Invariant.I20, self.clock.truth(), f"stopping took {took:.1f} s")
            self.verdict.hold(life.failure is None, Invariant.I19, self.clock.truth(), f"stop: {life.failure!r}")
        elif self.mischief.odds(SimFault.KILLED) and self._luck.random() < 0.002 and not self._is_quiet():
            self.mischief.note(SimFault.KILLED)
            life.kill()

    async def _start_second(self) -> None:
        """Another runner on the same journal must not start."""
        second = self._make_runner(Life.__new__(Life))
        try:
            await second.start()
        except StateError:
            return
        second._journal.close()
        self.verdict.hold(False, Invariant.I16, self.clock.truth(), "a second runner opened the journal")

    def _check_life(self, life: Life) -> None:
        """The journal on disk folds to the state in memory."""
        if not life.is_running or not self.witness.rows:
            return
        self.witness.catch_up(self.clock.truth())
        state = initial_state()
        for row in self.witness.rows:
            state = evolve(state, row.event)
        now = self.clock.truth()
        self.verdict.hold(state == life.runner.state, Invariant.I18, now, "the journal folds to another state")
        cash = life.runner.state.portfolio.cash
        self.verdict.hold(cash == self.ledger.cash, Invariant.I05, now, f"cash {cash}, by fills {self.ledger.cash}")
        held = {token: one.size for token, one in life.runner.state.portfolio.positions.items() if one.size}
        self.verdict.hold(held == self.ledger.size, Invariant.I05, now, "positions are not what the fills make of them")
        tasks = sum(not task.done() for task in asyncio.all_tasks())
        self.verdict.hold(tasks <= _MOST_TASKS, Invariant.I20, now, f"{tasks} tasks")

    @property
    def _disk_was_full(self) -> bool:
        return self.clock.truth() <= self.disk.full_until + 2 * SECOND
