"""kill -9 at every write and send on the way to a payout: it is booked once, and the ledger is the venue's."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from copytrade_live.core.events import OrderFilled, RedemptionPaid
from copytrade_live.core.market import DAY, MICRO, MINUTE
from copytrade_live.core.state import evolve, initial_state
from copytrade_live.sandbox.exchange.wallets import deposit_wallet
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal
from tests.live.killing import BESIDE_OTHERS, MOST_SECONDS, Zygote, by_times, check_recovery, told
from tests.live.live_run import Deed
from tests.live.redeeming import ending_market, skipping
from tests.sandbox.running import Sandbox, run_server
from tests.sandbox.trading import best, fund, truth
from tests.worlds import default_world

SPEED = 15.0
SIDE_BY_SIDE = 5
Point = tuple[str, int]
WHERE_IT_COUNTS: tuple[Point, ...] = (
    ("redeem.after|market", 1),
    ("journal.before_commit|RedemptionPaid", 1),
)


@pytest.fixture(scope="module")
def world() -> SyntheticWorld:
    return default_world()


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    process = Zygote()
    yield process
    process.close()


def asked(number: int, venue: Sandbox, home: Path, deeds: list[Deed]) -> dict[str, Any]:
    home.mkdir()
    key = "0x" + hashlib.sha256(f"a wallet that wins {number}".encode()).hexdigest()
    wallet = deposit_wallet(Account.from_key(key).address.lower())
    fund(venue, address=wallet, cash=1000)
    return {
        "redeems": True,
        "home": str(home),
        "url": venue.url,
        "key": key,
        "wallet": wallet,
        "deeds": [asdict(deed) for deed in deeds],
        "after": 160,
        "seconds": 60,
        "log": str(home / "log.txt"),
        "die_at": None,
    }


def killed_on_the_way(
    points: list[Point | None], world: SyntheticWorld, zygote: Zygote, folder: Path, most: float
) -> tuple[int, dict[str, int]]:
    """Buy what wins, let its market end, die at a point, start again. Returns: kills, and what the first reached."""
    # Far from its end a price stands almost still: a copy fills however long a busy machine takes for it.
    market, won, at = ending_market(world, neg_risk=False, before=DAY)
    token = market.token_ids[won]
    with run_server(world, at, SPEED) as venue:
        clock = skipping(venue, SPEED)
        _, ask = best(venue, token)
        deeds = [
            Deed(at=second, token_id=token, condition_id=market.condition_id, side="BUY", price=price, size=400.0)
            for second, price in ((5, round(ask + 0.1, 2)), (45, round(ask + 0.12, 2)), (100, round(ask + 0.14, 2)))
        ]
        runs = [asked(number, venue, folder / f"run-{number}", deeds) for number in range(len(points))]
        assert zygote.run(runs) == [0] * len(runs), [told(run) for run in runs]
        assert market.resolved_at is not None
        clock.skip(market.resolved_at + MINUTE)
        dying = [{**run, "die_at": point} for run, point in zip(runs, points, strict=True)]
        ended = zygote.run(dying)
        assert set(ended) <= {0, -signal.SIGKILL}, [told(run) for run in dying]
        reached: dict[str, int] = json.loads((folder / "run-0" / "reached.json").read_text())
        assert zygote.run(runs) == [0] * len(runs), [told(run) for run in runs]
        for run in runs:
            check_payout(run, venue)
            check_recovery(run, most)
    return ended.count(-signal.SIGKILL), reached


def check_payout(run: dict[str, Any], venue: Sandbox) -> None:
    """One payout, the venue's, and no cent or share more than the venue shows."""
    with Journal.open_reader(Home(Path(run["home"])).state) as journal:
        events = list(journal.events())
    [paid] = [event for event in events if isinstance(event, RedemptionPaid)]
    bought = sum(event.fill.size for event in events if isinstance(event, OrderFilled))
    assert paid.cash == bought > 0, told(run)
    state = initial_state()
    for event in events:
        state = evolve(state, event)
    assert not state.portfolio.positions
    assert not state.portfolio.receivable
    balances = {row["token_id"]: row["balance"] for row in truth(venue, "balances") if row["wallet"] == run["wallet"]}
    assert state.portfolio.cash == round(float(balances.pop("")) * MICRO)
    assert not any(float(balance) for balance in balances.values())


def test_a_kill_around_a_redemption_books_it_once(world: SyntheticWorld, zygote: Zygote, tmp_path: Path) -> None:
    killed, reached = killed_on_the_way([None, *WHERE_IT_COUNTS], world, zygote, tmp_path, BESIDE_OTHERS)
    assert {name for name, _ in WHERE_IT_COUNTS} <= set(reached)
    assert killed >= len(WHERE_IT_COUNTS) - 1


@pytest.mark.slow
def test_a_kill_at_every_point_on_the_way_to_a_payout_books_it_once(
    world: SyntheticWorld, zygote: Zygote, tmp_path: Path
) -> None:
    (tmp_path / "whole").mkdir()
    _, reached = killed_on_the_way([None], world, zygote, tmp_path / "whole", MOST_SECONDS)
    points, killed = by_times(reached), 0
    for start in range(0, len(points), SIDE_BY_SIDE):
        folder = tmp_path / f"batch-{start}"
        folder.mkdir()
        batch: list[Point | None] = [None, *points[start : start + SIDE_BY_SIDE]]
        killed += killed_on_the_way(batch, world, zygote, folder, MOST_SECONDS)[0]
    print(f"{killed} of {len(points)} runs were killed at {len(reached)} points")
    assert killed >= 0.6 * len(points)
