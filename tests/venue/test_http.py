from __future__ import annotations

import asyncio
import socket
import time
from email.utils import formatdate
from urllib.parse import urlsplit

import pytest
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from copytrade_live.errors import ConfigError, PayloadError, VenueRefusal, VenueUnavailable
from copytrade_live.venue.budget import Family, pace_of
from copytrade_live.venue.http import Answer, VenueHttp, is_loopback
from tests.venue.loopback import Script, served

OK = JSONResponse({"answer": 42})


def ask(url: str, path: str = "/thing", **patience: float) -> Answer:
    async def run() -> Answer:
        attempts = int(patience.get("max_attempts", 3))
        timeout, patient = patience.get("timeout_seconds", 5.0), patience.get("patience_seconds", 60.0)
        async with VenueHttp(
            url, max_attempts=attempts, backoff_seconds=0.01, timeout_seconds=timeout, patience_seconds=patient
        ) as http:
            return await http.get(path, {"ids": ["a", "b"], "limit": 3})

    return asyncio.run(run())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_answer_comes_with_its_body_and_lists_repeat_in_the_question() -> None:
    script = Script(OK)
    with served(script.app()) as url:
        answer = ask(url)
    assert (answer.payload, answer.body, answer.status) == ({"answer": 42}, '{"answer":42}', 200)
    assert script.asked == ["ids=a&ids=b&limit=3"]


@pytest.mark.parametrize(
    "trouble",
    [
        PlainTextResponse("slow down", status_code=429),
        PlainTextResponse("<html>restarting</html>", status_code=425),
        PlainTextResponse("oops", status_code=500),
        PlainTextResponse("maintenance", status_code=503),
        JSONResponse({"error": "Too Many Requests"}),
        Response(b'{"data": [{"pri', media_type="application/json"),
        PlainTextResponse("<html>busy</html>"),
        Response(b"\xff\xfe\xfa", media_type="application/json"),
        Response(b"[" * 100_000, media_type="application/json"),
    ],
    ids=["429", "425", "500", "503", "throttled behind 200", "truncated json", "html", "not utf-8", "too deep"],
)
def test_what_may_pass_is_tried_again(trouble: Response) -> None:
    script = Script(trouble, trouble, OK)
    with served(script.app()) as url:
        assert ask(url).payload == {"answer": 42}
    assert len(script.asked) == 3


def test_retry_after_is_honoured() -> None:
    script = Script(PlainTextResponse("wait", status_code=429, headers={"Retry-After": "0.6"}), OK)
    with served(script.app()) as url:
        began = time.monotonic()
        ask(url)
    assert time.monotonic() - began >= 0.6


def test_retry_after_may_be_a_date_beside_the_answers_own() -> None:
    later = formatdate(time.time() + 3, usegmt=True)
    script = Script(PlainTextResponse("wait", status_code=503, headers={"Retry-After": later}), OK)
    with served(script.app()) as url:
        began = time.monotonic()
        ask(url)
    assert 0.9 <= time.monotonic() - began < 4.0


@pytest.mark.parametrize("asked_for", ["soon", "-5", "Wed, 21 Oct 2026"])
def test_a_retry_after_that_makes_no_sense_does_not_stop_us(asked_for: str) -> None:
    script = Script(PlainTextResponse("wait", status_code=429, headers={"Retry-After": asked_for}), OK)
    with served(script.app()) as url:
        assert ask(url).payload == {"answer": 42}


def test_a_venue_that_stays_busy_is_unavailable_and_named() -> None:
    script = Script(PlainTextResponse("maintenance until noon", status_code=503))
    with served(script.app()) as url, pytest.raises(VenueUnavailable) as caught:
        ask(url)
    assert f"{url}/thing is not available after 3 attempts: answered 503: maintenance until noon" in str(caught.value)
    assert len(script.asked) == 3


def test_a_body_that_stays_broken_is_a_payload_error() -> None:
    script = Script(Response(b'{"data": [', media_type="application/json"))
    with served(script.app()) as url, pytest.raises(PayloadError, match="the body is not JSON") as caught:
        ask(url)
    assert caught.value.field == "body"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_not_repeated(status: int) -> None:
    script = Script(JSONResponse({"error": "max historical trades offset of 3000 exceeded"}, status_code=status))
    with served(script.app()) as url, pytest.raises(VenueRefusal, match=f"answered {status}.*max historical"):
        ask(url)
    assert len(script.asked) == 1


def test_a_page_of_the_edge_that_asks_browsers_to_wait_passes() -> None:
    page = HTMLResponse("<!DOCTYPE html><title>Just a moment...</title>", status_code=403)
    with served(Script(page, OK).app()) as url:
        assert ask(url).payload == {"answer": 42}
    with served(Script(page).app()) as url, pytest.raises(VenueUnavailable, match="answered 403 with a page"):
        ask(url)


