"""Messages are grouped, rare and quiet at night; what is critical comes at once."""

from __future__ import annotations

from typing import Any

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import HOUR, SECOND
from copytrade_live.notify.news import News
from copytrade_live.notify.outbox import MOST_LINES, Outbox, compose
from copytrade_live.runner.alerts import Severity
from copytrade_live.settings import NewsKind, NotificationsConfig
from tests.builders import MONDAY, NOW


def news(number: int = 0, severity: Severity = Severity.INFO) -> News:
    return News(at=NOW + number * SECOND, kind=NewsKind.COPIES, severity=severity, text=f"news {number}")


def outbox(now: int = NOW, **settings: Any) -> tuple[Outbox, ManualClock]:
    clock = ManualClock(now)
    return Outbox(NotificationsConfig(**settings), clock), clock


def test_a_burst_is_one_message() -> None:
    box, clock = outbox(group_seconds=30)
    for number in range(3):
        box.add(news(number))
        assert box.take() is None
        clock.set(clock.now() + 10 * SECOND)
    message = box.take()
    assert message is not None
    assert message.title == "copytrade: copies and 2 more"
    assert message.body.splitlines()[0].endswith("news 0")
    assert box.take() is None


def test_so_many_an_hour_and_no_more_and_nothing_is_lost() -> None:
    box, clock = outbox(group_seconds=0, most_per_hour=4)
    sent = 0
    for number in range(60):
        box.add(news(number))
        sent += box.take() is not None
        clock.set(clock.now() + 60 * SECOND)
    assert 4 <= sent <= 5
    box.add(news(99, Severity.CRITICAL))
    message = box.take()
    assert message is not None
    assert "news 99" in message.body


def test_at_night_only_what_is_critical_is_told() -> None:
    box, clock = outbox(MONDAY + 23 * HOUR, group_seconds=0, quiet_from_hour=22, quiet_until_hour=7)
    box.add(news())
    assert box.take() is None
    box.add(news(1, Severity.CRITICAL))
    assert box.take() is not None
    box.add(news(2))
    clock.set(MONDAY + 30 * HOUR)
    assert box.take() is None
    clock.set(MONDAY + 31 * HOUR)
    assert box.take() is not None


def test_a_long_message_keeps_the_newest_and_the_worst() -> None:
    many = [news(0, Severity.CRITICAL), *(news(number) for number in range(1, 40))]
    message = compose(many)
    lines = message.body.splitlines()
    assert len(lines) == MOST_LINES + 2
    assert lines[0].startswith("20 older ones are left out")
    assert lines[1].endswith("news 0")
    assert lines[-1].endswith("news 39")
    assert message.severity is Severity.CRITICAL


def test_when_it_ends_what_waits_is_told() -> None:
    box, _ = outbox(group_seconds=600)
    box.add(news())
    assert box.take(is_last=True) is not None
