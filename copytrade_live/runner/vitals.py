"""What those who watch a runner may look at: its state and its parts, never its hands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from copytrade_live.clock import Clock
from copytrade_live.core.state import State
from copytrade_live.runner.health import Health
from copytrade_live.runner.phases import Phase
from copytrade_live.runner.reload import Reloader
from copytrade_live.runner.tracking.tracker import Tracker
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_live.store.journal import Journal


class Vitals(Protocol):
    """A started runner, as watchers see it."""

    @property
    def config(self) -> CopytradeConfig:
        """The configuration in force."""
        ...

    @property
    def home(self) -> Home:
        """Where it writes."""
        ...

    @property
    def clock(self) -> Clock:
        """Its time."""
        ...

    @property
    def health(self) -> Health:
        """What went wrong and when things last went right."""
        ...

    @property
    def tracker(self) -> Tracker:
        """Where leaders' fills come from."""
        ...

    @property
    def reloader(self) -> Reloader:
        """What of the config file waits for a restart."""
        ...

    @property
    def state(self) -> State:
        """What the journal folds to."""
        ...

    @property
    def run_id(self) -> str:
        """The id of this run."""
        ...

    @property
    def mode(self) -> str:
        """paper or live."""
        ...

    @property
    def journal(self) -> Journal:
        """The open journal."""
        ...

    @property
    def exported_seq(self) -> int:
        """The newest event that the pipelines were handed."""
        ...

    @property
    def phases(self) -> Collection[Phase]:
        """Its recurring work."""
        ...
