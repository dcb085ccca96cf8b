"""The runner: one process that follows leaders, decides, trades on paper and leaves positions, from one journal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from copytrade_live.clock import Clock
from copytrade_live.core.events import OperatorCommanded, RunStarted, Verb
from copytrade_live.core.pricing import to_micro
from copytrade_live.core.state import State
from copytrade_live.errors import ConfigError, DiskFull
from copytrade_live.logs import logger, set_level
from copytrade_live.metrics import STEP_SECONDS
from copytrade_live.ports import TradingVenue
from copytrade_live.provenance import code_version, name_run
from copytrade_live.runner.answering import Answering
from copytrade_live.runner.book_stream import BookStream
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.checkpointing import Checkpointer
from copytrade_live.runner.execution import Execution, PaperExecution
from copytrade_live.runner.filing import Filing
from copytrade_live.runner.gatekeeping import Gatekeeper, GateSource, SnapshotSource
from copytrade_live.runner.health import Health
from copytrade_live.runner.held import Held
from copytrade_live.runner.live.executor import LiveExecutor
from copytrade_live.runner.markets import MarketDesk
from copytrade_live.runner.pace import Pace
from copytrade_live.runner.paper import PaperExecutor
from copytrade_live.runner.phases import Phase, run_side_by_side, tick
from copytrade_live.runner.recorder import Recorder
from copytrade_live.runner.reload import Reloader
from copytrade_live.runner.room import Room
from copytrade_live.runner.roster import roster
from copytrade_live.runner.sources import BookFeed, LeaderFeed, MarketFeed, ResolutionFeed
from copytrade_live.runner.tracking.assemble import assemble_tracker
from copytrade_live.runner.tracking.ports import ChainFeed, TokenFeed
from copytrade_live.runner.watch import Watch
from copytrade_live.settings import CopytradeConfig, Home, LiveOptions
from copytrade_live.store.configs import keep_config
from copytrade_live.store.database import check_large, is_large
from copytrade_live.store.journal import Journal
from copytrade_live.store.market_titles import MarketTitles
from copytrade_live.venue.sockets import Dial

PAPER = "paper"
LIVE = "live"
# Operators and the gate are heard, orders worked and the decision log written within a second.
CONTROL_SECONDS = 0.5
ROOM_SECONDS = 1.0
ORDER_SECONDS = 0.25
LOG_SECONDS = 1.0
MARKET_SECONDS = 30.0
TIMER_SECONDS = 60.0
# How often it is asked whether enough happened for another checkpoint.
CHECKPOINT_SECONDS = 5.0

_log = logger("runner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Everything outside that a runner looks at."""

    leaders: LeaderFeed
    books: BookFeed
    markets: MarketFeed
    resolutions: ResolutionFeed
    snapshots: SnapshotSource
    gates: GateSource
    # The chain needs a node, and names for the tokens it tells of.
    chain: ChainFeed | None = None
    tokens: TokenFeed | None = None
    activity: Dial | None = None
    pushed_books: Dial | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAccount:
    """The account that a runner trades for real. name is its wallet, lower case."""

    name: str
    venue: TradingVenue
    options: LiveOptions


