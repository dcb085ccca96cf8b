"""Everything that one dashboard holds."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from copytrade_live.clock import Clock, SystemClock
from copytrade_live.dashboard.access.keys import KeyRing
from copytrade_live.dashboard.access.lockout import Lockout
from copytrade_live.dashboard.access.session_file import SessionFile
from copytrade_live.dashboard.access.sessions import SessionStore
from copytrade_live.dashboard.config_seen import ConfigSeen
from copytrade_live.dashboard.history import History
from copytrade_live.dashboard.leader_history import LeaderHistory
from copytrade_live.dashboard.moment import Moment
from copytrade_live.dashboard.projection import Projection
from copytrade_live.dashboard.replica import replica_file
from copytrade_live.dashboard.stream import Hub
from copytrade_live.dashboard.titles import Titles
from copytrade_live.dashboard.trials import Trials
from copytrade_live.runtime_file import read_runtime
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_live.store.views import View


@dataclass(kw_only=True)
class Desk:
    """The parts of a dashboard. config is what it was started with; the file may have moved on since."""

    home: Home
    config: CopytradeConfig
    keys: KeyRing
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        """Make what the rest needs."""
        own = self.config.dashboard
        folder = self.home.own / "dashboard"
        self.sessions = SessionStore(
            self.clock,
            self.keys.record_of,
            idle_minutes=own.idle_minutes,
            session_hours=own.session_hours,
            # A port that the system chooses is another one after a restart.
            file=SessionFile(folder, own.port) if own.port else None,
        )
        self.lockout = Lockout(self.clock)
        self.config_seen = ConfigSeen(self.home, self.config)
        self.hub = Hub(streams=own.streams, streams_per_session=own.streams_per_session)
        self.projection = Projection(self.home.state, replica_file(folder))
        self.titles = Titles(self.home.state)
        self.history = History(self.projection.replica, self.titles)
        self.leader_history = LeaderHistory(self.home, self.history)
        self.trials = Trials(self.home, own.trial_seconds)

    def moment(self) -> Moment:
        """What is known right now."""
        place, runtime = self.projection.place, read_runtime(self.home.state)
        is_alive = runtime is not None and runtime.is_alive
        view = View(
            mode=place.mode or ("live" if self.home.is_live else "paper"),
            run_id=place.state.run_id,
            last_seq=place.seq,
            observed_at=place.observed_at,
            state=place.state,
        )
        return Moment(
            view=view,
            decided_by=self.config_seen.decided_by(place.digest),
            file=self.config_seen.file(),
            runtime=runtime,
            now=runtime.now if runtime is not None and is_alive else place.observed_at or 0,
            history_seq=place.history_seq,
            problem=self.projection.problem,
        )


def open_desk(home: Home, config: CopytradeConfig, environment: MutableMapping[str, str]) -> Desk:
    """A desk whose projection does not follow yet. Raises: ConfigError for a key of the environment that is weak."""
    return Desk(home=home, config=config, keys=KeyRing(home, environment))


def desk_of(request: Request) -> Desk:
    """The desk of the app that serves this request."""
    return cast(Desk, request.app.state.desk)


AtDesk = Annotated[Desk, Depends(desk_of)]
