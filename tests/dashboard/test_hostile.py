"""S18, S19, S20: what strangers named, asked for or put into a path does nothing but be shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import OrderSigned
from copytrade_live.dashboard import pages
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.ports import SignedOrder
from copytrade_live.secret import Secret
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal
from copytrade_live.store.market_titles import FILE
from tests import builders
from tests.builders import NOW
from tests.cli.journals import write_journal
from tests.dashboard.conftest import MakeStand, Stand
from tests.dashboard.routes_of import routes_of

CORPUS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "‮evil​⁦",
    "a\x00b\x1b[31m\r\nid: 9\nevent: overview\ndata: {}\n\n",
    "=cmd|'/c calc'!A0",
    "x" * 5000,
    "'; DROP TABLE signals; --",
]
CONTROLS = {*map(chr, range(32)), "\x7f", "‮", "​", "⁦", "\u2028"}


@pytest.mark.parametrize("text", CORPUS)
def test_s18_names_of_strangers_are_shown_and_do_nothing(make_stand: MakeStand, tmp_path: Path, text: str) -> None:
    home = Home(tmp_path / "hostile")
    market = builders.market(outcomes=(text, "No"), category=text, event_id=text, observed_at=NOW)
    seen = builders.leader_fill(outcome=text, with_market=market)
    write_journal(home.state, [*builders.opening(), seen], DecisionConfig())
    title = {"condition_id": builders.CONDITION, "question": text[:300], "slug": text[:300]}
    home.state.with_name(FILE).write_text(json.dumps(title) + "\n")
    browser = make_stand(place=home).client(Role.VIEWER)
    for path in ("/api/signals", "/api/signals/f1", "/api/overview", "/api/positions"):
        answer = browser.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert not CONTROLS & set(_texts(answer.json())), path
    [row] = browser.get("/api/signals").json()["items"]
    assert len(row["outcome"]) <= 501
    assert row["title"]


def test_what_was_signed_is_told_on_no_page_and_kept_in_no_replica(make_stand: MakeStand, home: Home) -> None:
    canary = "canary-of-a-signature"
    signed = SignedOrder(order_id="o1", venue_order_id="0x1", payload=Secret(canary), signed_at=NOW)
    with Journal.open(home.state, "paper") as journal:
        journal.append("run-1", [OrderSigned(**builders.at(), order_id="o1", venue_order_id="0x1")], signed)
    stand = make_stand()
    browser = stand.client(Role.ADMIN)
    for one in routes_of(stand.api):
        if one.method == "GET" and one.path != "/api/events":
            assert canary not in browser.get(one.path).text, one.path
    assert canary.encode() not in stand.desk.projection.replica.read_bytes()


def _texts(value: object) -> str:
    if isinstance(value, dict):
        return "".join(_texts(one) for one in value.values())
    if isinstance(value, list):
        return "".join(map(_texts, value))
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize("text", [*CORPUS, "0x" + "g" * 40, "0X" + "a" * 40, builders.WALLET + "\n", "%", "' OR 1=1"])
def test_s19_what_is_no_wallet_token_or_id_is_refused(stand: Stand, text: str) -> None:
    browser = stand.client(Role.OPERATOR)
    assert browser.get("/api/signals", params={"leader": text}).status_code == 422
    assert browser.get("/api/signals", params={"reason": text}).status_code == 422
    assert browser.get("/api/signals", params={"before": text}).status_code == 422
    assert browser.get("/api/backtests/compare", params={"a": text, "b": "x"}).status_code in (404, 422)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60), name=st.sampled_from(["leader", "reason", "outcome", "before", "limit"]))
def test_s19_no_filter_is_ever_more_than_a_filter(stand: Stand, text: str, name: str) -> None:
    browser = stand_browser(stand)
    answer = browser.get("/api/signals", params={name: text})
    assert answer.status_code in (200, 422)
    assert len(browser.get("/api/signals").json()["items"]) == 2


BROWSERS: dict[str, object] = {}


def stand_browser(stand: Stand):
    if stand.url not in BROWSERS:
        BROWSERS[stand.url] = stand.client(Role.VIEWER)
    return BROWSERS[stand.url]


@pytest.mark.parametrize(
    "name",
    ["..", "../home", "%2e%2e%2fstate.sqlite", "..%2f..%2fetc%2fpasswd", "%00", "a%00b", "%5c%5cserver%5cshare",
     "%2fetc%2fpasswd", ".part", "C:%5cx", "x" * 300, "link"],
)  # fmt: skip
def test_s20_a_report_is_read_from_the_reports_and_nowhere_else(make_stand: MakeStand, home: Home, name: str) -> None:
    outside = home.root / "outside"
    outside.mkdir()
    for folder in (outside, home.reports / ".part"):
        folder.mkdir(exist_ok=True, parents=True)
        (folder / "summary.json").write_text("{}")
        (folder / "report.html").write_text("SECRET")
    (home.reports / "link").symlink_to(outside)
    browser = make_stand().client(Role.VIEWER)
    for path in (f"/api/backtests/{name}", f"/api/backtests/{name}/report"):
        answer = browser.get(path)
        assert "SECRET" not in answer.text
        assert "root:" not in answer.text
        assert answer.status_code in (404, 405, 422), (path, answer.status_code, answer.text)


@pytest.mark.parametrize(
    "path",
    ["/../app.py", "/..%2f..%2fapp.py", "/assets/..%2f..%2f..%2fapp.py", "/%2fetc%2fpasswd", "/assets/%00",
     "/" + "x" * 5000, "/link.txt", "/assets/..%5c..%5capp.py"],
)  # fmt: skip
def test_s20_a_page_is_read_from_the_built_pages_and_nowhere_else(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    dist = tmp_path / "web" / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("INDEX")
    (tmp_path / "web" / "app.py").write_text("SECRET")
    (tmp_path / "secret.txt").write_text("SECRET")
    (dist / "link.txt").symlink_to(tmp_path / "secret.txt")
    monkeypatch.setattr(pages, "DIST", dist)
    answer = stand.client().get(path)
    assert "SECRET" not in answer.text
    assert answer.status_code in (200, 404)
