"""Operators and accidents: halts, cutoffs, the kill switch file, clock steps; and what of it is true right now."""

from __future__ import annotations

from dataclasses import dataclass, field

from copytrade_live.core.events import Verb
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.errors import StateError
from copytrade_live.settings import Home
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.faults import Mischief, SimFault
from copytrade_live.simulation.luck import stream
from copytrade_live.simulation.world import World
from copytrade_live.store import commands

KILL_FILE = "KILL"
_ACTS = ("halt", "resume", "resume", "cutoff", "uncutoff", "file", "no file")
_LIVE_ACTS = (*_ACTS, "stop", "paper", "paper", "live", "live")


@dataclass
class Control:
    """Storms once a second. Stops are known here from the moment they were committed or the file was there."""

    world: World
    home: Home
    clock: VirtualClock
    mischief: Mischief
    seed: int
    is_live: bool = False
    asked: list[tuple[str, Instant]] = field(default_factory=list)
    _halted_since: Instant | None = None
    _killed_since: Instant | None = None
    _cut_since: dict[str, Instant] = field(default_factory=dict)
    _wrong_until: Instant = 0
    _paper_since: Instant | None = None
    _is_calm: bool = False

    def __post_init__(self) -> None:
        self._luck = stream(self.seed, "control")

    @property
    def paper_since(self) -> Instant | None:
        """Since when a runner of real money may buy nothing, by its mode."""
        return self._paper_since

    def live(self) -> None:
        """Once a second: perhaps do something."""
        if self.clock.truth() >= self.world.quiet_at:
            self.calm()
            return
        if self.mischief.strikes(SimFault.OPERATOR_STORM):
            for _ in range(self._luck.randint(1, 3)):
                self._act(self._luck.choice(_LIVE_ACTS if self.is_live else _ACTS))
        if self.mischief.strikes(SimFault.CLOCK_STEPPED):
            step = self._luck.choice((-3_000_000, -5_000, -1_000, 1_000, 5_000, 3_000_000))
            self.clock.skew += step
            self._wrong_until = self.clock.truth() + self._luck.randint(5, 30) * SECOND
        if self.clock.skew and self.clock.truth() >= self._wrong_until:
            self.clock.skew = 0

    def calm(self) -> None:
        """Undo everything that stops entries."""
        self.clock.skew = 0
        if self._killed_since is not None:
            self._act("no file")
        if self._halted_since is not None or (self.is_live and not self._is_calm):
            # Also where nobody halted: what a venue refuses for good is tried again when an operator says so.
            self._act("resume")
        self._is_calm = True
        if self._paper_since is not None:
            self._act("live")
        for wallet in sorted(self._cut_since):
            self._ask(Verb.UNCUTOFF, wallet)
        self._cut_since.clear()

    def stopped_since(self, wallet: str) -> Instant | None:
        """Since when nothing of this leader may be copied, None while it may."""
        stops = (self._halted_since, self._killed_since, self._cut_since.get(wallet))
        return min((since for since in stops if since is not None), default=None)

    @property
    def is_halted(self) -> bool:
        """Whether all entries are stopped, and not only a leader's."""
        return self._halted_since is not None or self._killed_since is not None

    @property
    def is_clock_wrong(self) -> bool:
        """Whether the wall clock is or just was wrong."""
        return self.clock.skew != 0

    def resume(self) -> None:
        """Lift a halt that the runner imposed on itself, as an operator does who has looked into it."""
        self._ask(Verb.RESUME)

    def _act(self, what: str) -> None:
        now = self.clock.truth()
        wallet = self._luck.choice(self.world.leaders)
        match what:
            case "halt":
                if self._ask(Verb.HALT) and self._halted_since is None:
                    self._halted_since = now
            case "stop":
                if self._ask(Verb.STOP) and self._halted_since is None:
                    self._halted_since = now
            case "resume":
                if self._ask(Verb.RESUME):
                    self._halted_since = None
            case "paper":
                if self._ask(Verb.MODE, argument="paper"):
                    self._paper_since = self._paper_since or now
            case "live":
                if self._ask(Verb.MODE, argument="live"):
                    self._paper_since = None
            case "cutoff":
                if self._ask(Verb.CUTOFF, wallet):
                    self._cut_since.setdefault(wallet, now)
            case "uncutoff":
                if self._ask(Verb.UNCUTOFF, wallet):
                    self._cut_since.pop(wallet, None)
            case "file":
                (self.home.root / KILL_FILE).touch()
                self._killed_since = self._killed_since or now
            case _:
                (self.home.root / KILL_FILE).unlink(missing_ok=True)
                self._killed_since = None

    def _ask(self, verb: Verb, wallet: str | None = None, argument: str = "") -> bool:
        try:
            command = commands.ask(
                self.home.state, verb, by="simulation", asked_at=self.clock.now(), wallet=wallet, argument=argument
            )
        except StateError:
            # The database is not there yet, or full: an operator sees the error.
            return False
        self.asked.append((command, self.clock.truth()))
        return True
