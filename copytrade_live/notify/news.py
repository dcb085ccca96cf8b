"""What of the journal is news to somebody outside, and in which words: the same as status, log and alerts use."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.events import CopyClosed, ExitDecided, PeriodOpened, PositionSettled, SignalCopied
from copytrade_live.core.market import Instant
from copytrade_live.core.score import Gate
from copytrade_live.decision_text import decision_text
from copytrade_live.runner.alerts import ALERT_TYPES, Alert, Alerts, Severity
from copytrade_live.settings import NewsKind
from copytrade_live.store.decision_lines import decision_line
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow
from copytrade_live.visible import visible

_DECISIONS: dict[type, NewsKind] = {
    SignalCopied: NewsKind.COPIES,
    ExitDecided: NewsKind.EXITS,
    PositionSettled: NewsKind.EXITS,
    CopyClosed: NewsKind.EXITS,
}
_ALERTS = {"halt": NewsKind.HALTS, "kill_switch": NewsKind.HALTS, "command": NewsKind.HALTS, "gate": NewsKind.GATE}
_NOBODY = "a leader"
# Types of events worth reading; most of a journal is of others.
TOLD_TYPES = tuple(sorted({*ALERT_TYPES, *(kind.__name__ for kind in (*_DECISIONS, PeriodOpened))}))


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing to tell, in one line."""

    at: Instant
    kind: NewsKind
    severity: Severity
    text: str


class Newsroom:
    """Turns rows of a journal into news, in order. journal: where a row's cause is looked up; opened for each look."""

    def __init__(self, gate: Gate | None, *, name_leaders: bool) -> None:
        self.journal: Journal | None = None
        self._name_leaders = name_leaders
        self._heard: list[Alert] = []
        self._alerts = Alerts([self], lambda kind: None)
        self._alerts.begin(gate)

    def send(self, alert: Alert) -> None:
        """Hear an alert, as a sink does."""
        self._heard.append(alert)

    def hear(self, row: JournalRow) -> list[News]:
        """What there is to tell of a row."""
        kind = _DECISIONS.get(type(row.event))
        if kind is not None:
            return [News(at=row.observed_at, kind=kind, severity=Severity.INFO, text=self._decision(row))]
        self._heard.clear()
        self._alerts.hear(row.event)
        return [
            News(
                at=one.at,
                kind=_ALERTS.get(one.kind, NewsKind.ALERTS),
                severity=one.severity,
                text=visible(one.text if self._name_leaders else _unnamed(one.text)),
            )
            for one in self._heard
        ]

    def _decision(self, row: JournalRow) -> str:
        cause = None
        if self.journal is not None and row.caused_by is not None:
            cause = self.journal.row(row.caused_by)
        line = dict(decision_line(row, cause) or {})
        if not self._name_leaders and "wallet" in line:
            line["wallet"] = _NOBODY
        # Without the time, which stands before it in the message.
        return visible(decision_text(line).partition("Z  ")[2])


def _unnamed(text: str) -> str:
    words = (_NOBODY if word.startswith("0x") and len(word.rstrip(":")) == 42 else word for word in text.split(" "))
    return " ".join(words)
