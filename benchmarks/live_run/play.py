"""The run itself: start, keep the gate open, look now and then, kill -9 in the middle of an order, halt, end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from eth_account import Account

from benchmarks.live_run.differences import Clause
from benchmarks.live_run.evidence import Evidence
from benchmarks.live_run.runner_process import RunnerProcess
from benchmarks.live_run.setting import Setting, busiest, open_gate, publish_leaders, write_config
from benchmarks.live_run.signals import check_signals, followed_since
from benchmarks.live_run.venue_process import VenueProcess, venue_process
from copytrade_live.core.events import AccountReconciled, RunStarted
from copytrade_live.core.market import HOUR, SECOND, Instant
from copytrade_live.sandbox.exchange.wallets import deposit_wallet
from copytrade_live.settings import Home, load_config

CASH = 1000.0
LOOK_SECONDS, GATE_SECONDS, BEAT_SECONDS = 20.0, 10.0, 0.25
START_SECONDS, KILL_SECONDS, QUIET_SECONDS = 180.0, 60.0, 240.0
# A fill may be told so much later: what late rows, a frozen stream and a round of polling add up to, world seconds.
LAG_BUDGET = 240.0

# Keys of a made-up owner and of the session that trades for it; they hold nothing anywhere.
OWNER_KEY, SESSION_KEY = "0x" + "a7" * 32, "0x" + "b9" * 32

Tell = Callable[[str, float], None]


@dataclass
class Played:
    """How a run went besides what was found wrong."""

    leader_fills: int = 0
    restart_seconds: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


class Play:
    """One run from an empty folder to its last look."""

    def __init__(self, setting: Setting, folder: Path, faults: Path, tell: Tell) -> None:
        self._setting, self._folder, self._faults, self._tell = setting, folder, faults, tell
        self._home = Home(folder / "home")
        self._wallet = deposit_wallet(Account.from_key(OWNER_KEY).address.lower())
        self._gate_at = self._look_at = 0.0
        self.played = Played()

    def run(self) -> Evidence:
        """Play it all. Returns: what was found."""
        began, setting = time.monotonic(), self._setting
        leaders = busiest(setting)
        with venue_process(
            seed=setting.seed,
            speed=setting.speed,
            wallets=setting.wallets,
            fills=setting.fills,
            faults=self._faults,
            log=self._folder / "venue.log",
        ) as venue:
            session = Account.from_key(SESSION_KEY).address
            venue.fund(address=self._wallet, cash=CASH, session_keys=[session], auto_redeem=True)
            write_config(self._home, venue.url, self._wallet, leaders, setting.speed)
            publish_leaders(self._home, leaders, venue.now())
            evidence = Evidence(self._home.live(), load_config(None, self._home).decision())
            runner = RunnerProcess(self._home, SESSION_KEY, self._folder / "runner.log")
            try:
                self._play(venue, runner, evidence)
                self._judge(venue, evidence, leaders)
            finally:
                runner.close()
                evidence.close()
        self.played.seconds = round(time.monotonic() - began, 1)
        return evidence

    # --- acts -------------------------------------------------------------------------------------------------------

    def _play(self, venue: VenueProcess, runner: RunnerProcess, evidence: Evidence) -> None:
        self._keep_gate(venue)
        runner.start()
        self._await_account(venue, runner, evidence, runs=1)
        start = venue.now()
        end = start + round(self._setting.hours * HOUR)
        self._follow(venue, runner, evidence, start, end, until=(start + end) // 2)
        self._kill(venue, runner, evidence)
        self._follow(venue, runner, evidence, start, end, until=end)
        self._tell("halted, until nothing is on its way", 1.0)
        runner.say("halt", "--reason", "the run is over")
        self._settle(venue, runner, evidence)
        code = runner.end()
        evidence.catch_up()
        evidence.found.hold(code == 0, Clause.WHOLE, "exit code of the runner", ours=code, theirs=0)

    def _follow(
        self,
        venue: VenueProcess,
        runner: RunnerProcess,
        evidence: Evidence,
        start: Instant,
        end: Instant,
        until: Instant,
    ) -> None:
        while (now := venue.now()) < until:
            runner.check()
            self._beat(venue, evidence)
            text = f"{evidence.copies} copies, {evidence.looks} looks, {evidence.found.count} differences"
            self._tell(text, (now - start) / (end - start))
            time.sleep(BEAT_SECONDS)

    def _beat(self, venue: VenueProcess, evidence: Evidence) -> None:
        self._keep_gate(venue)
        evidence.catch_up()
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            evidence.look(venue, self._wallet, f"look {evidence.looks + 1}")

    def _keep_gate(self, venue: VenueProcess) -> None:
        if time.monotonic() >= self._gate_at:
            self._gate_at = time.monotonic() + GATE_SECONDS
            open_gate(self._home, venue.now(), self._setting.speed)

    def _kill(self, venue: VenueProcess, runner: RunnerProcess, evidence: Evidence) -> None:
        """kill -9 while an order works, if one does within a while, and start again."""

        def is_working() -> bool:
            self._beat(venue, evidence)
            return bool(evidence.state.portfolio.working)

        runner.wait(is_working, KILL_SECONDS)
        runner.kill()
        began = time.monotonic()
        runner.start()
        self._await_account(venue, runner, evidence, runs=2)
        self.played.restart_seconds = round(time.monotonic() - began, 2)

    def _await_account(self, venue: VenueProcess, runner: RunnerProcess, evidence: Evidence, *, runs: int) -> None:
        def is_reconciled() -> bool:
            self._keep_gate(venue)
            evidence.catch_up()
            starts = [place for place, one in enumerate(evidence.events) if isinstance(one, RunStarted)]
            if len(starts) < runs:
                return False
            return any(isinstance(one, AccountReconciled) for one in evidence.events[starts[runs - 1] :])

        if not runner.wait(is_reconciled, START_SECONDS):
            evidence.found.add(Clause.WHOLE, f"run {runs}", ours="not reconciled", theirs=f"within {START_SECONDS} s")

    def _settle(self, venue: VenueProcess, runner: RunnerProcess, evidence: Evidence) -> None:
        """Exits go on until nothing works; then nothing is posted any more, and the rest must arrive."""

        def is_quiet() -> bool:
            self._keep_gate(venue)
            time.sleep(BEAT_SECONDS)
            return not evidence.look(venue, self._wallet, "after the halt")

        runner.wait(is_quiet, QUIET_SECONDS / 4)
        runner.say("halt", "--stop", "--reason", "the run is over")
        if not runner.wait(is_quiet, QUIET_SECONDS):
            moving = evidence.look(venue, self._wallet, "after the stop")
            evidence.found.add(Clause.WHOLE, "the end", ours=moving, theirs=f"quiet within {QUIET_SECONDS} s of a stop")
        # Whatever leaders did until now must still be told.
        ended = venue.now()
        runner.wait(lambda: venue.now() > ended + LAG_BUDGET * SECOND, LAG_BUDGET)

    def _judge(self, venue: VenueProcess, evidence: Evidence, leaders: list[str]) -> None:
        if moving := evidence.look(venue, self._wallet, "at the end"):
            evidence.found.add(Clause.WHOLE, "the last look", ours=moving, theirs="quiet")
        now = venue.now()
        since = followed_since(evidence.events)
        until = now - round(LAG_BUDGET * SECOND)
        truth = venue.leader_fills(leaders, now)
        self.played.leader_fills = check_signals(evidence.events, truth, since, until, evidence.found)
        self.played.faults = venue.faults_met()
        evidence.caps.finish()
