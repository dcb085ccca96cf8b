"""Whole runs against a real sandbox on loopback, in stepped time."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from copytrade_live.clock import ManualClock
from copytrade_live.core.events import (
    ExitDecided,
    KillSwitchObserved,
    LeaderFillObserved,
    OrderExpired,
    OrderFilled,
    RunStarted,
    SignalCopied,
    SignalRejected,
    Verb,
)
from copytrade_live.core.market import HOUR
from copytrade_live.core.reasons import RejectReason
from copytrade_live.replay import Cause, read_rows, replay
from copytrade_live.runner.app import Runner
from copytrade_live.store import commands
from copytrade_live.store.journal import Journal
from copytrade_live.store.segments import find_segments
from copytrade_live.store.views import read_decisions, read_view
from tests.runner.conftest import Desk, SteppedVenue, live_until, open_gate, run_steps, scored, skilled

# Wide enough to let the sandbox's skilled wallets through, tight enough that copies are left soon.
EASY = {
    "filter": {"min_liquidity": 100, "min_leader_notional": 5, "max_spread": 0.08},
    "exit": {"stop_loss": 0.01},
}


def events_of(home):
    with Journal.open_reader(home.state) as journal:
        return list(journal.events())


def of(kind, home):
    return [event for event in events_of(home) if isinstance(event, kind)]


def prepared(venue: SteppedVenue, home, **sections):
    wallets = skilled(venue.world)
    clock = ManualClock(venue.keeper.now())
    config = venue.config(**{**EASY, **sections})
    desk = Desk(scored(wallets, clock.now()), open_gate(clock.now()))
    return Runner(config, home, clock, venue.sources(config, clock, desk)), clock, desk, wallets


def test_a_run_copies_rejects_and_leaves_and_its_replay_agrees_entirely(venue, make_home):
    home = make_home("one")

    async def live():
        runner, clock, _, wallets = prepared(venue, home)
        await runner.start()
        try:
            await live_until(runner, venue, clock, lambda: bool(of(ExitDecided, home)), wallets=wallets)
        finally:
            runner.close()
            await venue.close()
        return runner

    runner = asyncio.run(live())
    assert of(SignalCopied, home)
    assert of(SignalRejected, home)
    assert not runner.health.failures
    report = replay(read_rows(home.state), runner.config.decision())
    assert report.agrees
    assert report.decisions == report.agreed > 3
    logged = {json.loads(line)["event"] for line in home.decisions.read_text().splitlines()}
    assert {"copied", "rejected", "filled", "exit"} <= logged
    assert read_view(home.state).state == runner.state
    whole_log = [json.loads(line) for line in home.decisions.read_text().splitlines()]
    assert read_decisions(home.state, 5) == whole_log[-5:]


def test_replay_reads_the_export_too_and_names_what_a_threshold_changed(venue, make_home):
    home = make_home("one")

    async def live():
        runner, clock, _, wallets = prepared(venue, home)
        await runner.start()
        await live_until(runner, venue, clock, lambda: bool(of(SignalCopied, home)), wallets=wallets)
        runner.close()
        await venue.close()
        return runner.config.decision()

    config = asyncio.run(live())
    assert replay(read_rows(home.export), config).agrees
    stricter = config.model_copy(update={"filter": config.filter.model_copy(update={"min_leader_notional": 1e9})})
    report = replay(read_rows(home.export), stricter)
    assert not report.agrees
    assert ("copied", RejectReason.DUST.value) in report.differences
    assert set(report.causes) == {Cause.CONFIG}
    assert report.first[0].signal_id


def test_one_seed_gives_the_same_bytes_twice(start_venue, make_home):
    async def live(home):
        venue = start_venue()
        runner, clock, _, wallets = prepared(venue, home)
        await runner.start()
        await live_until(runner, venue, clock, lambda: bool(of(SignalCopied, home)), wallets=wallets)
        runner.close()
        await venue.close()

    homes = [make_home("one"), make_home("two")]
    for home in homes:
        asyncio.run(live(home))
    one, two = homes
    assert one.decisions.read_bytes() == two.decisions.read_bytes()
    names = [[segment.path.name for segment in find_segments(home.export)] for home in homes]
    assert names[0] == names[1]
    for name in names[0]:
        assert (one.export / name).read_bytes() == (two.export / name).read_bytes()


def test_a_restart_keeps_cash_equity_stops_and_open_orders(venue, make_home):
    """Predecessor defect 7: realised profit was lost on restart and every stop compared with a wrong equity."""
    home = make_home("one")

    async def live():
        runner, clock, desk, wallets = prepared(venue, home)
        await runner.start()
        await live_until(runner, venue, clock, lambda: bool(of(ExitDecided, home)), wallets=wallets)
        before = runner.state
        runner.close()
        again = Runner(runner.config, home, clock, venue.sources(runner.config, clock, desk))
        await again.start()
        after = again.state
        seen = len(events_of(home))
        again.close()
        await venue.close()
        return before, after, seen

    before, after, _ = asyncio.run(live())
    assert before.portfolio.realised != 0 or before.portfolio.positions
    assert after.portfolio == before.portfolio
    assert after.standing == before.standing
    assert (after.day, after.week, after.seen) == (before.day, before.week, before.seen)
    assert len(of(RunStarted, home)) == 2


def test_a_restart_sees_no_fill_twice_and_misses_none(start_venue, make_home):
    async def live(home, restarts):
        venue = start_venue()
        runner, clock, desk, wallets = prepared(venue, home)
        await runner.start()
        for _ in range(6):
            await live_until(runner, venue, clock, lambda: True, wallets=wallets, by=5)
            if restarts:
                runner.close()
                runner = Runner(runner.config, home, clock, venue.sources(runner.config, clock, desk))
                await runner.start()
        runner.close()
        await venue.close()

    def signals(home):
        return [event.signal.signal_id for event in of(LeaderFillObserved, home)]

    straight, broken = make_home("straight"), make_home("broken")
    asyncio.run(live(straight, restarts=False))
    asyncio.run(live(broken, restarts=True))
    assert len(signals(straight)) > 2
    assert sorted(signals(broken)) == sorted(signals(straight))
    assert len(set(signals(broken))) == len(signals(broken))


def test_an_order_that_ran_out_while_the_runner_was_down_is_given_up(venue, make_home):
    home = make_home("one")

    async def live():
        runner, clock, desk, wallets = prepared(venue, home, paper={"latency_seconds": 600})
        await runner.start()
        await live_until(runner, venue, clock, lambda: bool(runner.state.portfolio.working), wallets=wallets, by=1)
        (order_id,) = runner.state.portfolio.working
        runner.close()
        venue.keeper.step_to(clock.now() + HOUR)
        clock.set(clock.now() + HOUR)
        again = Runner(runner.config, home, clock, venue.sources(runner.config, clock, desk))
        await again.start()
        working = again.state.portfolio.working
        again.close()
        await venue.close()
        return order_id, working

    order_id, working = asyncio.run(live())
    assert not working
    assert of(OrderExpired, home)[-1].order_id == order_id
    assert of(OrderExpired, home)[-1].book is None


def test_a_gate_that_runs_out_stops_entries_and_not_exits(venue, make_home):
    home = make_home("one")

    async def live():
        runner, clock, desk, wallets = prepared(venue, home, exit={"stop_loss": 0.9, "take_profit": 5.0})
        await runner.start()
        has_position = lambda: bool(runner.state.portfolio.positions)  # noqa: E731
        await live_until(runner, venue, clock, has_position, wallets=wallets)
        desk.gate = replace(desk.gate, valid_until=clock.now())
        runner.close()
        config = venue.config(**{**EASY, "exit": {"stop_loss": 0.001, "take_profit": 0.001}})
        runner = Runner(config, home, clock, venue.sources(config, clock, desk))
        await runner.start()
        closed_at = clock.now()
        await live_until(
            runner,
            venue,
            clock,
            lambda: any(e.reason is RejectReason.GATE_CLOSED for e in of(SignalRejected, home)),
            wallets=wallets,
        )
        runner.close()
        await venue.close()
        return closed_at

    closed_at = asyncio.run(live())
    assert not [event for event in of(SignalCopied, home) if event.observed_at > closed_at]
    sold = [event for event in of(OrderFilled, home) if event.fill.side == "SELL"]
    assert of(ExitDecided, home)[0].observed_at > closed_at
    assert sold[0].observed_at > closed_at


def test_the_kill_switch_file_and_commands_act_within_a_second(venue, make_home):
    home = make_home("one")

    async def live():
        runner, clock, _, _ = prepared(venue, home)
        await runner.start()
        await run_steps(runner, venue, clock, 3)
        (home.root / "KILL").touch()
        commands.ask(home.state, Verb.HALT, by="operator", asked_at=clock.now())
        await run_steps(runner, venue, clock, 1)
        stopped = runner.state.standing
        (home.root / "KILL").unlink()
        commands.ask(home.state, Verb.RESUME, by="operator", asked_at=clock.now())
        await run_steps(runner, venue, clock, 1)
        free = runner.state.standing
        runner.close()
        await venue.close()
        return stopped, free

    stopped, free = asyncio.run(live())
    assert stopped.kill_switch
    assert stopped.halt
    assert not free.kill_switch
    assert not free.halt
    assert [event.is_active for event in of(KillSwitchObserved, home)] == [True, False]


def test_a_venue_that_goes_away_and_comes_back_costs_nothing_but_time(venue, make_home):
    home = make_home("one")

    async def live():
        runner, clock, _, wallets = prepared(venue, home)
        await runner.start()
        await run_steps(runner, venue, clock, 4)
        data = venue.clients[0]
        url, data._http.base_url = data._http.base_url, "http://127.0.0.1:9"
        await run_steps(runner, venue, clock, 6)
        failed = dict(runner.health.failures)
        data._http.base_url = url
        await live_until(runner, venue, clock, lambda: bool(of(SignalRejected, home)), wallets=wallets)
        runner.close()
        await venue.close()
        return failed, runner.health.last_failure

    failed, last_failure = asyncio.run(live())
    assert failed["tracker"] > 0
    assert last_failure == {}
