"""Everything that looks at a runner: metrics, readiness, and the file that status reads beside the journal."""

from __future__ import annotations

import asyncio
import os
from functools import partial

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, disable_created_metrics

from copytrade_live import metrics
from copytrade_live.clock import SystemClock, stopwatch
from copytrade_live.core.codec import dumps
from copytrade_live.core.events import JournalEvent
from copytrade_live.core.market import SECOND
from copytrade_live.core.state import State
from copytrade_live.durable import write_whole
from copytrade_live.runner.alerts import Alerts, load_sinks
from copytrade_live.runner.counting import Tally
from copytrade_live.runner.gauges import Gauges
from copytrade_live.runner.key_watch import KeyWatch
from copytrade_live.runner.readiness import Readiness
from copytrade_live.runner.vitals import Vitals
from copytrade_live.settings import CopytradeConfig
from copytrade_live.situation import RUNTIME_FILE

_LAG_LOOK_SECONDS = 0.25


class Watch:
    """The watchers of one runner."""

    def __init__(self, vitals: Vitals) -> None:
        # Process-wide, and nobody here reads when a counter was made.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.tally = Tally(self.registry, name_wallets=vitals.config.observability.wallet_labels)
        self.alerts = Alerts(
            load_sinks(vitals.config.observability.alert_sinks), partial(self.tally.count, metrics.ALERTS)
        )
        self.readiness = Readiness(vitals)
        self.key = KeyWatch(vitals.home, SystemClock())
        # Where /metrics is served; empty while it is not.
        self.address = ""
        self._vitals = vitals
        self._digested: tuple[CopytradeConfig, str] | None = None
        self._gauges = Gauges(vitals, self.runtime, self.key)
        self.registry.register(self._gauges)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def hear(self, event: JournalEvent) -> None:
        """Hear one journaled event."""
        self.tally.apply(event)
        self._gauges.hear(event)
        self.alerts.hear(event)

    def begin(self, state: State) -> None:
        """Begin with what the runs before left; events heard from here on count, and are worth an alert."""
        self.tally.begin(state.portfolio)
        self.alerts.begin(state.standing.gate)

    async def write_runtime(self) -> None:
        """Say what the journal does not hold: that we live, how late sources are, what fails."""
        self.key.look(self.alerts.tell)
        path = self._vitals.journal.path.with_name(RUNTIME_FILE)
        write_whole(path, dumps(self.runtime()).encode() + b"\n")

    def runtime(self) -> dict[str, object]:
        """What is true of this process now. Instants in the runner's time, but written_at in the machine's."""
        vitals = self._vitals
        now, health = vitals.clock.now(), vitals.health
        return {
            "pid": os.getpid(),
            "written_at": SystemClock().now(),
            "now": now,
            "run_id": vitals.run_id,
            "mode": vitals.mode,
            "dry_run": vitals.config.safety.dry_run,
            "config": self._digest(),
            "waits_for_restart": list(vitals.reloader.waiting),
            "session_key_days": self.key.days_left,
            "address": self.address,
            "not_ready": self.readiness.reasons(),
            "leaders": vitals.tracker.followed,
            "lags": self._lags(),
            "failing": dict(sorted(health.last_failure.items())),
            "failures": dict(sorted(health.failures.items())),
            "bad_rows": health.bad_rows,
            "success_age_seconds": {part: (now - at) / SECOND for part, at in sorted(health.last_success.items())},
        }

    def _digest(self) -> str:
        # Asked for every second, and made anew only for another config.
        config = self._vitals.config
        if self._digested is None or self._digested[0] is not config:
            self._digested = (config, config.decision().digest())
        return self._digested[1]

    def _lags(self) -> dict[str, object]:
        return {
            name: {"told": lag.told, "first": lag.first, "p50": lag.quantile(0.5), "p90": lag.quantile(0.9)}
            for name, lag in sorted(self._vitals.tracker.lags.by_source.items())
        }

    async def measure_loop(self) -> None:
        """Measure how late the loop wakes us, until cancelled."""
        while True:
            asked = stopwatch()
            await asyncio.sleep(_LAG_LOOK_SECONDS)
            self.tally.measure(metrics.LOOP_LAG, max(0.0, stopwatch() - asked - _LAG_LOOK_SECONDS))
