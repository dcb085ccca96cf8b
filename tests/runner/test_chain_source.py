"""Leaders' fills from the chain of a real sandbox, beside its listing: what the world's ledger says, each once."""

from __future__ import annotations

import asyncio

import httpx
import numpy as np
import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.core.events import LeaderFillObserved, LeaderFillVoided, RunStarted
from copytrade_live.core.market import MINUTE, SECOND
from copytrade_live.core.signal import Signal
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking.assemble import assemble_tracker
from copytrade_live.runner.tracking.chain import shown_price
from copytrade_live.runner.tracking.ports import SourceName
from copytrade_live.runner.tracking.tracker import Tracker
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.venue.chain import ChainApi
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.gamma import GammaApi
from tests.runner.conftest import SteppedVenue

START = 20 * MINUTE
LASTS = 120 * MINUTE


class Bench:
    """A tracker of a whole world's wallets, over HTTP."""

    def __init__(self, venue: SteppedVenue, *, at: int, wallets: int | None = None) -> None:
        self.venue = venue
        self.clock = ManualClock(at)
        self.health = Health()
        self.wallets = [one.address for one in venue.world.wallets][:wallets]
        shares = {"poll_budget_share": 1.0, "audit_budget_share": 1.0}
        config = venue.config(tracker={"leaders": self.wallets, **shares})
        self.config = config.model_copy(
            update={
                "venue": config.venue.model_copy(
                    update={"rpc_url": f"{venue.url}/rpc", "trades_requests_per_second": 1_000.0}
                )
            }
        )
        self.clients = [
            ChainApi.from_config(self.config.venue),
            GammaApi.from_config(self.config.venue),
            DataApi.from_config(self.config.venue, clock=self.clock),
        ]
        self.journal: list[LeaderFillObserved] = []
        self.started = RunStarted(
            event_at=at, observed_at=at, run_id="p", mode="paper", code_version="1", config_digest="1", starting_cash=1
        )
        self.tracker = self._make()

    def _make(self) -> Tracker:
        chain, tokens, leaders = self.clients
        tracker = assemble_tracker(
            self.config, self.clock, self.health, leaders=leaders, chain=chain, tokens=tokens, copied=set
        )
        for event in (self.started, *self.journal):
            tracker.apply(event)
        return tracker

    def restart(self) -> None:
        self.tracker = self._make()
        self.tracker.resume(self.clock.now())
        self.tracker.follow(self.wallets)

    def step(self, now: int) -> None:
        self.venue.keeper.step_to(now)
        self.clock.set(now)

    async def look(self, name: SourceName) -> list[Signal]:
        (source,) = [one for one in self.tracker.sources if one.name is name]
        found: list[Signal] = []
        while True:
            told = await self.tracker.look(source)
            for signal in told:
                event = LeaderFillObserved(
                    event_at=signal.event_at, observed_at=self.clock.now(), signal=signal, book=None, market=None
                )
                self.journal.append(event)
                self.tracker.apply(event)
            found += told
            if not getattr(source, "is_behind", False):
                return found

    async def close(self) -> None:
        for client in self.clients:
            await client.close()


def due(venue: SteppedVenue, wallets: list[str], after: int, until: int) -> list[tuple[str, str, str, float]]:
    """What the ledger says was traded in whole seconds from after to until."""
    world, ledger = venue.world, venue.world.ledger
    second = ledger.at // SECOND * SECOND
    rows = np.flatnonzero((second >= after) & (second <= until) & (ledger.kind == Kind.TRADE))
    found = []
    for row in rows:
        wallet = world.wallets[int(ledger.wallet[row])].address
        if wallet in wallets:
            token = world.markets[int(ledger.market[row])].token_ids[int(ledger.outcome[row])]
            found.append((wallet, ledger.tx[row], token, round(float(ledger.size[row]), 6)))
    return sorted(found)


def keys(journal: list[LeaderFillObserved]) -> list[tuple[str, str, str, float]]:
    signals = [event.signal for event in journal]
    return sorted((one.wallet, one.tx_hash, one.token_id, round(one.size, 6)) for one in signals)


def test_the_chain_tells_of_every_fill_of_many_wallets_and_the_listing_adds_none(venue):
    begin = venue.world.start_at + START
    bench = Bench(venue, at=begin)

    async def live() -> int:
        bench.step(begin)
        bench.tracker.follow(bench.wallets)
        for now in range(begin, begin + LASTS, 20 * MINUTE):
            bench.step(now + 10 * SECOND)
            await bench.look(SourceName.CHAIN)
        bench.step(begin + LASTS + MINUTE)
        await bench.look(SourceName.CHAIN)
        told = len(bench.journal)
        assert await bench.look(SourceName.POLL) == []
        await bench.close()
        return told

    assert asyncio.run(live()) > 20
    assert keys(bench.journal) == due(venue, bench.wallets, begin, bench.clock.now() - SECOND)
    lags = bench.tracker.lags.by_source
    assert lags[SourceName.CHAIN].first == len(bench.journal)
    assert lags[SourceName.POLL].first == 0
    assert not bench.health.failures


