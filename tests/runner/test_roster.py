"""Whom the runner follows."""

from __future__ import annotations

from copytrade_live.core.portfolio import Portfolio
from copytrade_live.runner.roster import roster
from copytrade_live.settings import TrackerConfig
from tests.builders import position, score, snapshot

WALLETS = [f"0x{number:040x}" for number in range(5)]


def test_configured_leaders_come_first_then_the_best_then_those_whose_copy_we_hold():
    rows = [score(wallet=wallet, rank=float(number)) for number, wallet in enumerate(WALLETS[:4])]
    rows.append(score(wallet=WALLETS[4], rank=50.0, category="crypto"))
    held = Portfolio(positions={"7": position(wallet=WALLETS[0])})
    config = TrackerConfig(leaders=(WALLETS[1],), follow_top=2)
    assert roster(config, snapshot(*rows), held) == (WALLETS[1], WALLETS[4], WALLETS[3], WALLETS[0])


def test_without_scores_only_configured_leaders_are_followed():
    assert roster(TrackerConfig(leaders=(WALLETS[1],)), None, Portfolio()) == (WALLETS[1],)


def test_equal_ranks_are_taken_in_order_of_the_wallet():
    rows = [score(wallet=wallet, rank=1.0) for wallet in reversed(WALLETS)]
    assert roster(TrackerConfig(follow_top=3), snapshot(*rows), Portfolio()) == tuple(WALLETS[:3])
