"""What a runner writes beside its journal: decision log, export, checkpoints, and the names of markets."""

from __future__ import annotations

from copytrade_live.clock import Clock
from copytrade_live.errors import DiskFull, StateError
from copytrade_live.logs import logger
from copytrade_live.runner.checkpointing import Checkpointer
from copytrade_live.runner.health import Health
from copytrade_live.runner.recorder import Recorder
from copytrade_live.settings import Home, ObservabilityConfig
from copytrade_live.store.decision_log import DecisionLog
from copytrade_live.store.export import Exporter
from copytrade_live.store.journal import Journal
from copytrade_live.store.market_titles import MarketTitles

# Events that the decision log looks at in one round: a few hundredths of a second.
MOST_LOGGED = 50_000

_log = logger("runner")


class Filing:
    """Keeps the files up to date. mode: paper or live."""

    def __init__(
        self,
        home: Home,
        mode: str,
        journal: Journal,
        recorder: Recorder,
        checkpoints: Checkpointer,
        titles: MarketTitles,
        seen: ObservabilityConfig,
        clock: Clock,
        health: Health,
    ) -> None:
        self._mode = mode
        self._journal = journal
        self._recorder = recorder
        self._checkpoints = checkpoints
        self._titles = titles
        self._clock = clock
        self._health = health
        self._decisions = DecisionLog(
            home.decisions, journal, megabytes=seen.decision_log_megabytes, keep=seen.decision_log_files
        )
        self._exporter = Exporter(home.export, journal)

    @property
    def exported_seq(self) -> int:
        """The newest event that the pipelines were handed."""
        return self._exporter.watermark

    async def log_decisions(self) -> None:
        """Write down what was decided, once it is safe from the death of the machine."""
        self._journal.flush()
        self._decisions.catch_up(MOST_LOGGED)

    async def keep_titles(self) -> None:
        """Keep the names of markets for people; no copy waits for them."""
        try:
            self._titles.write()
        except StateError as error:
            self._health.failed("titles", error)
        else:
            self._health.healed("titles")

    async def keep_checkpoint(self) -> None:
        """Keep another checkpoint when enough happened."""
        await self._checkpoints.work(self._recorder.state)

    async def export(self) -> None:
        """Hand the pipelines what is new."""
        while self._exporter.export_next() is not None:
            # Whatever is due meanwhile does not wait for all of a long journal.
            await self._clock.sleep(0.0)
        self._beat()

    def write_out(self) -> None:
        """Bring all files up to date at the end of a run; what finds no room, the next start makes up."""
        try:
            self._journal.flush()
            self._decisions.catch_up()
            self._exporter.export()
            self._beat()
            self._checkpoints.write(self._recorder.state)
        except DiskFull as error:
            _log.error("not everything was written out: %s", error)

    def _beat(self) -> None:
        self._exporter.beat(self._recorder.run_id, self._mode, self._clock.now())
