"""Quickstart, the page on backtests and the README's tour, followed word by word in one folder with the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from copytrade_live.config_file import Change, write_config
from copytrade_live.settings import Home, load_config
from copytrade_live.venue_address import venue_changes
from tests.docs.blocks import Block, runnable
from tests.docs.test_going_live import a_free_port
from tests.docs.walk import Walk, folder_with_the_code

PAPER = "4. A paper run"
PATIENCE_SECONDS = 900.0

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def quickstart(*, paper: bool) -> list[Block]:
    """The quickstart's commands: those of the paper run, or all others."""
    return [block for block in runnable("docs/quickstart.md", "sh") if (block.heading == PAPER) is paper]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Walk, str]]:
    """Somebody who followed the quickstart up to its backtests, and what it said."""
    folder = folder_with_the_code(tmp_path_factory.mktemp("newcomer") / "code")
    with Walk(folder, patience_seconds=PATIENCE_SECONDS) as walk:
        yield walk, walk.follow(quickstart(paper=False))


def test_the_quickstart_goes_from_nothing_to_two_backtests_that_are_compared(walked: tuple[Walk, str]) -> None:
    walk, said = walked
    assert "(100.00 %)" in said
    reports = list((walk.folder / ".copytrade" / "first" / "reports").glob("*/report.html"))
    assert len(reports) == 2
    assert list((walk.folder / ".copytrade" / "first" / "reports" / "compared").glob("*.html"))


@pytest.fixture(scope="module")
def running(walked: tuple[Walk, str]) -> Walk:
    """The same, while the venue of that home runs, as a demo's does."""
    walk, _ = walked
    venue = load_config(None, Home(walk.folder / ".copytrade" / "first")).venue.clob_url
    walk.terminal("venue").type(f"copytrade sandbox --seed 7 --port {venue.rpartition(':')[2]}")
    walk.terminal("venue").wait_for(venue)
    return walk


def test_the_page_on_backtests_can_be_followed_after_it(running: Walk) -> None:
    walk = running
    before = {path.name for path in (walk.folder / ".copytrade" / "first" / "reports").iterdir()}
    said = walk.follow(runnable("docs/backtests.md", "sh"))
    assert "probability" in said or "luck" in said or "deflated" in said.lower()
    assert {path.name for path in (walk.folder / ".copytrade" / "first" / "reports").iterdir()} - before


def test_the_tour_of_the_readme_can_be_taken(running: Walk) -> None:
    said = running.follow(runnable("README.md", "sh"))
    assert "left for the runner" in said


def test_a_paper_run_can_be_started_looked_at_halted_and_ended(tmp_path: Path) -> None:
    folder = folder_with_the_code(tmp_path / "code")
    sandbox, dagster, dashboard = a_free_port(), a_free_port(), a_free_port()
    ports = f"--sandbox-port {sandbox} --dagster-port {dagster} --dashboard-port {dashboard}"
    home = Home(folder / ".copytrade" / "paper")
    home.root.mkdir(parents=True)
    # The page's ports may be taken on a machine that runs tests; the rest is what up writes by itself.
    free = {("observability", "port"): Change(value=0, why="tests run beside others.")}
    write_config(home.config, {**venue_changes(f"http://127.0.0.1:{sandbox}"), **free})
    replaced = {"copytrade up --sandbox": f"copytrade up --sandbox {ports}"}
    with Walk(folder, replaced=replaced, patience_seconds=PATIENCE_SECONDS) as walk:
        said = walk.follow(quickstart(paper=True))
        assert "running, pid" in said
        assert "halted" in said
        assert "stopped" in walk.stop("paper")
