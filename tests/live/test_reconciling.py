"""The account is compared with the ledger also where fills never pause; what may be old never differs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from copytrade_live.core.events import AccountObserved, FillConfirmed, OrderSigned
from copytrade_live.core.market import MICRO
from copytrade_live.ports import VenueAccount
from copytrade_live.runner.live.ceiling import Ceiling
from copytrade_live.runner.live.fills_seen import FillsSeen
from copytrade_live.runner.live.look import Looker
from copytrade_live.runner.live.reconcile import Reconciler
from copytrade_live.runner.live.redeeming import Redeemer
from copytrade_live.runner.live.venue_time import VenueTime
from copytrade_live.settings import LiveOptions
from tests.live.exchange_venue import WALLET, ExchangeVenue
from tests.live.stage import Stage

# Longer than the exchange takes to settle.
_SETTLED = 120.0


class SlowAccount(ExchangeVenue):
    """Takes so long to tell of the account that a fill settles meanwhile: before it looked, or after."""

    looks_late = True
    money_gone = 0

    async def account(self, token_ids: Collection[str]) -> VenueAccount:
        early = await super().account(token_ids)
        await self._clock.sleep(_SETTLED)
        shown = await super().account(token_ids) if self.looks_late else early
        return replace(shown, cash=shown.cash - self.money_gone)


def reconcile(*, looks_late: bool, money_gone: int) -> tuple[bool, Stage]:
    """Compare the account once, while the fill of an order settles."""
    stage = Stage()
    venue = SlowAccount(stage.exchange, stage.clock)
    venue.looks_late, venue.money_gone = looks_late, money_gone
    options, seen, record = LiveOptions(), FillsSeen(), stage.record
    record.listener = seen.apply
    record.state = replace(record.state, portfolio=replace(record.state.portfolio, cash=1000 * MICRO))
    ceiling = Ceiling(20.0, 5.0, stage.clock)
    looker = Looker(venue, seen, ceiling, stage.clock, VenueTime(stage.clock), options)
    redeemer = Redeemer(venue, ceiling, stage.clock, VenueTime(stage.clock), options)

    async def act() -> bool:
        order = stage.order()
        record.work(order)
        signed = await venue.sign(order)
        now = stage.clock.now()
        record.observe(
            OrderSigned(event_at=now, observed_at=now, order_id=order.order_id, venue_order_id=signed.venue_order_id),
            signed,
        )
        await venue.post(signed)
        return await Reconciler(venue, looker, redeemer, ceiling, stage.clock).reconcile(record)

    try:
        return stage.loop.run_until_complete(act()), stage
    finally:
        stage.loop.close()


def test_a_reading_that_agrees_counts_although_a_fill_settled_meanwhile() -> None:
    is_done, stage = reconcile(looks_late=True, money_gone=0)
    assert len(stage.record.of(FillConfirmed)) == 1
    assert is_done
    (shown,) = stage.record.of(AccountObserved)
    assert shown.cash == stage.exchange.account(WALLET).cash == stage.record.state.portfolio.cash


@pytest.mark.parametrize(("looks_late", "money_gone"), [(True, 5 * MICRO), (False, 0), (False, 5 * MICRO)])
def test_a_reading_that_differs_says_nothing_where_something_moved_around_it(looks_late: bool, money_gone: int) -> None:
    is_done, stage = reconcile(looks_late=looks_late, money_gone=money_gone)
    assert len(stage.record.of(FillConfirmed)) == 1
    assert not is_done
    assert stage.record.of(AccountObserved) == []
