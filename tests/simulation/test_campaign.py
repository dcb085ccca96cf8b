"""The long looks: every planted bug, every fault."""

import pytest

from copytrade_live.simulation.campaign import LEAST_FOUND, faults_met, hunt, run_seeds
from copytrade_live.simulation.faults import SimFault
from copytrade_live.simulation.planted import bugs
from copytrade_live.simulation.profiles import PROFILES


@pytest.mark.slow
def test_planted_bugs_are_found_within_two_thousand_seeds() -> None:
    hunts = [hunt(bug, range(2000), workers=2) for bug in bugs().values()]
    assert len(hunts) >= LEAST_FOUND
    assert sum(one.report is not None for one in hunts) >= LEAST_FOUND


@pytest.mark.slow
def test_every_fault_is_met_somewhere() -> None:
    reports = [report for profile in PROFILES for report in run_seeds(range(40), profile, workers=2)]
    assert set(faults_met(reports)) == {fault.value for fault in SimFault}
    assert not [violation for report in reports for violation in report.violations]


def test_seeds_shared_by_processes_come_out_as_they_do_alone() -> None:
    alone = list(run_seeds(range(3), "paper"))
    assert list(run_seeds(range(3), "paper", workers=2)) == alone