def test_both_sources_in_turn_with_restarts_and_a_chain_that_disagrees_give_each_fill_once(venue):
    begin = venue.world.start_at + START
    bench = Bench(venue, at=begin)
    httpx.post(f"{venue.url}/admin/faults", json={"name": "chain_disagrees", "probability": 0.3}).raise_for_status()

    async def live() -> None:
        bench.step(begin)
        bench.tracker.follow(bench.wallets)
        for number, now in enumerate(range(begin, begin + LASTS, 15 * MINUTE)):
            bench.step(now + 10 * SECOND)
            await bench.look(SourceName.CHAIN if number % 3 else SourceName.POLL)
            if number % 2:
                bench.restart()
            await bench.look(SourceName.POLL if number % 3 else SourceName.CHAIN)
        bench.step(begin + LASTS + MINUTE)
        await bench.look(SourceName.CHAIN)
        await bench.look(SourceName.POLL)
        await bench.close()

    asyncio.run(live())
    wanted = due(venue, bench.wallets, begin, bench.clock.now() - 11 * SECOND)
    assert len({event.signal.signal_id for event in bench.journal}) == len(bench.journal)
    # Sizes differ where the chain was first; the fills do not.
    assert sorted(key[:3] for key in keys(bench.journal)) == sorted(key[:3] for key in wanted)


def test_a_node_that_fails_costs_nothing_but_time(venue):
    begin = venue.world.start_at + START
    bench = Bench(venue, at=begin)

    async def live() -> None:
        bench.step(begin)
        bench.tracker.follow(bench.wallets)
        await bench.look(SourceName.CHAIN)
        node = bench.clients[0]._http
        url, node.base_url = node.base_url, "http://127.0.0.1:9"
        bench.step(begin + LASTS)
        assert await bench.look(SourceName.CHAIN) == []
        assert bench.health.failures[SourceName.CHAIN] == 1
        node.base_url = url
        await bench.look(SourceName.CHAIN)
        await bench.close()

    asyncio.run(live())
    assert keys(bench.journal) == due(venue, bench.wallets, begin, bench.clock.now() - 2 * SECOND)


def test_tokens_that_nobody_can_name_wait_and_are_told_once_someone_can(venue):
    begin = venue.world.start_at + START
    bench = Bench(venue, at=begin)

    async def live() -> list[Signal]:
        bench.step(begin)
        bench.tracker.follow(bench.wallets)
        gamma = bench.clients[1]._http
        url, gamma.base_url = gamma.base_url, "http://127.0.0.1:9"
        bench.step(begin + LASTS)
        assert await bench.look(SourceName.CHAIN) == []
        gamma.base_url = url
        bench.step(begin + LASTS + 5 * SECOND)
        told = await bench.look(SourceName.CHAIN)
        await bench.close()
        return told

    assert asyncio.run(live())
    assert keys(bench.journal) == due(venue, bench.wallets, begin, bench.clock.now() - 2 * SECOND)


@pytest.mark.parametrize(("cash", "shares", "price"), [(3, 10, 0.3), (4_560_000, 10_000_000, 0.456), (1, 3, 0.33)])
def test_a_price_is_shown_as_short_as_its_cash_allows(cash, shares, price):
    assert shown_price(cash, shares) == price


def test_a_silent_node_is_not_alive(venue):
    begin = venue.world.start_at + START
    bench = Bench(venue, at=begin)

    async def live() -> tuple[bool, bool]:
        bench.step(begin)
        bench.tracker.follow(bench.wallets)
        await bench.look(SourceName.CHAIN)
        chain = bench.tracker.others[0]
        before = chain.is_alive(begin)
        # The node answers, but its newest block grows old.
        bench.clock.set(begin + 5 * MINUTE)
        await bench.look(SourceName.CHAIN)
        await bench.close()
        return before, chain.is_alive(bench.clock.now())

    assert asyncio.run(live()) == (True, False)


def test_a_fill_that_the_listing_tells_and_the_chain_never_has_is_void_once(venue):
    begin = venue.world.start_at + START
    bench = Bench(venue, at=begin)
    httpx.post(f"{venue.url}/admin/faults", json={"name": "chain_disagrees", "probability": 0.6}).raise_for_status()

    async def live() -> list[LeaderFillVoided]:
        bench.step(begin)
        bench.tracker.follow(bench.wallets)
        await bench.look(SourceName.CHAIN)
        bench.step(begin + LASTS)
        await bench.look(SourceName.POLL)
        await bench.look(SourceName.CHAIN)
        bench.step(begin + LASTS + 5 * MINUTE)
        await bench.look(SourceName.CHAIN)
        found = bench.tracker.ghosts()
        for ghost in found:
            bench.tracker.apply(ghost)
        assert bench.tracker.ghosts() == []
        await bench.close()
        return found

    found = asyncio.run(live())
    signals = {event.signal.signal_id for event in bench.journal}
    assert found
    assert {ghost.signal_id for ghost in found} < signals
    assert "chain" in found[0].cause