def test_redirects_are_refused() -> None:
    script = Script(RedirectResponse("http://127.0.0.1:1/elsewhere"))
    with served(script.app()) as url, pytest.raises(VenueRefusal, match="answered 307"):
        ask(url)


def test_a_thing_that_is_gone_is_none_when_it_may_be_and_a_refusal_when_it_must_not() -> None:
    async def find(url: str) -> Answer | None:
        async with VenueHttp(url) as http:
            return await http.find("/book")

    script = Script(JSONResponse({"error": "No orderbook exists"}, status_code=404))
    with served(script.app()) as url:
        assert asyncio.run(find(url)) is None
        with pytest.raises(VenueRefusal, match="404"):
            ask(url)


def test_plural_reads_post_their_body() -> None:
    async def post(url: str) -> Answer:
        async with VenueHttp(url) as http:
            return await http.post("/books", [{"token_id": "1"}])

    script = Script(OK)
    with served(script.app()) as url:
        asyncio.run(post(url))
    assert script.bodies == [b'[{"token_id":"1"}]']


def test_an_unreachable_venue_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(VenueUnavailable, match=f"{url}/thing is not available after 2 attempts: ConnectError"):
        ask(url, max_attempts=2)


def test_a_venue_that_never_answers_is_unavailable() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(VenueUnavailable, match="ReadTimeout"):
            ask(f"http://127.0.0.1:{silent.getsockname()[1]}", max_attempts=2, timeout_seconds=0.2)


def test_an_address_that_is_no_address_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="not an http address"):
        ask("ftp//nowhere")


def test_environment_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with served(Script(OK).app()) as url:
        assert ask(url).payload == {"answer": 42}


def test_only_this_machine_has_no_budget() -> None:
    assert is_loopback("http://127.0.0.1:8080/x")
    assert is_loopback("http://localhost")
    assert is_loopback("http://[::1]:5")
    assert not is_loopback("https://data-api.polymarket.com")
    assert not is_loopback("http://127.0.0.1.example.org")


@pytest.mark.parametrize(("name", "is_held_back"), [("127.1", True), ("127.0.0.1", False)])
def test_the_budget_holds_requests_back_except_on_loopback(name: str, is_held_back: bool) -> None:
    # 127.1 is this machine too, but not one of the names a sandbox is given.
    async def many(url: str) -> None:
        async with VenueHttp(url, requests_per_second=5) as http:
            await asyncio.gather(*(http.get("/thing") for _ in range(11)))

    with served(Script(OK).app()) as url:
        began = time.monotonic()
        asyncio.run(many(url.replace("127.0.0.1", name)))
        assert (time.monotonic() - began > 1.5) is is_held_back


@pytest.mark.parametrize("asked_for", ["1", None])
def test_a_host_that_is_asked_too_often_is_asked_more_slowly_until_it_is_content(asked_for: str | None) -> None:
    headers = {"Retry-After": "0"} if asked_for else {}
    busy = PlainTextResponse("slow down", status_code=429, headers=headers)
    script = Script(busy, busy, OK)
    with served(script.app()) as url:
        ask(url)
        pace = pace_of(urlsplit(url).netloc)
        slowed = pace.gap_seconds
        for _ in range(30):
            ask(url)
        assert 0.05 < slowed <= 2.0
        assert pace.gap_seconds == 0.0


def test_patience_ends_a_read_that_attempts_would_not() -> None:
    script = Script(PlainTextResponse("wait", status_code=503, headers={"Retry-After": "0.2"}))
    with served(script.app()) as url:
        began = time.monotonic()
        with pytest.raises(VenueUnavailable, match=r"is not available after [345] attempts"):
            ask(url, max_attempts=1000, patience_seconds=0.5)
    assert time.monotonic() - began < 3.0


def test_a_third_of_all_answers_may_be_faults_and_no_read_fails() -> None:
    faults = [
        PlainTextResponse("slow down", status_code=429),
        PlainTextResponse("oops", status_code=502),
        Response(b'{"data": [{"pri', media_type="application/json"),
    ]
    answers: list[Response] = []
    for number in range(60):
        answers += [faults[number % 3]] if number % 2 else [OK, OK]
    script = Script(*answers, OK)
    with served(script.app()) as url:
        for _ in range(60):
            assert ask(url, max_attempts=15).payload == {"answer": 42}


def test_families_have_their_own_budget_inside_the_hosts() -> None:
    async def many(url: str) -> None:
        families = (Family("slow", ("/slow",), 4.0),)
        async with VenueHttp(url, requests_per_second=500, families=families) as http:
            await asyncio.gather(*(http.get("/fast") for _ in range(9)))
            fast = time.monotonic() - began
            await asyncio.gather(*(http.get("/slow/x") for _ in range(9)))
            assert fast < 1.0 < time.monotonic() - began - fast

    with served(Script(OK).app()) as url:
        began = time.monotonic()
        asyncio.run(many(url.replace("127.0.0.1", "127.1")))
