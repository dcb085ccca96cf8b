"""Two runs side by side say what was set differently, what came of it, and which signals were decided differently."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from copytrade_pipelines.backtest.compare import Comparison, compare, write_comparison
from tests.backtest.conftest import Done, backtest
from tests.backtest.world import CONFIG, busy

STRICT = CONFIG.model_copy(update={"score": CONFIG.score.model_copy(update={"min_p_pos": 0.99})})


@pytest.fixture(scope="module")
def folders(done: Done, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    strict = backtest(busy(), tmp_path_factory.mktemp("strict"), config=STRICT)
    assert done.result.report_path is not None
    assert strict.result.report_path is not None
    return done.result.report_path.parent, strict.result.report_path.parent


@pytest.fixture(scope="module")
def found(folders: tuple[Path, Path]) -> Comparison:
    return compare(*folders)


def test_the_setting_that_differs_is_the_only_one_named(found: Comparison) -> None:
    assert found.settings == {"score.min_p_pos": (0.8, 0.99)}


def test_signals_decided_differently_are_counted_and_listed(found: Comparison, done: Done) -> None:
    copied = done.result.summary.copies
    changes = {(row["one"], row["other"]): row["signals"] for row in found.changes}
    assert changes["copied", "low_p_pos"] == copied
    assert found.different + found.same == done.result.summary.signals
    assert found.different == len(found.signals)
    first = found.signals[0]
    assert (first["signal_id"], first["one"], first["other"], first["other_limit"]) == (
        "f1",
        "copied",
        "low_p_pos",
        0.99,
    )


def test_numbers_stand_side_by_side_with_their_difference(found: Comparison, done: Done) -> None:
    numbers = {row["name"]: row for row in found.numbers}
    pnl = done.result.summary.pnl
    assert (numbers["Profit"]["one"], numbers["Profit"]["other"]) == (pnl, 0.0)
    assert numbers["Profit"]["difference"] == pytest.approx(-pnl)
    assert numbers["Profit"]["text"][2] == f"{-pnl:+,.2f} $"
    assert numbers["Return"]["text"][2].endswith(" points")
    assert numbers["Hit rate"]["other"] is numbers["Hit rate"]["difference"] is None
    assert found.copies["one"]["copies"] == done.result.summary.copies


def test_the_page_of_a_comparison_stands_alone(folders: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "compare" / "a-b.html"
    found = write_comparison(*folders, path)
    page = path.read_text()
    assert not re.findall(r"https?:|//[a-z]|<script|<link|@import|url\((?!#)", page)
    assert found.one in page
    assert found.other in page
    assert '<td class="t">score.min_p_pos</td><td class="v">0.8</td><td class="v">0.99</td>' in page
    json.dumps(found.as_json())


def test_a_run_does_not_differ_from_itself(folders: tuple[Path, Path]) -> None:
    found = compare(folders[0], folders[0])
    assert found.settings == {}
    assert found.different == 0
    assert all(row["difference"] in (0, None) for row in found.numbers)
