"""The end of a session key's right is seen coming: by doctor, in the runner's gauges, and in one alert a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import DAY, HOUR
from copytrade_live.doctor_home import look_at_session_key
from copytrade_live.errors import StateError
from copytrade_live.findings import Verdict
from copytrade_live.runner.alerts import Alert
from copytrade_live.runner.key_watch import KeyWatch
from copytrade_live.session_record import SessionRecord, forget_session, read_session, write_session
from copytrade_live.settings import Home

NOW = 1_790_000_000_000
ADDRESS = "0x" + "Ab" * 20


def remembered(root: Path, days: float) -> Home:
    home = Home(root)
    write_session(home, SessionRecord(address=ADDRESS, wallet="0x1", valid_until=NOW + round(days * DAY)))
    return home


@pytest.mark.parametrize(("days", "verdict"), [(8, Verdict.OK), (6.5, Verdict.WARN), (-0.5, Verdict.FAIL)])
def test_doctor_says_how_long_the_key_lasts(tmp_path: Path, days: float, verdict: Verdict) -> None:
    [finding] = look_at_session_key(remembered(tmp_path, days), NOW)
    assert finding.verdict is verdict
    assert ADDRESS in finding.found
    assert (f"keys authorize {ADDRESS}" in finding.found) is (verdict is not Verdict.OK)


def test_a_live_runner_tells_once_a_day_from_seven_days_before(tmp_path: Path) -> None:
    home, clock, told = remembered(tmp_path, 7.5), ManualClock(NOW), list[Alert]()
    watch = KeyWatch(home.live(), clock)
    for _ in range(9 * 24):
        watch.look(told.append)
        clock.set(clock.now() + HOUR)
    assert watch.days_left == pytest.approx(-1.5)
    assert [alert.kind for alert in told] == ["session_key_ends"] * len(told)
    assert len({alert.at // DAY for alert in told}) == len(told) == 9
    assert told[-1].severity.value == "critical"
    assert min(alert.at for alert in told) >= NOW + DAY // 2


def test_a_paper_runner_and_a_home_without_a_record_say_nothing(tmp_path: Path) -> None:
    home, told = remembered(tmp_path / "one", 1), list[Alert]()
    for watched in (home, Home(tmp_path / "two").live()):
        watch = KeyWatch(watched, ManualClock(NOW))
        watch.look(told.append)
        assert watch.days_left is None
    assert told == []
    assert list(look_at_session_key(Home(tmp_path / "two"), NOW)) == []


def test_a_key_whose_right_was_taken_away_is_forgotten_and_no_other(tmp_path: Path) -> None:
    home = remembered(tmp_path, 1)
    forget_session(home, "0x" + "cd" * 20)
    assert read_session(home) is not None
    forget_session(home, ADDRESS.lower())
    assert read_session(home) is None


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    home = remembered(tmp_path, 1)
    (tmp_path / "keys" / "session.json").write_text("{")
    with pytest.raises(StateError, match=r"session\.json"):
        read_session(home)
    assert KeyWatch(home.live(), ManualClock(NOW)).days_left is None
