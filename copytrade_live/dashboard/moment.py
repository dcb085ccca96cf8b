"""What is known right now: the folded journal, the config in force, and what the runner says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.market import Instant
from copytrade_live.core.state import State
from copytrade_live.runtime_file import Runtime
from copytrade_live.settings import CopytradeConfig
from copytrade_live.store.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One look at everything. decided_by is the config that the runner decides by; file the one that lies there now.

    history_seq is how far the replica has read the journal; problem says why the journal cannot be read.
    """

    view: View
    decided_by: DecisionConfig
    file: CopytradeConfig
    runtime: Runtime | None
    now: Instant
    history_seq: int
    problem: str

    @property
    def state(self) -> State:
        """What the journal folds to."""
        return self.view.state

    @property
    def is_alive(self) -> bool:
        """Whether a runner runs."""
        return self.runtime is not None and self.runtime.is_alive

    @property
    def is_catching_up(self) -> bool:
        """Whether the replica still reads what happened before."""
        return self.history_seq < self.view.last_seq
