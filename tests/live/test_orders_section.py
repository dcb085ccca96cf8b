"""How patient live execution is, as the config says it."""

from __future__ import annotations

import pytest

from copytrade_live.errors import ConfigError
from copytrade_live.runner.serve_live import options_for
from copytrade_live.settings import parse_config


def test_the_runner_is_as_patient_as_the_config_says_but_kinder_to_the_clock_of_a_sandbox() -> None:
    given = "orders: {quiet_seconds: 30, entries_per_second: 2, max_clock_skew_seconds: 1}"
    real = options_for(parse_config(given, origin="test"))
    assert (real.quiet_seconds, real.entries_per_second, real.max_clock_skew_seconds) == (30.0, 2.0, 1.0)
    sandbox = options_for(parse_config(given + "\nvenue: {clock: venue}", origin="test"))
    assert (sandbox.quiet_seconds, sandbox.max_clock_skew_seconds) == (30.0, 300.0)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{cancel_schedule: [0, 5, 5]}", "cancel_schedule must rise"),
        ("{shortest_pause_seconds: 40}", "shortest_pause_seconds must not exceed longest_pause_seconds"),
        ("{look_seconds: 0}", "orders.look_seconds"),
        ("{lok_seconds: 1}", "did you mean orders.look_seconds"),
    ],
)
def test_waits_that_make_no_sense_are_refused(section: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_config(f"orders: {section}", origin="test")
