"""A quant in Dagster's UI: backtests launched as they stand, with other thresholds, with a value that is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard_e2e.browser import watched
from tests.dashboard_e2e.stack import Up, up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
SCORES_SECONDS = 300.0
# Milliseconds.
SOON, RUN = 60_000, 300_000
JOB = "/locations/copytrade/jobs/nightly_backtest"
WINDOW = 'from_day: "2026-02-27"\n      to_day: "2026-03-01"'


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("quant")) as running:
        running.shown("first scores: published", SCORES_SECONDS)
        yield running


@pytest.fixture
def dagster(browser: Browser, stack: Up) -> Iterator[Page]:
    """Dagster's UI, opened by somebody who is logged in at the dashboard."""
    with watched(browser, stack.url, viewport={"width": 1440, "height": 900}) as seen:
        seen.log_in(stack.key)
        yield seen.page


def test_a_backtest_is_launched_as_it_stands_and_its_report_read_from_the_run(dagster: Page, stack: Up) -> None:
    open_job(dagster, stack)
    dagster.get_by_role("button", name="Materialize").click()
    look_at_run(dagster)
    expect(dagster.get_by_text("Success", exact=True).first).to_be_visible(timeout=RUN)
    shot(dagster, "run")
    link = dagster.locator('a[href*="/backtests/"]').first
    assert (link.get_attribute("href") or "").startswith(stack.url)
    dagster.goto(link.get_attribute("href") or "")
    dagster.get_by_role("button", name="Show here").click()
    report = dagster.frame_locator("iframe")
    expect(report.get_by_text("Max drawdown", exact=False).first).to_be_visible(timeout=SOON)
    shot(dagster, "report")


def test_other_thresholds_give_another_run(dagster: Page, stack: Up) -> None:
    configured(dagster, stack, f"      {WINDOW}\n      overrides: {{filter.max_spread: 0.2, score.min_p_pos: 0.5}}")
    expect(dagster.get_by_text("Success", exact=True).first).to_be_visible(timeout=RUN)
    said = stack.run("backtest", "list", "--json")
    assert said.count('"run_id"') == 2


def test_a_value_that_is_not_allowed_fails_at_once_and_says_what_is(dagster: Page, stack: Up) -> None:
    configured(dagster, stack, f"      {WINDOW}\n      overrides: {{filter.max_spread: 7}}")
    expect(dagster.get_by_text("Failure", exact=True).first).to_be_visible(timeout=RUN)
    expect(dagster.get_by_text(re.compile("filter.max_spread.*less than or equal to 1")).first).to_be_visible()
    shot(dagster, "refused")


def open_job(page: Page, stack: Up) -> None:
    page.goto(stack.shown(r"(?<=Dagster UI   )http://\S+") + JOB)
    page.get_by_role("button", name="Materialize").wait_for(timeout=SOON)


def configured(page: Page, stack: Up, config: str) -> None:
    """Launch the job with a config put into its launchpad, and be at its run."""
    open_job(page, stack)
    page.get_by_role("button", name="Materialize").locator("xpath=following::button[1]").click()
    page.get_by_text("Open launchpad").click()
    page.get_by_text("No errors").wait_for(timeout=SOON)
    text = f"ops:\n  backtest_runs:\n    config:\n{config}\n"
    page.evaluate("text => document.querySelector('.dagster-portal .CodeMirror').CodeMirror.setValue(text)", text)
    page.get_by_text("No errors").wait_for(timeout=SOON)
    shot(page, "launchpad")
    page.get_by_role("dialog").get_by_role("button", name="Materialize").click()
    page.wait_for_url(re.compile(r"/runs/"), timeout=SOON, wait_until="commit")


def look_at_run(page: Page) -> None:
    """Follow what the page says of the run that it launched."""
    told = page.get_by_text("Launched run")
    told.wait_for(timeout=SOON)
    told.locator("xpath=following::*[normalize-space(text())='View'][1]").click()
    page.wait_for_url(re.compile(r"/runs/"), timeout=SOON, wait_until="commit")


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.wait_for_timeout(1500)
        page.screenshot(path=f"{folder}/quant-{name}.png")
