"""Whoever logged in at the dashboard reaches Dagster's pages, and no page of anybody else does."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from copytrade_live.dashboard.schemas.session import Role
from tests.dagster_door.conftest import Place, Upstream

MUTATION = "mutation{setAutoMaterializePaused(paused:true)}"
EVIL = "http://evil.example"


def test_who_is_not_logged_in_is_sent_to_the_dashboard(place: Place, upstream: Upstream) -> None:
    page = place.ask("GET", "/runs", Accept="text/html")
    assert (page.status_code, page.headers["location"]) == (303, place.dashboard)
    assert place.ask("GET", "/runs").status_code == 401
    assert place.ask("POST", "/graphql", content='{"query":"{version}"}').status_code == 401
    assert place.ask("GET", "/runs", Cookie="copytrade_session=made-up").status_code == 401
    assert upstream.asked == []


def test_an_operator_reads_and_asks_and_dagster_learns_nothing_of_the_login(place: Place, upstream: Upstream) -> None:
    page = place.ask("GET", "/runs/abc?tab=logs", role=Role.OPERATOR, Accept="text/html", Authorization="Bearer x")
    assert (page.status_code, page.json()) == (200, {"path": "/runs/abc?tab=logs"})
    assert page.headers["x-dagster"] == "yes"
    assert "set-cookie" not in page.headers
    asked = place.ask("POST", "/graphql", role=Role.ADMIN, content='{"query":"{version}"}')
    assert asked.status_code == 200
    method, target, headers, body = upstream.asked[-1]
    assert (method, target, body) == ("POST", "/graphql", b'{"query":"{version}"}')
    assert not {"cookie", "authorization"} & {name for _, _, seen, _ in upstream.asked for name in seen}
    assert headers["host"] == "dagster"


def test_dagster_is_told_who_may_only_look_whatever_the_visitor_says(place: Place, upstream: Upstream) -> None:
    for role, may in ((Role.VIEWER, "look"), (Role.OPERATOR, "operate"), (Role.ADMIN, "operate")):
        assert place.ask("GET", "/runs", role=role, X_Copytrade_May="operate").status_code == 200
        assert place.ask("POST", "/graphql", role=role, content="{}").status_code == 200
        assert [seen["x-copytrade-may"] for _, _, seen, _ in upstream.asked[-2:]] == [may, may]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/anything"),
        ("GET", "/notebook?path=/etc/passwd"),
        ("GET", "/dagit/notebook"),
        ("GET", "/download_debug/r"),
        ("GET", "/logs/r/compute_logs/x/stdout"),
    ],
)
def test_who_may_only_look_posts_nothing_and_fetches_no_files(
    place: Place, upstream: Upstream, method: str, path: str
) -> None:
    refused = place.ask(method, path, role=Role.VIEWER)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_low")
    assert upstream.asked == []
    assert place.ask(method, path, role=Role.OPERATOR).status_code == 200


def test_the_two_requests_of_a_foreign_page_fail_even_with_a_login(place: Place, upstream: Upstream) -> None:
    by_get = f"/graphql?query={MUTATION}"
    image = {"Host": "evil.example", "Origin": EVIL, "Accept": "image/avif,image/webp,*/*"}
    assert place.ask("GET", by_get, role=Role.ADMIN, **image).status_code == 421
    # The same with our own name: it stands in an image of a page of somebody else.
    assert place.ask("GET", by_get, role=Role.ADMIN, Origin=EVIL, Accept="image/*").status_code == 403
    assert place.ask("GET", by_get, role=Role.ADMIN).status_code == 403
    report = "/report_asset_materialization/trader_scores"
    plain = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
    without_body = httpx.post(
        f"{place.door}{report}", headers={"Cookie": place.cookie(Role.ADMIN), **plain}, content=b""
    )
    assert without_body.status_code == 403
    assert place.ask("POST", report, role=Role.ADMIN).status_code == 403
    assert upstream.asked == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": EVIL}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Host": "rebound.example"}, 421),
    ],
)
def test_a_change_comes_from_our_own_page_as_json_or_not_at_all(
    place: Place, upstream: Upstream, headers: dict[str, str], status: int
) -> None:
    asked = place.ask("POST", "/graphql", role=Role.ADMIN, content="{}", **headers)
    assert asked.status_code == status
    assert upstream.asked == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_do_not_pass(place: Place, upstream: Upstream, method: str) -> None:
    sent = {"Origin": place.door, "Content-Type": "application/json"}
    assert place.ask(method, "/graphql", role=Role.ADMIN, **sent).status_code in (403, 405)
    assert upstream.asked == []


def test_what_a_page_of_somebody_else_embeds_is_refused_and_a_link_to_us_is_not(place: Place) -> None:
    embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert place.ask("GET", "/logs/run/step.out", role=Role.ADMIN, **embedded).status_code == 403
    # A browser sends no strict cookie along with such a link; one that does is welcome.
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
    assert place.ask("GET", "/runs", **link).status_code == 303
    framed = place.ask("GET", "/runs", role=Role.ADMIN)
    assert framed.headers["x-frame-options"] == "DENY"


def test_a_session_that_ended_opens_no_door(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copytrade_live.dagster_door.visitors.FRESH_SECONDS", 0.0)
    cookie = place.cookie(Role.OPERATOR)
    assert place.ask("GET", "/runs", Cookie=cookie).status_code == 200
    place.log_out(Role.OPERATOR)
    assert place.ask("GET", "/runs", Cookie=cookie).status_code == 401


def test_answers_stream_as_they_come(place: Place) -> None:
    with httpx.stream("GET", f"{place.door}/slow", headers={"Cookie": place.cookie(Role.OPERATOR)}) as answer:
        parts = list(answer.iter_text())
    assert len(parts) == 3


def open_socket(place: Place, **headers: str) -> object:
    origin = headers.pop("Origin", place.door)
    return connect(
        f"{place.door.replace('http', 'ws')}/graphql",
        origin=origin,  # type: ignore[arg-type]
        subprotocols=["graphql-ws"],  # type: ignore[list-item]
        additional_headers=headers,
    )


@pytest.mark.parametrize(("role", "may"), [(Role.OPERATOR, "operate"), (Role.VIEWER, "look")])
def test_a_websocket_of_our_own_page_is_joined(place: Place, upstream: Upstream, role: Role, may: str) -> None:
    async def talk() -> tuple[str, str | None]:
        async with open_socket(place, Cookie=place.cookie(role), **{"X-Copytrade-May": "operate"}) as talking:  # type: ignore[attr-defined]
            await talking.send("hello")
            return await talking.recv(), talking.subprotocol

    assert asyncio.run(talk()) == ("heard hello", "graphql-ws")
    assert "cookie" not in upstream.asked[0][2]
    assert upstream.asked[0][2]["x-copytrade-may"] == may


def test_a_websocket_ends_with_the_login(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copytrade_live.dagster_door.visitors.FRESH_SECONDS", 0.0)
    monkeypatch.setattr("copytrade_live.dagster_door.passing.RECHECK_SECONDS", 0.1)
    cookie = place.cookie(Role.OPERATOR)

    async def talk() -> int | None:
        async with open_socket(place, Cookie=cookie) as talking:  # type: ignore[attr-defined]
            place.log_out(Role.OPERATOR)
            await asyncio.wait_for(talking.wait_closed(), 5)
            return talking.close_code  # type: ignore[no-any-return]

    assert asyncio.run(talk()) == 1008


@pytest.mark.parametrize(
    "headers",
    [{"Origin": EVIL}, {"Origin": "null"}, {"Cookie": ""}, {"Cookie": "copytrade_session=x"}],
    ids=["foreign", "null", "nobody", "made-up"],
)
def test_a_websocket_of_anybody_else_is_refused(place: Place, upstream: Upstream, headers: dict[str, str]) -> None:
    sent = {"Cookie": place.cookie(Role.OPERATOR)} | headers

    async def talk() -> None:
        async with open_socket(place, **sent):  # type: ignore[attr-defined]
            pass

    with pytest.raises(InvalidStatus, match="403"):
        asyncio.run(talk())
    assert upstream.asked == []


def test_alive_is_said_to_anybody_and_nothing_else(place: Place) -> None:
    assert place.ask("GET", "/healthz").json() == {"status": "alive", "dagster": True}
