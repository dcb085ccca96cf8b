"""What deserves an operator's attention is said once, to every sink, and never stops the runner."""

from __future__ import annotations

from collections import Counter

import pytest

from copytrade_live.core.events import (
    AccountDiffered,
    ConditionObserved,
    FillVoided,
    GateObserved,
    HaltTripped,
    KillSwitchObserved,
    OperatorCommanded,
    Verb,
)
from copytrade_live.core.reasons import Condition, HaltReason
from copytrade_live.errors import ConfigError
from copytrade_live.runner.alerts import Alert, Alerts, Severity, load_sinks
from tests import builders
from tests.builders import at

EVENTS = [
    HaltTripped(**at(), reason=HaltReason.WEEKLY_DRAWDOWN, measured=0.31, limit=0.30),
    KillSwitchObserved(**at(), is_active=True),
    GateObserved(**at(), gate=builders.gate()),
    GateObserved(**at(), gate=builders.gate()),
    GateObserved(**at(), gate=builders.gate(is_open=False, reasons=("scores are old",))),
    GateObserved(**at(), gate=None),
    ConditionObserved(**at(), kind=Condition.FEED_SILENT, is_ok=False, detail="no source lives"),
    FillVoided(**at(), fill_id="x", order_id="o", cause="failed"),
    AccountDiffered(**at(), cash=-2_000_000, holdings=()),
    OperatorCommanded(**at(), command_id="c", verb=Verb.HALT, by="me", note="lunch"),
    OperatorCommanded(**at(), command_id="d", verb=Verb.RELOAD, by="me"),
    builders.leader_fill(),
]


class Kept:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def send(self, alert: Alert) -> None:
        self.alerts.append(alert)


class Broken:
    """A sink that cannot."""

    def send(self, alert: Alert) -> None:
        raise ConnectionError("nobody there")


def test_what_matters_is_told_and_what_does_not_is_not() -> None:
    kept, counted = Kept(), Counter[str]()
    alerts = Alerts([Broken(), kept], lambda kind: counted.update([kind]))
    for event in EVENTS:
        alerts.hear(event)
    assert [(one.kind, one.severity) for one in kept.alerts] == [
        ("halt", Severity.CRITICAL),
        ("kill_switch", Severity.WARNING),
        ("gate", Severity.WARNING),
        ("condition_feed_silent", Severity.WARNING),
        ("fill_voided", Severity.WARNING),
        ("account_differs", Severity.CRITICAL),
        ("command", Severity.INFO),
    ]
    assert counted.total() == 7
    assert "scores are old" in kept.alerts[2].text
    assert "halt by me lunch" in kept.alerts[6].text


def test_a_gate_that_stands_as_the_run_before_left_it_is_no_news() -> None:
    kept = Kept()
    alerts = Alerts([kept], lambda kind: None)
    alerts.begin(builders.gate())
    alerts.hear(GateObserved(event_at=1, observed_at=1, gate=builders.gate()))
    assert kept.alerts == []
    alerts.hear(GateObserved(event_at=2, observed_at=2, gate=None))
    assert [one.kind for one in kept.alerts] == ["gate"]


def test_sinks_are_named_in_the_config_and_a_wrong_name_is_refused() -> None:
    _, mine = load_sinks(["tests.runner.test_alerts:Kept"])
    assert isinstance(mine, Kept) or type(mine).__name__ == "Kept"
    for name in ("nowhere:Thing", "tests.runner.test_alerts:Missing", "tests.runner.test_alerts:EVENTS", "nonsense"):
        with pytest.raises(ConfigError, match="alert_sinks"):
            load_sinks([name])
