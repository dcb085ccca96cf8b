"""What an operator should be told of at once: a port for notifications, and the log by default."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import singledispatchmethod
from importlib import import_module
from typing import Protocol

from copytrade_live.core.events import (
    AccountDiffered,
    ConditionObserved,
    ExternalChangeAdopted,
    FillVoided,
    GateObserved,
    HaltTripped,
    JournalEvent,
    KillSwitchObserved,
    LeaderMuted,
    OperatorCommanded,
    OrderUnknown,
    RedemptionFailed,
    Verb,
)
from copytrade_live.core.market import MICRO, Instant
from copytrade_live.core.score import Gate
from copytrade_live.errors import ConfigError
from copytrade_live.logs import logger

_log = logger("alerts")


class Severity(StrEnum):
    """How soon somebody should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


_LEVELS = {Severity.INFO: logging.INFO, Severity.WARNING: logging.WARNING, Severity.CRITICAL: logging.CRITICAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing to be told of. kind is a stable word to filter by."""

    at: Instant
    kind: str
    severity: Severity
    text: str


class AlertSink(Protocol):
    """Where alerts go."""

    def send(self, alert: Alert) -> None:
        """Take an alert. Must not wait: whoever sends over a network puts it into a queue of its own."""
        ...


class LogSink:
    """Says every alert in the log."""

    def send(self, alert: Alert) -> None:
        """Log it as loud as it is severe."""
        _log.log(_LEVELS[alert.severity], "%s: %s", alert.kind, alert.text)


class Alerts:
    """Turns journaled events of this run into alerts. A sink that breaks is said in the log and left alone."""

    def __init__(self, sinks: Sequence[AlertSink], count: Callable[[str], None]) -> None:
        self._sinks = sinks
        self._count = count
        self._is_open: bool | None = None

    def begin(self, gate: Gate | None) -> None:
        """Begin with the gate that the run before last saw: only a change of it is news."""
        self._is_open = gate.is_open if gate is not None else None

    def hear(self, event: JournalEvent) -> None:
        """Hear one journaled event."""
        alert = self._alert(event)
        if alert is not None:
            self.tell(alert)

    def tell(self, alert: Alert) -> None:
        """Tell every sink, for what no event of the journal says."""
        self._count(alert.kind)
        for sink in self._sinks:
            try:
                sink.send(alert)
            except Exception as error:  # a notification must never stop the trading it tells of
                _log.error("%s could not take an alert: %s", type(sink).__name__, error)

    @singledispatchmethod
    def _alert(self, event: JournalEvent) -> Alert | None:
        return None

    @_alert.register
    def _halted(self, event: HaltTripped) -> Alert:
        measure = "" if event.measured is None else f" ({event.measured:.4g}, limit {event.limit or 0:.4g})"
        return _alert(event, "halt", Severity.CRITICAL, f"{event.reason.value}: {event.reason.summary}{measure}")

    @_alert.register
    def _muted(self, event: LeaderMuted) -> Alert:
        return _alert(event, "leader_muted", Severity.WARNING, f"{event.wallet}: {event.reason.summary}")

    @_alert.register
    def _switched(self, event: KillSwitchObserved) -> Alert:
        said = "the kill switch file appeared, entries stop" if event.is_active else "the kill switch file is gone"
        return _alert(event, "kill_switch", Severity.WARNING, said)

    @_alert.register
    def _commanded(self, event: OperatorCommanded) -> Alert | None:
        if event.verb is Verb.RELOAD:
            return None
        said = " ".join(filter(None, (event.verb.value, event.wallet, event.argument, "by", event.by, event.note)))
        return _alert(event, "command", Severity.INFO, said)

    @_alert.register
    def _gate(self, event: GateObserved) -> Alert | None:
        is_open = event.gate is not None and event.gate.is_open
        was_open, self._is_open = self._is_open, is_open
        if was_open is None or was_open == is_open:
            return None
        if is_open:
            return _alert(event, "gate", Severity.INFO, "the gate is open again")
        reasons = "; ".join(event.gate.reasons) if event.gate else "it cannot be read"
        return _alert(event, "gate", Severity.WARNING, f"the gate closed: {reasons}")

    @_alert.register
    def _condition(self, event: ConditionObserved) -> Alert:
        state = "holds again" if event.is_ok else "does not hold"
        detail = f": {event.detail}" if event.detail else ""
        severity = Severity.INFO if event.is_ok else Severity.WARNING
        return _alert(event, f"condition_{event.kind.value}", severity, f"{event.kind.value} {state}{detail}")

    @_alert.register
    def _unknown(self, event: OrderUnknown) -> Alert:
        return _alert(event, "order_unknown", Severity.WARNING, f"{event.order_id}: {event.cause}")

    @_alert.register
    def _voided(self, event: FillVoided) -> Alert:
        return _alert(event, "fill_voided", Severity.WARNING, f"{event.fill_id} of {event.order_id}: {event.cause}")

    @_alert.register
    def _unpaid(self, event: RedemptionFailed) -> Alert:
        return _alert(event, "redemption_failed", Severity.WARNING, f"{event.condition_id}: {event.message}")

    @_alert.register
    def _differed(self, event: AccountDiffered) -> Alert:
        said = (
            f"the venue has {event.cash / MICRO:+.6f} more cash than we can explain, and {len(event.holdings)} tokens"
        )
        return _alert(event, "account_differs", Severity.CRITICAL, said)

    @_alert.register
    def _adopted(self, event: ExternalChangeAdopted) -> Alert:
        said = f"cash {event.cash / MICRO:+.6f}, {len(event.holdings)} tokens changed by somebody else"
        return _alert(event, "external_change", Severity.WARNING, said)


# Types of events that may make an alert.
ALERT_TYPES = tuple(sorted(kind.__name__ for kind in vars(Alerts)["_alert"].dispatcher.registry if kind is not object))


def load_sinks(names: Sequence[str]) -> list[AlertSink]:
    """The log, and one object for each module:object; a class is made without arguments. Raises: ConfigError."""
    return [LogSink(), *(_load(name) for name in names)]


def _load(name: str) -> AlertSink:
    module, _, member = name.partition(":")
    try:
        found = getattr(import_module(module), member)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"observability.alert_sinks: {name!r} is no module:object that can be imported: {error}"
        ) from None
    sink: AlertSink = found() if isinstance(found, type) else found
    if not callable(getattr(sink, "send", None)):
        raise ConfigError(f"observability.alert_sinks: {name!r} has no send(alert)")
    return sink


def _alert(event: JournalEvent, kind: str, severity: Severity, text: str) -> Alert:
    return Alert(at=event.observed_at, kind=kind, severity=severity, text=text)
