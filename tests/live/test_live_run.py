"""The proof of live trading: what it finds wrong when something is, and a short run in which nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.live_run.__main__ import prove
from benchmarks.live_run.caps import CapCheck
from benchmarks.live_run.differences import Clause, Differences
from benchmarks.live_run.ledger import check_ledger, on_the_way
from benchmarks.live_run.setting import Setting
from benchmarks.live_run.signals import check_signals
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import step
from copytrade_live.core.events import JournalEvent, OrderFilled
from copytrade_live.core.market import MICRO, SECOND
from copytrade_live.core.orders import Fill
from copytrade_live.core.state import State, initial_state
from tests.builders import NOW, at, leader_fill, opening

HELD: dict[str, list[dict[str, object]]] = {part: [] for part in ("orders", "own_fills", "balances")}


def play(*observations: JournalEvent) -> tuple[State, list[JournalEvent]]:
    """What the core makes of observations, with every fact between them."""
    state, events = initial_state(), []
    for seen in observations:
        taken = step(state, seen, DecisionConfig())
        state = taken.state
        events += taken.events
    return state, events


def counted(events: list[JournalEvent], config: DecisionConfig) -> tuple[CapCheck, Differences]:
    found = Differences()
    caps = CapCheck(config, found)
    for number, event in enumerate(events):
        caps.see(event, number)
    caps.finish()
    return caps, found


def bought(events: list[JournalEvent]) -> OrderFilled:
    order = next(event.order for event in events if type(event).__name__ == "SignalCopied")  # type: ignore[union-attr]
    size = order.size
    cash = round(size * order.limit)
    fill = Fill(
        fill_id="x", order_id=order.order_id, token_id=order.token_id, side=order.side, size=size, cash=cash, fee=0,
        price=order.limit,
    )  # fmt: skip
    return OrderFilled(**at(NOW + SECOND), fill=fill)


def test_a_copy_within_its_caps_is_fine_and_the_recount_knows_how_close_it_came() -> None:
    _, events = play(*opening(), leader_fill())
    caps, found = counted(events, DecisionConfig())
    assert found.rows == []
    assert 0.5 < caps.closest["per trade"] <= 1.0


@pytest.mark.parametrize(
    ("section", "name", "value", "kind"),
    [
        ("sizing", "max_per_trade", 0.01, "per trade"),
        ("sizing", "max_per_market", 0.02, "market"),
        ("sizing", "max_per_leader", 0.01, "leader"),
        ("sizing", "max_per_event", 0.01, "event"),
        ("risk", "max_gross_exposure", 0.01, "gross"),
    ],
)
def test_a_copy_over_a_cap_is_found(section: str, name: str, value: float, kind: str) -> None:
    _, events = play(*opening(), leader_fill())
    limits = {section: {name: value}}
    if name == "max_per_market":
        limits["sizing"]["max_per_trade"] = value
    _, found = counted(events, DecisionConfig.model_validate(limits))
    assert any(row.clause is Clause.CAPS and row.about.startswith(f"{kind}:") for row in found.rows)


def test_a_copy_that_reaches_into_the_reserve_is_found() -> None:
    _, events = play(*opening(), leader_fill())
    _, found = counted(events, DecisionConfig.model_validate({"risk": {"reserve": 0.99}}))
    assert Clause.RESERVE in {row.clause for row in found.rows}


def test_a_micro_unit_of_difference_is_found() -> None:
    _, events = play(*opening(), leader_fill())
    state, events = play(*opening(), leader_fill(), bought(events))
    caps, found = counted(events, DecisionConfig())
    (position,) = state.portfolio.positions.values()
    balances = [
        {"token_id": "", "balance": str(state.portfolio.cash / MICRO)},
        {"token_id": position.token_id, "balance": str((position.size + 1) / MICRO)},
    ]
    check_ledger(state, caps, {**HELD, "balances": balances}, "now", found)
    assert {(row.clause, int(row.theirs) - int(row.ours)) for row in found.rows} == {(Clause.LEDGER, 1)}
    assert "live there" in on_the_way(state, {**HELD, "orders": [{"id": "o1", "status": "LIVE"}]})


def test_a_missed_fill_and_one_that_never_was_are_found() -> None:
    _, events = play(*opening(), leader_fill(tx_hash="0x1"))
    seen = next(event.signal for event in events if type(event).__name__ == "LeaderFillObserved")  # type: ignore[union-attr]
    row = {
        "wallet": seen.wallet, "tx": "0x1", "token_id": seen.token_id, "side": seen.side.value, "size": seen.size,
        "timestamp": seen.event_at // SECOND,
    }  # fmt: skip
    found = Differences()
    assert check_signals(events, [row], 0, NOW, found) == 1
    assert found.rows == []
    check_signals(events, [row, {**row, "tx": "0x2"}], 0, NOW, found)
    assert [(one.ours, one.theirs) for one in found.rows] == [("0", "1")]
    check_signals(events, [], 0, NOW, found)
    assert [(one.ours, one.theirs) for one in found.rows[1:]] == [("1", "0")]


@pytest.mark.slow
def test_half_an_hour_over_fifty_leaders_with_mixed_faults_and_a_kill_differs_in_nothing(tmp_path: Path) -> None:
    setting = Setting(hours=0.5, speed=10.0, leaders=50, seed=7, wallets=120, fills=300_000)
    told = prove(setting, tmp_path, copies=8, console=Console(quiet=True))
    assert told["rows"] == []
    assert told["quiet_looks"]
