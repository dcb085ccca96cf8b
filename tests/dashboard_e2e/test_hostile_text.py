"""S18: what strangers call their markets is shown as text, on every page that shows it."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser, expect

from copytrade_live.core.config import DecisionConfig
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.settings import Home
from copytrade_live.store.market_titles import FILE
from tests import builders
from tests.builders import NOW
from tests.cli.journals import write_journal
from tests.dashboard.conftest import MakeStand
from tests.dashboard_e2e.browser import watched

INJECTIONS = (
    "<script>window.__hit = 1</script>",
    "\"><img src=x onerror='window.__hit=1'>",
    "<svg/onload=window.__hit=1>",
    '<a href="javascript:window.__hit=1">a</a>',
    "{{constructor.constructor('window.__hit=1')()}}",
    "</title><style>body{display:none}</style>",
)
# One name of a market: injections, and one that turns, hides and never ends. The second is what must be read of it.
CORPUS = (
    (" ".join(INJECTIONS), " ".join(INJECTIONS)[:60]),
    ("evil\u202e\u200b\u2066\x00title " + "x" * 3000, "evil"),
)


def hostile_home(folder: Path, text: str) -> Home:
    """A home whose market, outcome, category and event are called so."""
    home = Home(folder)
    market = builders.market(outcomes=(text, "No"), category=text, event_id=text, observed_at=NOW)
    seen = builders.leader_fill(outcome=text, with_market=market)
    write_journal(home.state, [*builders.opening(), seen], DecisionConfig())
    title = {"condition_id": builders.CONDITION, "question": text, "slug": text}
    home.state.with_name(FILE).write_text(json.dumps(title) + "\n")
    return home


def test_names_of_strangers_are_text_and_do_nothing(make_stand: MakeStand, browser: Browser, tmp_path: Path) -> None:
    for number, (text, readable) in enumerate(CORPUS):
        stand = make_stand(place=hostile_home(tmp_path / str(number), text))
        with watched(browser, stand.url, viewport={"width": 390, "height": 844}) as seen:
            seen.log_in(stand.keys[Role.OPERATOR])
            for path in ("/", "/signals", "/signals/f1"):
                seen.open(path)
                expect(seen.page.locator("main")).to_contain_text(readable)
                hit = seen.page.evaluate("window.__hit")
                strange = seen.page.locator("main img, main script, main style, main a[href^='javascript']").count()
                found = (hit, strange, seen.refused(), seen.complaints, seen.outside, seen.cut_off())
                assert found == (None, 0, [], [], [], []), (path, text)
