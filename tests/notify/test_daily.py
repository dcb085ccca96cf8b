"""The day that is over costs what the day holds, however long the journal before it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from copytrade_live.core.events import HaltTripped, JournalEvent, Period, PeriodOpened
from copytrade_live.core.market import DAY, HOUR
from copytrade_live.core.reasons import HaltReason
from copytrade_live.notify.daily import Day, day_before, equity_points
from copytrade_live.store.journal import Journal
from tests.builders import NOW, at

# Steps of SQLite's machine between two counts.
_STEPS = 10


def opened(day: int, period: Period = Period.DAY) -> PeriodOpened:
    return PeriodOpened(**at(NOW + day * DAY), period=period, equity=1000.0 + day)


def halted(day: int) -> HaltTripped:
    moment = NOW + day * DAY + HOUR
    return HaltTripped(**at(moment), reason=HaltReason.WEEKLY_DRAWDOWN, measured=0.3, limit=0.2)


def asked(path: Path, days: int, *, chart_days: int = 3) -> tuple[Day | None, list[float], int]:
    """What the last of so many days came to, the equity of its chart, and what asking cost."""
    with Journal.open(path / f"{days}.sqlite", "paper") as journal:
        for day in range(days):
            events: list[JournalEvent] = [opened(day), *([halted(day)] * 20)]
            journal.append("run-1", events, may_wait=True)
        [seq] = journal.append("run-1", [opened(days)])
        row = journal.row(seq)
        assert row is not None
        steps: list[None] = []
        journal.connection.set_progress_handler(lambda: steps.append(None), _STEPS)
        day = day_before(journal, row)
        points = equity_points(journal, row, chart_days)
        journal.connection.set_progress_handler(None, 0)
        return day, [equity for _, equity in points], len(steps)


def test_a_summary_counts_one_day_and_its_chart_the_last_ones(tmp_path: Path) -> None:
    day, points, _ = asked(tmp_path, 10)
    assert day is not None
    assert (day.opened, day.closed, len(day.halts)) == (1009.0, 1010.0, 20)
    assert points == [1007.0, 1008.0, 1009.0, 1010.0]


def test_a_longer_journal_costs_no_more(tmp_path: Path) -> None:
    *_, short = asked(tmp_path, 10)
    *_, long = asked(tmp_path, 200)
    assert long <= short + 1


@pytest.mark.parametrize("before", [[], [opened(-1, Period.WEEK), halted(-1)]])
def test_the_first_day_has_none_before_it(tmp_path: Path, before: list[JournalEvent]) -> None:
    with Journal.open(tmp_path / "state.sqlite", "paper") as journal:
        *_, seq = journal.append("run-1", [*before, opened(0)])
        row = journal.row(seq)
        assert row is not None
        assert day_before(journal, row) is None
        assert equity_points(journal, row, 3)[-1] == (NOW, 1000.0)
