"""S08, S10, S11, S13, S17: which role may what, where changes come from, which names are ours, what answers wear."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest

from copytrade_live.dashboard.access.policy import ADMINISTER, OPEN, OpenToAll, Policy
from copytrade_live.dashboard.access.walls import CONTENT_POLICY, HEADERS, MOST_BODY_BYTES
from copytrade_live.dashboard.app import build_api
from copytrade_live.dashboard.schemas.session import Role
from tests.dashboard.conftest import Stand
from tests.dashboard.routes_of import Asked, routes_of

ROUTES = routes_of(build_api(None))
CHANGES = [one for one in ROUTES if one.is_change]
LOOKS = [one for one in ROUTES if not one.is_change and one.path != "/api/events"]
OPEN_PATHS = {"/healthz", "/api/session", "/x"}


def name(asked: Asked) -> str:
    return f"{asked.method} {asked.path}"


def ask(browser: httpx.Client, asked: Asked, **changed: object) -> httpx.Response:
    options: dict = {"json": {}} if asked.method == "POST" else {}
    return browser.request(asked.method, asked.path, **{**options, **changed})


def test_s08_every_route_names_exactly_one_policy_and_every_change_asks_for_operators_or_more() -> None:
    assert len(ROUTES) > 25
    assert [name(one) for one in ROUTES if len(one.policies) != 1] == []
    assert {one.path for one in ROUTES if isinstance(one.policy, OpenToAll)} <= OPEN_PATHS
    for one in CHANGES:
        if one.path == "/api/session":
            assert one.policy in (OPEN, Policy(Role.VIEWER))
        else:
            assert isinstance(one.policy, Policy)
            assert one.policy.least.power >= Role.OPERATOR.power
    admins = {one.path for one in CHANGES if one.policy == ADMINISTER}
    assert admins == {"/api/controls/resume", "/api/controls/mode"}


def test_s08_nobody_looks_or_changes_without_a_session(stand: Stand) -> None:
    stranger = stand.client()
    for one in ROUTES:
        if isinstance(one.policy, Policy):
            assert ask(stranger, one).status_code == 401, name(one)


def test_s08_a_viewer_changes_nothing_and_an_operator_not_what_is_an_admins(stand: Stand) -> None:
    viewer, operator = stand.client(Role.VIEWER), stand.client(Role.OPERATOR)
    for one in CHANGES:
        if one.path != "/api/session":
            assert ask(viewer, one).json()["code"] == "role_too_low", name(one)
    for path in ("/api/controls/resume", "/api/controls/mode"):
        assert operator.post(path, json={}).json()["code"] == "role_too_low"


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_s10_no_change_comes_from_another_origin(stand: Stand, origin: str | None) -> None:
    browser = stand.client(Role.ADMIN)
    del browser.headers["Origin"]
    headers = {} if origin is None else {"Origin": origin}
    for one in CHANGES:
        answer = ask(browser, one, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin"), name(one)
    assert browser.get("/api/session").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_s10_no_change_comes_from_another_site_whatever_its_origin_says(stand: Stand, site: str) -> None:
    browser = stand.client(Role.ADMIN)
    for one in CHANGES:
        assert ask(browser, one, headers={"Sec-Fetch-Site": site}).status_code == 403, name(one)


@pytest.mark.parametrize("token", ["", "wrong", "ü"])
def test_s10_no_change_goes_without_the_sessions_own_token(stand: Stand, token: str) -> None:
    browser = stand.client(Role.ADMIN)
    for one in CHANGES:
        if isinstance(one.policy, Policy):
            answer = ask(browser, one, headers={"X-CSRF-Token": token.encode()})
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), name(one)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_s10_a_change_is_json_and_nothing_a_form_could_send(stand: Stand, kind: str) -> None:
    browser = stand.client(Role.ADMIN)
    for one in CHANGES:
        if one.method == "POST":
            answer = browser.request("POST", one.path, content=b"{}", headers={"Content-Type": kind})
            assert answer.status_code == 415, name(one)


def test_s10_an_origin_that_the_config_names_may_change(make_stand) -> None:
    stand = make_stand(allowed_origins=["http://localhost:5173"])
    browser = stand.client(Role.OPERATOR)
    browser.headers["Origin"] = "http://localhost:5173"
    answer = browser.post("/api/controls/halt", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200


def test_s10_looking_writes_nothing(stand: Stand) -> None:
    def written() -> dict[str, str]:
        apart = ("state.sqlite-shm", "replica-")
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in Path(stand.home.root).rglob("*")
            if path.is_file() and not path.name.startswith(apart)
        }

    browser = stand.client(Role.ADMIN)
    before = written()
    for one in LOOKS:
        assert ask(browser, one).status_code < 500, name(one)
    assert written() == before


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "evil.example:8080", "[::2]"]
)
def test_s11_a_name_that_is_not_ours_is_answered_on_no_page(stand: Stand, host: str) -> None:
    browser = stand.client(Role.ADMIN)
    for one in [*LOOKS, *CHANGES]:
        assert ask(browser, one, headers={"Host": host}).status_code in (400, 421), name(one)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:8080", "box.lan"])
def test_s11_our_names_are_answered(make_stand, host: str) -> None:
    stand = make_stand(allowed_hosts=["box.lan"])
    assert stand.client().get("/healthz", headers={"Host": host}).status_code == 200


def test_s13_no_answer_lets_another_origin_read_it(stand: Stand) -> None:
    browser = stand.client(Role.ADMIN)
    browser.headers["Origin"] = "https://evil.example"
    for one in LOOKS:
        answer = ask(browser, one)
        assert not [header for header in answer.headers if header.startswith("access-control-")], name(one)
    asked = browser.options("/api/overview", headers={"Access-Control-Request-Method": "GET"})
    assert asked.status_code == 403
    assert "access-control-allow-origin" not in asked.headers


def test_s17_every_answer_wears_the_headers_failures_too(stand: Stand) -> None:
    browser, stranger = stand.client(Role.ADMIN), stand.client()
    answers = [ask(browser, one) for one in LOOKS] + [ask(stranger, one) for one in ROUTES if one.path != "/x"]
    answers += [browser.get("/api/nothing"), browser.get("/healthz", headers={"Host": "evil.example"})]
    answers += [browser.request("PUT", "/api/overview", json={}), browser.request("TRACE", "/healthz", json={})]
    for answer in answers:
        for header, value in HEADERS.items():
            assert answer.headers.get(header) == value, (answer.request.url, header)
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY


def test_s17_a_failure_of_ours_wears_them_and_says_nothing_of_the_inside(stand: Stand, monkeypatch) -> None:
    def break_down() -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr(stand.desk, "moment", break_down)
    answer = stand.client(Role.VIEWER).get("/api/overview")
    assert answer.status_code == 500
    assert "inside" not in answer.text
    assert answer.headers["Content-Security-Policy"] == CONTENT_POLICY


def test_a_request_that_is_too_large_is_not_read(stand: Stand) -> None:
    browser = stand.client(Role.OPERATOR)
    large = b'{"config": "' + b"x" * MOST_BODY_BYTES + b'"}'
    answer = browser.post("/api/config/validate", content=large, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_a_request_that_is_not_valid_is_not_repeated(stand: Stand) -> None:
    answer = stand.client().post("/api/session", json={"api_key": 1, "hidden": "ctk_of-somebody"})
    assert answer.status_code == 422
    assert "ctk_of-somebody" not in answer.text
