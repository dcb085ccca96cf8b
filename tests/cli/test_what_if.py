"""`copytrade what-if`: another config on a past journal, one decision at a time."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.core.config import DecisionConfig
from copytrade_live.replay import read_rows
from copytrade_live.what_if import what_if
from tests import builders
from tests.cli.journals import write_journal
from tests.predecessor.test_defects import CONFIG, losing_run


@pytest.fixture
def journal() -> Path:
    """A copy that lost, and a signal that was refused for its size."""
    path = Path(os.environ["COPYTRADE_HOME"]) / "state.sqlite"
    other = builders.market(condition_id="0x" + "d4" * 32, token_ids=("8", "9"), event_id="e2")
    dust = builders.leader_fill(
        signal_id="f2", token_id="8", condition_id=other.condition_id, with_market=other, size=20.0
    )
    write_journal(path, [*losing_run()[:3], dust, *losing_run()[3:]], CONFIG)
    return path


def tried(journal: Path, **sections: object):
    return what_if(read_rows(journal), DecisionConfig.model_validate(sections))


def test_the_same_config_changes_nothing(journal: Path) -> None:
    found = what_if(read_rows(journal), CONFIG)
    assert (found.changed, found.known_difference) == (0, 0.0)
    assert found.before == found.after
    assert found.before["copied"] == found.before["dust"] == 1


def test_a_copy_that_would_not_have_been_made_is_worth_what_it_lost(journal: Path) -> None:
    found = tried(journal, filter={"min_leader_notional": 1000.0})
    assert found.changes == {("copied", "dust"): 1}
    [change] = found.first
    assert change.pnl is not None
    assert change.pnl < 0
    assert (found.known_difference, found.known_copies) == (pytest.approx(-change.pnl), 1)


def test_a_smaller_copy_would_have_lost_its_share(journal: Path) -> None:
    found = tried(journal, sizing={"max_per_trade": 0.015})
    assert found.changes == {("copied", "copied"): 1}
    [change] = found.first
    assert change.pnl is not None
    assert change.notional is not None
    assert change.notional_then == pytest.approx(15.0)
    share = change.notional_then / change.notional
    assert found.known_difference == pytest.approx(change.pnl * (share - 1), rel=0.02)
    assert found.known_difference > 0


def test_a_new_copy_is_counted_and_its_end_is_not_invented(journal: Path) -> None:
    found = tried(journal, filter={"min_leader_notional": 1.0})
    assert found.changes == {("dust", "copied"): 1}
    assert (found.new_copies, found.known_difference) == (1, 0.0)
    assert found.new_notional > 0


def test_the_verb_prints_it_for_people_and_machines(journal: Path) -> None:
    config = journal.with_name("other.yaml")
    config.write_text("filter: {min_leader_notional: 1000}\n")
    call = CliRunner().invoke
    told = call(build_app(["what-if"]), ["what-if", str(journal), "--config", str(config), "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["changes"] == [{"recorded": "copied", "then": "dust", "count": 1}]
    assert "1 decision of" in call(build_app(["what-if"]), ["what-if", str(journal), "--config", str(config)]).stdout
