"""Metrics, health and readiness over real HTTP, and the file that status reads."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from copytrade_live.clock import ManualClock, SystemClock
from copytrade_live.core.events import OperatorCommanded, Verb
from copytrade_live.core.market import HOUR, SECOND
from copytrade_live.docs import metrics_page
from copytrade_live.errors import ConfigError, PortInUseError, VenueUnavailable
from copytrade_live.metrics import METRICS
from copytrade_live.runner.app import Runner
from copytrade_live.runner.http import TOKEN_VARIABLE, check_binding, take_token
from copytrade_live.runner.serve import shown
from copytrade_live.settings import ObservabilityConfig
from tests.runner.conftest import Desk, open_gate, run_steps, scored, skilled
from tests.runner.test_stepped_run import EASY

TOKEN = "t" * 32
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what must be refused


@asynccontextmanager
async def running(venue, home, *, token="", **seen):
    """A started runner with its pages served, and a client for them."""
    config = venue.config(**EASY, observability={"port": 0, **seen})
    clock = ManualClock(venue.keeper.now())
    desk = Desk(scored(skilled(venue.world), clock.now()), open_gate(clock.now()))
    runner = Runner(config, home, clock, venue.sources(config, clock, desk))
    await runner.start()
    try:
        async with shown(runner, token), httpx.AsyncClient(base_url=runner.watch.address) as client:
            yield runner, clock, client
    finally:
        runner.close()
        await venue.close()


def values_of(text):
    families = text_string_to_metric_families(text)
    return {(one.name, *sorted(one.labels.values())): one.value for family in families for one in family.samples}


def test_every_metric_is_in_the_docs_and_what_is_shown_is_what_happened(venue, make_home):
    home = make_home("one")

    async def look():
        async with running(venue, home) as (runner, clock, client):
            await run_steps(runner, venue, clock, 300, by=5)
            answer = await client.get("/metrics")
            return runner.state, answer

    state, answer = asyncio.run(look())
    assert answer.headers["content-type"].startswith("text/plain")
    values = values_of(answer.text)
    assert values["copytrade_equity",] == pytest.approx(state.portfolio.equity)
    assert values["copytrade_gate_open",] == 1.0
    assert values["copytrade_entries_allowed",] == 1.0
    assert values["copytrade_ready",] == 1.0
    assert values["copytrade_leaders_followed",] > 0
    assert (
        values["copytrade_step_seconds_count",] == values["copytrade_last_event_seq",]
        or values["copytrade_step_seconds_count",] > 1
    )
    page = metrics_page()
    shown_names = {family.name for family in text_string_to_metric_families(answer.text)}
    ours = {name for name in shown_names if name.startswith("copytrade_")}
    documented = {one.full_name.removesuffix("_total") for one in METRICS}
    assert ours <= documented
    assert all(f"`{one.full_name}`" in page and one.meaning for one in METRICS)
    assert values["copytrade_gross_exposure_limit",] == pytest.approx(0.6 * state.portfolio.equity)
    assert values["copytrade_source_alive", "poll"] == 1.0
    assert values["copytrade_last_event_seq",] >= values["copytrade_exported_seq",] > 0
    # Other tests of this process asked venues of their own, each a host more.
    hosts = {label for name, *labels in values if name == "copytrade_venue_requests_total" for label in labels}
    here = [name for name, *labels in values if not hosts.intersection(labels)]
    series = Counter(name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in here)
    assert [one.full_name for one in METRICS if series[one.full_name] > one.most_series] == []


def test_a_part_that_fails_makes_copying_degraded_and_a_halt_outdoes_it(venue, make_home):
    async def look():
        async with running(venue, make_home("word")) as (runner, clock, client):
            await run_steps(runner, venue, clock, 60, by=5)
            seen = [values_of((await client.get("/metrics")).text)]
            runner.health.failed("books", VenueUnavailable("gone"))
            seen.append(values_of((await client.get("/metrics")).text))
            now = clock.now()
            halt = OperatorCommanded(event_at=now, observed_at=now, command_id="h", verb=Verb.HALT, by="test")
            runner._recorder.observe(halt)
            return [*seen, values_of((await client.get("/metrics")).text)]

    before, failing, halted = asyncio.run(look())
    words = ("on", "degraded", "off", "halted", "stopped")
    for values, word in ((failing, "degraded"), (halted, "halted")):
        assert [one for one in words if values["copytrade_copying", one] == 1.0] == [word]
    assert failing["copytrade_concerns",] == halted["copytrade_concerns",] == before["copytrade_concerns",] + 1
    assert (before["copytrade_copying", "on"] == 1.0) is (before["copytrade_concerns",] == 0)


def test_metrics_name_no_leader_unless_asked_to(venue, make_home):
    async def look(**seen):
        async with running(venue, make_home(str(len(seen))), **seen) as (runner, clock, client):
            wallets = skilled(venue.world)
            for wallet in wallets:
                runner.watch.tally._wallet(wallet)
            await run_steps(runner, venue, clock, 300, by=10)
            return (await client.get("/metrics")).text

    text = asyncio.run(look())
    assert "0x" not in text.replace("0x0", "")
    assert len(text.splitlines()) < 1000


def test_alive_and_ready_are_said_with_reasons(venue, make_home):
    home = make_home("one")

    async def look():
        async with running(venue, home) as (runner, clock, client):
            await run_steps(runner, venue, clock, 5)
            assert (await client.get("/healthz")).json() == {"status": "alive"}
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})
            clock.set(clock.now() + HOUR)
            late = await client.get("/readyz")
            assert late.status_code == 503
            assert any("late" in reason for reason in late.json()["reasons"])
            assert any("source" in reason for reason in late.json()["reasons"])

    asyncio.run(look())


def test_a_database_that_can_be_read_but_not_written_is_not_ready(venue, make_home):
    home = make_home("one")

    async def look():
        async with running(venue, home) as (runner, clock, client):
            await run_steps(runner, venue, clock, 3)
            runner.journal.connection.execute("PRAGMA busy_timeout = 50")
            other = sqlite3.connect(home.state, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            clock.set(clock.now() + 2 * SECOND)
            stuck = await client.get("/readyz")
            other.execute("ROLLBACK")
            other.close()
            clock.set(clock.now() + 2 * SECOND)
            freed = await client.get("/readyz")
            return stuck, freed

    stuck, freed = asyncio.run(look())
    assert stuck.status_code == 503
    assert "cannot be used" in stuck.json()["reasons"][0]
    assert freed.status_code == 200


def test_a_host_that_is_not_ours_is_refused_on_every_page(venue, make_home):
    async def look():
        async with running(venue, make_home("one"), allowed_hosts=["box.lan"]) as (_, _, client):
            for page in ("/metrics", "/healthz", "/readyz"):
                for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example"):
                    assert (await client.get(page, headers={"Host": host})).status_code == 400
                for host in ("localhost:9090", "box.lan"):
                    assert (await client.get(page, headers={"Host": host})).status_code != 400

    asyncio.run(look())


def test_a_token_is_asked_for_where_one_is_set(venue, make_home):
    async def look():
        async with running(venue, make_home("one"), token=TOKEN) as (_, _, client):
            assert (await client.get("/metrics")).status_code == 401
            assert (await client.get("/metrics", headers={"Authorization": "Bearer x"})).status_code == 401
            good = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
            assert good.status_code == 200
            assert TOKEN not in good.text

    asyncio.run(look())


@pytest.mark.parametrize(
    ("settings", "token", "wanted"),
    [
        ({"host": EVERYWHERE}, "", "expose"),
        ({"host": EVERYWHERE, "expose": True}, "", TOKEN_VARIABLE),
        ({"host": EVERYWHERE, "expose": True}, "short", "32 are needed"),
        ({"host": "192.168.1.5"}, TOKEN, "expose"),
        ({"host": "example.com"}, TOKEN, "expose"),
    ],
)
def test_an_address_that_others_reach_is_refused_without_consent_and_token(settings, token, wanted):
    with pytest.raises(ConfigError, match=wanted):
        check_binding(ObservabilityConfig.model_validate(settings), token)


@pytest.mark.parametrize(
    ("settings", "token"),
    [({}, ""), ({"host": "::1"}, ""), ({"host": "localhost"}, ""), ({"host": EVERYWHERE, "expose": True}, TOKEN)],
)
def test_loopback_needs_nothing_and_the_world_needs_both(settings, token):
    check_binding(ObservabilityConfig.model_validate(settings), token)


def test_the_token_leaves_the_environment(monkeypatch):
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    assert take_token() == TOKEN
    assert take_token() == ""


def test_a_taken_port_names_its_key(venue, make_home):
    async def twice():
        async with running(venue, make_home("one")) as (runner, _, _):
            port = int(runner.watch.address.rsplit(":", 1)[1])
            async with running(venue, make_home("two"), port=port):
                pass

    with pytest.raises(PortInUseError, match=r"observability\.port"):
        asyncio.run(twice())


def test_the_runtime_file_says_what_the_journal_does_not(venue, make_home):
    home = make_home("one")

    async def look():
        async with running(venue, home) as (runner, clock, _):
            await run_steps(runner, venue, clock, 5)
            return runner.watch.address

    address = asyncio.run(look())
    told = json.loads((home.root / "runtime.json").read_text())
    assert told["address"] == address
    assert told["mode"] == "paper"
    assert told["failing"] == {}
    assert abs(told["written_at"] - SystemClock().now()) < 60 * SECOND


def test_a_runner_without_room_to_write_says_so_goes_on_and_is_ready_again(venue, make_home):
    home = make_home("full")

    async def look():
        async with running(venue, home) as (runner, clock, client):
            await run_steps(runner, venue, clock, 60, by=5)
            connection = runner.journal.connection
            connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
            await run_steps(runner, venue, clock, 300, by=5)
            stuck = await client.get("/readyz")
            connection.execute("PRAGMA max_page_count = 1073741823")
            await run_steps(runner, venue, clock, 30, by=5)
            return stuck, await client.get("/readyz")

    stuck, again = asyncio.run(look())
    assert stuck.status_code == 503
    assert "free disk space" in stuck.text
    assert again.status_code == 200, again.text
