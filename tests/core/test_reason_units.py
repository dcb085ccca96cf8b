"""Numbers say what they count, and exit levels are where the rules call."""

from __future__ import annotations

import pytest

from copytrade_live.core.decide import explain
from copytrade_live.core.reason_units import Unit, unit_of
from copytrade_live.core.reasons import ExitReason, HaltReason, Held, Rejected, RejectReason
from copytrade_live.core.valuation import gain_on_cost, price_at_gain
from tests import builders


@pytest.mark.parametrize("gain", [0.3, 0.0, -0.25])
def test_a_level_is_the_bid_at_which_the_gain_is_reached(gain: float) -> None:
    assert gain_on_cost(price_at_gain(0.4, gain), 0.4) == pytest.approx(gain)


def test_a_unit_names_a_known_reason() -> None:
    known = {one.value for kind in (RejectReason, ExitReason, HaltReason) for one in kind}
    found = {reason: unit_of(reason) for reason in known}
    assert found["stale_book"] is Unit.SECONDS
    assert found["wallet_muted"] is None
    assert unit_of("nothing") is None


def test_a_gate_that_holds_by_a_number_says_what_it_would_have_refused_with() -> None:
    answers = dict(explain(builders.context()))
    held = answers["spread_is_narrow"]
    assert isinstance(held, Held)
    assert held.reason is RejectReason.WIDE_SPREAD
    thin = dict(explain(builders.context(signal=builders.signal(size=1.0))))["leader_fill_is_not_dust"]
    assert isinstance(thin, Rejected)
