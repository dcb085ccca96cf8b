"""An order is signed in the turn that decides it: one commit holds what was seen, decided and signed, or none of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    AccountObserved,
    GateObserved,
    LeaderFillObserved,
    OperatorCommanded,
    OrderNotPlaced,
    OrderSigned,
    RunStarted,
    ScoresPublished,
    SignalCopied,
    Verb,
)
from copytrade_live.core.market import MICRO
from copytrade_live.core.orders import Order
from copytrade_live.errors import VenueUnavailable
from copytrade_live.failpoints import Failpoint, armed
from copytrade_live.ports import SignedOrder
from copytrade_live.runner.live.executor import LiveExecutor
from copytrade_live.runner.recorder import Recorder
from copytrade_live.store.journal import Journal
from tests.builders import book, gate, score, signal, snapshot
from tests.live.exchange_venue import ExchangeVenue
from tests.live.stage import MARKET, Stage, until
from tests.sandbox.exchange.stub_quotes import NOW, YES

BOLD = DecisionConfig.model_validate({"filter": {"min_liquidity": 1.0, "max_spread": 0.5, "max_price_move": 0.2}})


class AtOnceVenue(ExchangeVenue):
    """Signs in one go, unless it is told that terms are missing."""

    has_terms = True
    knows = True

    def may_sign_at_once(self, order: Order) -> bool:
        return self.has_terms

    def sign_at_once(self, order: Order) -> SignedOrder:
        if not self.knows:
            raise VenueUnavailable("terms grew old")
        signing = self.sign(order)
        try:
            signing.send(None)
        except StopIteration as done:
            return done.value
        raise AssertionError("it waited")


class Desk:
    """A real recorder and journal around a stage's executor."""

    def __init__(self, folder: Path) -> None:
        self.stage = Stage()
        self.venue = AtOnceVenue(self.stage.exchange, self.stage.clock)
        self.stage.venue = self.venue
        self.executor: LiveExecutor = self.stage.make()
        self.journal = Journal.open(folder / "state.sqlite", "live")
        self.recorder = Recorder(self.journal, BOLD, self.executor)
        self.recorder.restore((self.executor.apply,))
        self.recorder.run_id = "r1"

    def copy(self) -> None:
        now = self.stage.clock.now()
        seen = signal(token_id=YES, condition_id=MARKET.condition_id, price=0.52, event_at=now - 500, observed_at=now)
        shown = book(token_id=YES, event_at=now, observed_at=now)
        known = replace(MARKET, end_at=now + 30 * 86_400_000)
        self.recorder.observe(
            LeaderFillObserved(event_at=now - 500, observed_at=now, signal=seen, book=shown, market=known)
        )

    def kinds(self) -> list[str]:
        return [row.type for row in self.journal.read()]

    def play(self, act):  # type: ignore[no-untyped-def]
        async def main() -> None:
            times = {"event_at": NOW, "observed_at": NOW}
            start = RunStarted(
                **times, run_id="r1", mode="live", code_version="", config_digest="", starting_cash=0, is_real=True
            )
            self.recorder.observe(start)
            self.recorder.observe(ScoresPublished(**times, snapshot=snapshot(score(as_of=NOW), as_of=NOW)))
            self.recorder.observe(GateObserved(**times, gate=gate(written_at=NOW, valid_until=NOW + 3_600_000)))
            self.recorder.observe(AccountObserved(**times, cash=1000 * MICRO, holdings=()))
            self.executor.begin(self.recorder, None)
            try:
                await act()
            finally:
                await self.executor.end(cancels=False)

        self.stage.loop.run_until_complete(main())
        self.stage.loop.close()


@pytest.fixture
def desk(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = Desk(tmp_path)
    yield made
    made.journal.close()


def test_a_decision_and_its_signed_order_are_committed_together_before_anything_is_sent(desk: Desk) -> None:
    commits: list[str] = []

    async def act() -> None:
        with armed(lambda point, detail: commits.append(f"{point.value}|{detail}")):
            desk.copy()
        assert desk.venue.posted == []
        await until(lambda: bool(desk.venue.posted), desk.stage.clock)

    desk.play(act)
    kinds = desk.kinds()
    place = kinds.index("SignalCopied")
    assert kinds[place - 1 : place + 2] == ["LeaderFillObserved", "SignalCopied", "OrderSigned"]
    rows = list(desk.journal.read(place - 1, 3))
    assert [row.caused_by for row in rows] == [None, rows[0].seq, None]
    assert [one.split("|")[1] for one in commits if one.startswith("journal.after")] == [
        "LeaderFillObserved+OrderSigned"
    ]
    order_id = next(row.event.order.order_id for row in rows if isinstance(row.event, SignalCopied))
    kept = desk.journal.signed_order(order_id)
    assert kept is not None
    assert kept.venue_order_id == next(row.event.venue_order_id for row in rows if isinstance(row.event, OrderSigned))
    assert [posted for _, posted in desk.venue.posted] == [order_id]


def test_what_does_not_reach_the_disk_leaves_nothing_behind_and_sends_nothing(desk: Desk) -> None:
    def break_it(point: Failpoint, detail: str) -> None:
        if point is Failpoint.JOURNAL_BEFORE_COMMIT:
            raise OSError("disk")

    async def act() -> None:
        before, state = desk.kinds(), desk.recorder.state
        with armed(break_it), pytest.raises(OSError, match="disk"):
            desk.copy()
        await asyncio.sleep(5)
        assert [kind for kind in desk.kinds()[len(before) :] if kind in ("SignalCopied", "OrderSigned")] == []
        assert desk.recorder.state.portfolio.working == state.portfolio.working == {}
        assert desk.venue.posted == []
        desk.copy()
        await until(lambda: bool(desk.venue.posted), desk.stage.clock)

    desk.play(act)
    assert desk.kinds().count("SignalCopied") == 1


def test_a_halt_between_the_commit_and_the_orders_turn_keeps_it_from_being_sent(desk: Desk) -> None:
    async def act() -> None:
        desk.copy()
        now = desk.stage.clock.now()
        halt = OperatorCommanded(event_at=now, observed_at=now, command_id="c1", verb=Verb.HALT, by="test")
        desk.recorder.observe(halt)
        await until(lambda: not desk.recorder.state.portfolio.working, desk.stage.clock)

    desk.play(act)
    assert desk.venue.posted == []
    assert "OrderNotPlaced" in desk.kinds()
    assert any(isinstance(row.event, OrderNotPlaced) for row in desk.journal.read())


@pytest.mark.parametrize(("has_terms", "knows"), [(False, True), (True, False)])
def test_where_something_has_to_be_waited_for_the_order_is_signed_in_its_own_task(
    desk: Desk, has_terms: bool, knows: bool
) -> None:
    desk.venue.has_terms, desk.venue.knows = has_terms, knows

    async def act() -> None:
        desk.copy()
        assert desk.kinds()[-1] == "SignalCopied"
        await until(lambda: bool(desk.venue.posted), desk.stage.clock)

    desk.play(act)
    assert desk.kinds().count("OrderSigned") == 1
    assert len(desk.venue.posted) == 1
