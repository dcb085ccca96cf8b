"""Reads the runner whenever a monitor asks: nothing is kept, so nothing can be out of date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from platform import python_version

from prometheus_client.core import Metric as Family

from copytrade_live import metrics
from copytrade_live.core.events import AccountDiffered, AccountReconciled, JournalEvent
from copytrade_live.core.market import SECOND
from copytrade_live.core.permission import Now, trading_state
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import Condition, HaltReason, TradingState
from copytrade_live.headline import Copying, headline
from copytrade_live.metric_kinds import Metric
from copytrade_live.provenance import code_version
from copytrade_live.runner.families import counted, labelled, lag_family, venue_families
from copytrade_live.runner.gauge_numbers import journal_numbers, money_numbers
from copytrade_live.runner.key_watch import KeyWatch
from copytrade_live.runner.vitals import Vitals
from copytrade_live.runtime_file import Runtime
from copytrade_live.situation import Blocker, blockers


class Gauges:
    """A collector over one runner. Units: as docs/metrics.md says."""

    def __init__(self, vitals: Vitals, told: Callable[[], Mapping[str, object]], key: KeyWatch) -> None:
        self._vitals = vitals
        self._key = key
        # What the file beside the journal says, for whoever reads that.
        self._told = told
        self._cash_difference: float | None = None

    def hear(self, event: JournalEvent) -> None:
        """Hear one journaled event: how the account compared is in no state."""
        match event:
            case AccountReconciled():
                self._cash_difference = from_micro(event.cash_difference)
            case AccountDiffered():
                self._cash_difference = from_micro(event.cash)
            case _:
                pass

    def collect(self) -> Iterator[Family]:
        """Every gauge, and what parts of the runner count themselves."""
        vitals = self._vitals
        config, version = vitals.config.decision().digest(), code_version()
        yield labelled(metrics.INFO, {(vitals.run_id, vitals.mode, version, config): 1})
        yield labelled(metrics.BUILD, {(version.partition("+")[0], python_version()): 1})
        told = self._told()
        stopped = blockers(vitals.state, vitals.config, vitals.clock.now())
        numbers = {**self._numbers(), metrics.READY: not told["not_ready"], metrics.ENTRIES: not stopped}
        for metric, value in numbers.items():
            if value is not None:
                yield labelled(metric, {(): value})
        yield from self._copying(told, stopped)
        yield from self._standing()
        yield from self._parts()
        yield from self._sources()
        yield from venue_families()

    def _copying(self, told: Mapping[str, object], stopped: Sequence[Blocker]) -> Iterator[Family]:
        vitals, now = self._vitals, self._vitals.clock.now()
        runtime = Runtime(told=told, now=now, is_alive=True)
        said = headline(vitals.state, vitals.config, runtime, now, stopped=stopped)
        words = [one for one in Copying if one is not Copying.NO_RUNNER]
        yield labelled(metrics.COPYING, {(one.value,): float(one is said.copying) for one in words})
        yield labelled(metrics.CONCERNS, {(): len(said.concerns)})

    def _standing(self) -> Iterator[Family]:
        vitals = self._vitals
        standing = vitals.state.standing
        yield labelled(metrics.CONDITION, {(kind.value,): float(kind not in standing.broken) for kind in Condition})
        yield labelled(metrics.HALT, {(kind.value,): float(kind is standing.halt) for kind in HaltReason})
        trading = trading_state(Now(standing=standing, config=vitals.config, now=vitals.clock.now()))
        yield labelled(metrics.TRADING, {(one.value,): float(one is trading) for one in TradingState})

    def _parts(self) -> Iterator[Family]:
        now, health = self._vitals.clock.now(), self._vitals.health
        ages: dict[tuple[str, ...], float] = {(part,): (now - at) / SECOND for part, at in health.last_success.items()}
        yield labelled(metrics.PART_AGE, ages)
        yield counted(metrics.FAILURES, {(part,): count for part, count in health.failures.items()})
        yield counted(metrics.BAD_ROWS, {(): health.bad_rows})

    def _sources(self) -> Iterator[Family]:
        now, tracker = self._vitals.clock.now(), self._vitals.tracker
        yield counted(metrics.SOURCE_FIRST, {(name,): lag.first for name, lag in tracker.lags.by_source.items()})
        yield lag_family(tracker.lags)
        yield labelled(metrics.SOURCE_ALIVE, {(one.name.value,): one.is_alive(now) for one in tracker.sources})
        covered = {one.name.value: one.covered_until() for one in tracker.sources}
        ages: dict[tuple[str, ...], float] = {(name,): (now - at) / SECOND for name, at in covered.items() if at}
        yield labelled(metrics.SOURCE_COVERED, ages)

    def _numbers(self) -> Mapping[Metric, float | None]:
        vitals, state = self._vitals, self._vitals.state
        now, standing, gate = vitals.clock.now(), state.standing, state.standing.gate
        return {
            **money_numbers(state.portfolio, vitals.config),
            **self._account_numbers(),
            **journal_numbers(vitals),
            metrics.POSITIONS: len(state.portfolio.positions),
            metrics.WORKING: len(state.portfolio.working),
            metrics.UNKNOWN_NOW: len(state.portfolio.unknown_orders),
            metrics.FOREIGN: len(state.portfolio.foreign),
            metrics.HALTED: standing.halt is not None,
            metrics.KILL_SWITCH: standing.kill_switch,
            metrics.GATE_OPEN: gate is not None and gate.is_open_at(now),
            metrics.GATE_SECONDS: (gate.valid_until - now) / SECOND if gate else None,
            metrics.SNAPSHOT_AGE: (now - standing.snapshot.as_of) / SECOND if standing.snapshot else None,
            metrics.SNAPSHOT_LIMIT: vitals.config.score.max_age_seconds,
            metrics.CUT_OFF: len(standing.cut_off),
            metrics.LEADERS: vitals.tracker.followed,
            metrics.SESSION_KEY_DAYS: self._key.days_left,
        }

    def _account_numbers(self) -> Mapping[Metric, float | None]:
        standing, now = self._vitals.state.standing, self._vitals.clock.now()
        account = standing.account
        at = account.reconciled_at if account is not None else None
        return {
            metrics.RECONCILED_AGE: None if at is None else (now - at) / SECOND,
            metrics.RECONCILED_LIMIT: self._vitals.config.risk.reconciled_within_seconds if standing.is_real else None,
            metrics.ACCOUNT_DIFFERS: None if account is None else account.differs_since is not None,
            metrics.ACCOUNT_DIFFERENCE: self._cash_difference,
        }