class Runner:
    """Follows, decides and executes. start it, then tick it by hand or run it until cancelled, then stop and close it.

    It trades on paper unless it is handed an account. Paper and live never share a home's journal: home must be the
    mode's own.
    """

    def __init__(
        self, config: CopytradeConfig, home: Home, clock: Clock, sources: Sources, account: LiveAccount | None = None
    ) -> None:
        if account is not None and config.safety.dry_run:
            raise ConfigError(
                "safety.dry_run is true, so nothing may trade real money; set it to false in the config file, "
                "or run without --live"
            )
        self.config = config
        self.mode = PAPER if account is None else LIVE
        self._account = account
        self.home = home
        self.clock = clock
        self.health = Health()
        self._sources = sources
        self._book_stream = (
            BookStream(sources.pushed_books, clock, self.health, silence_seconds=config.polling.book_silence_seconds)
            if sources.pushed_books is not None
            else None
        )
        self._books = BookDesk(sources.books, clock, self.health, self._book_stream)
        self._titles = MarketTitles(home.state)
        self._markets = MarketDesk(sources.markets, sources.resolutions, clock, self.health, self._titles.hear)
        self.tracker = assemble_tracker(
            config,
            clock,
            self.health,
            leaders=sources.leaders,
            chain=sources.chain,
            tokens=sources.tokens,
            activity=sources.activity,
            copied=self._copied,
        )
        self._hands: Execution = (
            PaperExecution(PaperExecutor(self._books, clock, config.paper.latency_seconds))
            if account is None
            else LiveExecutor(account.venue, self._books, clock, self.health, account.options)
        )
        self._phases: list[Phase] = []
        self._pace = Pace(clock, config.safety.max_stall_seconds)
        self.reloader = Reloader(self.health)
        self.watch = Watch(self)

    @property
    def state(self) -> State:
        """What the journal folds to."""
        return self._recorder.state

    @property
    def journal(self) -> Journal:
        """The open journal."""
        return self._journal

    @property
    def exported_seq(self) -> int:
        """The newest event that the pipelines were handed."""
        return self._filing.exported_seq

    @property
    def phases(self) -> Sequence[Phase]:
        """The recurring work."""
        return self._phases

    @property
    def run_id(self) -> str:
        """The id of this run."""
        return self._recorder.run_id

    async def start(self) -> None:
        """Open and fold the journal, announce the run, take over what the run before left.

        Raises: StateError when the journal cannot be used.
        """
        self._journal = Journal.open(self.home.state, self.mode)
        try:
            self._begin()
        except BaseException:
            self._journal.close()
            raise

    async def tick(self) -> None:
        """One round: everything that is due at the clock's now, always in the same order."""
        await tick(self._phases, self.clock)

    async def run_forever(self) -> None:
        """Run every part at its own pace until cancelled."""
        books = () if self._book_stream is None else (self._book_stream.run,)
        checks = (self._check,) if is_large(self.home.state) else ()
        services = [*self.tracker.services, *books, self._keep_pace, *checks]
        await run_side_by_side(self._phases, self.clock, services)

    async def stop(self, *, cancels: bool = False) -> None:
        """Let go of the venue, cancelling what rests there if asked to; close comes after it."""
        await self._hands.end(cancels=cancels)

    def close(self) -> None:
        """Write out what is not written yet and let go of the journal; what finds no room, the next start makes up."""
        try:
            self._filing.write_out()
        finally:
            self._journal.close()

    def _begin(self) -> None:
        if self._account is not None:
            self._journal.claim_account(self._account.name)
        config = self.config.decision()
        keep_config(self._journal.connection, self._journal.path, config)
        self._recorder = Recorder(self._journal, config, self._hands)
        checkpoints = Checkpointer(
            self._journal, self.tracker.memory, self._hands, self.clock, self.config.polling.checkpoint_events
        )
        last_seen = self._recorder.restore(
            (self.tracker.apply, self._hands.apply),
            (self.watch.hear, self.reloader.hear, self._books.hear),
            checkpoints.recover(),
        )
        self._recorder.on_step = partial(self.watch.tally.measure, STEP_SECONDS)
        self._room = Room(self._journal, self.clock, self.health, self.config.safety.least_free_megabytes)
        self._filing = Filing(
            self.home,
            self.mode,
            self._journal,
            self._recorder,
            checkpoints,
            self._titles,
            self.config.observability,
            self.clock,
            self.health,
        )
        self._gatekeeper = Gatekeeper(
            self._journal,
            self.home.resolve(switch) if (switch := self.config.safety.kill_switch_file) else None,
            self._sources.snapshots,
            self._sources.gates,
            self.clock,
            self.health,
        )
        self._answering = Answering(
            self._recorder,
            self.tracker,
            self._books,
            self._markets,
            self._hands,
            self._pace,
            self.clock,
            self.health,
        )
        self._held = Held(self._recorder, self._books, self._markets)
        self.watch.begin(self.state)
        self._announce()
        if last_seen is not None:
            self.tracker.resume(last_seen)
        self._hands.begin(self._recorder, last_seen)
        self._phases = [replace(phase, run=partial(self._room.within, phase.run)) for phase in self._rounds()]

    def _announce(self) -> None:
        now, digest = self.clock.now(), self.config.decision().digest()
        self._recorder.run_id = name_run(mode=self.mode, config_digest=digest, code=code_version(), started_at=now)
        self._recorder.observe(
            RunStarted(
                event_at=now,
                observed_at=now,
                run_id=self.run_id,
                mode=self.mode,
                is_real=self._account is not None,
                account=self._account.name if self._account else "",
                code_version=code_version(),
                config_digest=digest,
                # What a real account holds is told by itself.
                starting_cash=0 if self._account else to_micro(self.config.bankroll.starting_cash),
            )
        )
        what = "PAPER trading, no real money" if self._account is None else f"LIVE trading for {self._account.name}"
        _log.info("%s: run %s, config %s, code %s", what, self.run_id, digest, code_version())

    def _rounds(self) -> Iterator[Phase]:
        # What looks after files, people and this machine goes by its time, however fast the world's runs.
        polling, speed = self.config.polling, self._pace.speed
        poll_seconds = self.config.tracker.poll_interval_seconds
        yield Phase("room", ROOM_SECONDS * speed, self._look_at_room)
        yield Phase("control", CONTROL_SECONDS * speed, self._control)
        yield Phase("leaders", poll_seconds, self._follow_leaders)
        for source in self.tracker.sources:
            look = partial(self._answering.look, source)
            yield Phase(source.name, source.interval_seconds, look, wake=source.wake)
        yield Phase("holdings", poll_seconds, self.tracker.holdings.read_ahead)
        yield Phase("books", polling.exit_interval_seconds, self._held.watch_books)
        yield Phase("markets", MARKET_SECONDS, self._held.watch_markets)
        yield Phase("timer", TIMER_SECONDS, self._answering.fire_timer)
        yield Phase("orders", ORDER_SECONDS * speed, self._work_orders)
        yield Phase("decisions", LOG_SECONDS * speed, self._filing.log_decisions)
        yield Phase("titles", LOG_SECONDS * speed, self._filing.keep_titles)
        yield Phase("checkpoint", CHECKPOINT_SECONDS * speed, self._filing.keep_checkpoint)
        yield Phase("vitals", LOG_SECONDS * speed, self.watch.write_runtime)
        yield Phase("export", polling.export_interval_seconds, self._filing.export)

    # --- phases ---------------------------------------------------------------------------------------------

    async def _look_at_room(self) -> None:
        self._room.look(self._recorder)

    async def _check(self) -> None:
        # A long journal takes longer to check than a start may; one that is damaged ends the runner all the same.
        await asyncio.to_thread(check_large, self.home.state)

    async def _keep_pace(self) -> None:
        while True:
            await self._pace.step()
            await self._room.within(self._look_at_pace)

    async def _look_at_pace(self) -> None:
        self._pace.look(self._recorder)

    async def _control(self) -> None:
        self._gatekeeper.poll(lambda: self.state, self._recorder.observe)
        reload = self.reloader.take(self.config)
        if reload is not None:
            try:
                self._take_over(reload.config)
            except DiskFull:
                self.reloader.is_wanted = True
                raise

    def ask_reload(self, by: str) -> None:
        """Have the config read again, as an operator's command would."""
        now = self.clock.now()
        command_id = f"{by}-{now}"
        self._recorder.observe(
            OperatorCommanded(event_at=now, observed_at=now, command_id=command_id, verb=Verb.RELOAD, by=by)
        )

    def _take_over(self, config: CopytradeConfig) -> None:
        before, after = self.config.decision(), config.decision()
        if before != after:
            keep_config(self._journal.connection, self._journal.path, after)
            self._recorder.follow(after, self.clock.now())
        self.config = config
        set_level(config.log_level)

    async def _follow_leaders(self) -> None:
        state = self.state
        self.tracker.follow(roster(self.config.tracker, state.standing.snapshot, state.portfolio))

    def _copied(self) -> set[tuple[str, str]]:
        portfolio = self.state.portfolio
        held = {(one.wallet, one.token_id) for one in portfolio.positions.values()}
        return held | {(one.order.wallet, one.order.token_id) for one in portfolio.working.values()}

    async def _work_orders(self) -> None:
        await self._hands.progress(self._recorder)
