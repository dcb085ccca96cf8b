"""A changed config file comes into force while the runner runs, as far as it may, and is journaled."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest
import yaml

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import ConfigChanged, OperatorCommanded, Verb
from copytrade_live.replay import Cause, read_rows, replay
from copytrade_live.runner.reload import merge
from copytrade_live.settings import CopytradeConfig
from copytrade_live.store import commands
from copytrade_live.store.configs import kept_config
from copytrade_live.store.journal import Journal
from tests.runner.test_serve import start_process, wait_for
from tests.runner.test_stepped_run import events_of, of, prepared


def config(**sections: object) -> CopytradeConfig:
    return CopytradeConfig.model_validate(sections)


@pytest.mark.parametrize(
    "change",
    [
        {"filter": {"max_spread": 0.01}},
        {"risk": {"max_positions": 3}},
        {"tracker": {"leaders": ["0x" + "a" * 40]}},
        {"safety": {"on_shutdown": "leave"}},
        {"log_level": "debug"},
    ],
)
def test_what_is_safe_changes_at_once(change: dict[str, object]) -> None:
    done = merge(CopytradeConfig(), config(**change))
    assert done.config == config(**change)
    assert len(done.changed) == 1
    assert done.waiting == ()


@pytest.mark.parametrize(
    "change",
    [
        {"safety": {"dry_run": False}},
        {"safety": {"kill_switch_file": "OTHER"}},
        {"venue": {"clob_url": "http://evil.example"}},
        {"signing": {"max_order_notional": 1_000_000.0}},
        {"live": {"wallet": "0x" + "b" * 40}},
        {"bankroll": {"starting_cash": 5.0}},
        {"observability": {"host": "0.0.0.0"}},  # noqa: S104
    ],
)
def test_what_guards_keys_and_money_waits_for_a_restart_and_is_named(change: dict[str, object]) -> None:
    done = merge(CopytradeConfig(), config(**change))
    assert done.config == CopytradeConfig()
    assert done.changed == ()
    [(section, keys)] = change.items()
    assert done.waiting == tuple(f"{section}.{key}" for key in keys)  # type: ignore[attr-defined]


def test_what_only_the_pipelines_read_is_nobodys_business_here() -> None:
    done = merge(CopytradeConfig(), config(scoring={"history_days": 10.0}))
    assert (done.changed, done.waiting) == ((), ())


def test_a_reload_is_journaled_with_its_digest_and_decisions_follow_it(venue, make_home) -> None:
    home = make_home("one")

    async def live():
        runner, clock, _, _ = prepared(venue, home)
        await runner.start()
        runner.reloader.read = lambda: venue.config(filter={"max_spread": 0.001})
        commands.ask(home.state, Verb.RELOAD, by="test", asked_at=clock.now())
        clock.set(clock.now() + 1000)
        await runner.tick()
        runner.close()
        await venue.close()
        return runner

    runner = asyncio.run(live())
    [changed] = of(ConfigChanged, home)
    assert changed.config_digest == runner.config.decision().digest()
    assert runner.config.filter.max_spread == 0.001
    with Journal.open_reader(home.state) as journal:
        assert kept_config(journal.connection, home.state, changed.config_digest) == runner.config.decision()
    report = replay(read_rows(home.state), DecisionConfig())
    assert report.agrees or set(report.causes) == {Cause.CONFIG}


def test_a_config_that_is_wrong_is_told_of_and_changes_nothing(venue, make_home) -> None:
    home = make_home("one")
    home.config.write_text(
        yaml.safe_dump({"venue": {"data_url": venue.url, "gamma_url": venue.url, "clob_url": venue.url}})
    )
    process = start_process(home, venue.url)
    wait_for(home.export / "heartbeat.json")
    home.config.write_text("filter: {max_spred: 1}\n")
    process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 20
    while not [event for event in events_of(home) if isinstance(event, OperatorCommanded)]:
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(1.0)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b"did you mean filter.max_spread" in errors
    assert not of(ConfigChanged, home)
