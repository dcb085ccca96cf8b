"""`copytrade export accounting`: a ledger that adds up to the journal, to the micro-unit."""

from __future__ import annotations

import csv
import io
import os
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from copytrade_live.accounting import COLUMNS, Entry, amount, ledger, money_of
from copytrade_live.cli import build_app
from copytrade_live.clock import to_iso
from copytrade_live.core.engine import evolve, initial_state
from copytrade_live.core.events import (
    ExternalChangeAdopted,
    FillConfirmed,
    FillVoided,
    JournalEvent,
    LeaderFillObserved,
    OrderFilled,
    PositionSettled,
    RedemptionPaid,
    SignalCopied,
    SizingTrace,
)
from copytrade_live.core.market import MICRO, Side
from copytrade_live.core.orders import Fill
from copytrade_live.core.state import State
from copytrade_live.store.rows import to_row
from tests import builders
from tests.builders import CONDITION, NO, NOW, YES, at
from tests.cli.journals import write_journal
from tests.predecessor.test_defects import CONFIG, losing_run

PLACES = st.sampled_from([YES, NO])
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "confirm", "void", "settle", "redeem", "adopt"]),
        PLACES,
        st.integers(1, 5_000 * MICRO),
        st.integers(1, 5_000 * MICRO),
        st.booleans(),
    ),
    max_size=40,
)


def copied(order_id: str, root_id: str, token: str, side: Side) -> SignalCopied:
    size = SizingTrace(
        **dict.fromkeys(("belief", "cost", "edge", "kelly_full", "kelly_applied", "notional_wanted", "notional"), 1.0),
        capped_by="",
        is_probation=False,
    )
    changes = {"order_id": order_id, "root_id": root_id, "token_id": token, "side": side, "size": 10**9 * MICRO}
    order, market = builders.order(**changes), builders.market()
    named = {"wallet": order.wallet, "token_id": token, "condition_id": CONDITION, "side": side, "signal_id": order_id}
    return SignalCopied(
        **at(NOW), **named, snapshot_id=None, score=None, equity=1.0, sizing=size, market=market, order=order
    )


class Story:
    """A course of money, as events that the fold takes in order."""

    def __init__(self) -> None:
        self.events: list[JournalEvent] = []
        self.state: State = initial_state()
        self.happens(builders.opening()[0])
        for token, name in ((YES, "y"), (NO, "n")):
            for side in Side:
                self.happens(copied(f"{name}-{side.value}", name, token, side))

    def happens(self, event: JournalEvent) -> None:
        self.events.append(event)
        self.state = evolve(self.state, event)

    def does(self, deed: str, token: str, size: int, cash: int, is_final: bool) -> None:
        portfolio, number = self.state.portfolio, len(self.events)
        when = at(NOW + number)
        held = portfolio.positions.get(token)
        name = "y" if token == YES else "n"
        match deed:
            case "buy" | "sell":
                side = Side.BUY if deed == "buy" else Side.SELL
                sold = min(size, held.sellable) if held else 0
                if side is Side.SELL and not sold:
                    return
                fill = Fill(
                    fill_id=f"f{number}",
                    order_id=f"{name}-{side.value}",
                    token_id=token,
                    side=side,
                    size=size if side is Side.BUY else sold,
                    cash=cash,
                    fee=cash // 50,
                    price=0.5,
                    is_final=is_final,
                )
                self.happens(OrderFilled(**when, fill=fill))
            case "confirm" | "void":
                for one in list(portfolio.provisional.values())[:1]:
                    named: dict[str, Any] = {"fill_id": one.fill.fill_id, "order_id": one.fill.order_id}
                    settled = FillConfirmed(**when, **named) if deed == "confirm" else None
                    self.happens(settled or FillVoided(**when, **named, cause="failed"))
            case "settle" if held and held.size and not portfolio.provisional:
                paid = held.size * (number % 2)
                self.happens(
                    PositionSettled(
                        **when, token_id=token, size=held.size, payout=number % 2, cash=paid, is_receivable=is_final
                    )
                )
            case "redeem":
                self.happens(RedemptionPaid(**when, condition_id=CONDITION, cash=cash, redemption_id=f"r{number}"))
            case "adopt":
                change = cash if is_final else -cash
                self.happens(ExternalChangeAdopted(**when, cash=change, holdings=((token, -size),)))
            case _:
                pass

    def rows(self, **span: Any) -> list[dict[str, Any]]:
        journal = [to_row(event, seq=seq, run_id="r", caused_by=None) for seq, event in enumerate(self.events, start=1)]
        return list(ledger(journal, **{"since": None, "until": None, **span}))


def total(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal())


@settings(max_examples=60, deadline=None)
@given(DEEDS, st.integers(0, 45))
def test_the_rows_add_up_to_what_the_journal_folds_to(deeds, cut) -> None:
    story = Story()
    for deed in deeds:
        story.does(*deed)
    rows, ends = story.rows(), money_of(story.state.portfolio)
    for name in ("cash", "owed", "cost", "realised"):
        assert total(rows, name) == Decimal(amount(getattr(ends, name)))
        assert rows[-1][f"running_{name}"] == amount(getattr(ends, name))
    for row in rows:
        balance = Decimal(row["cash"]) + Decimal(row["owed"]) + Decimal(row["cost"]) - Decimal(row["realised"])
        assert balance == Decimal(row["outside"])
        assert not balance or row["entry"] in (Entry.DEPOSIT, Entry.ADJUSTMENT)
    early, late = story.rows(until=NOW + cut), story.rows(since=NOW + cut)
    assert [row for row in early + late if row["entry"] != Entry.OPENING] == rows
    assert late[0]["entry"] == Entry.OPENING
    assert Decimal(late[0]["running_cash"]) == total(early, "cash")


def export(*arguments: str) -> list[dict[str, str]]:
    result = CliRunner().invoke(build_app(["export"]), ["export", "accounting", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_a_losing_copy_is_booked_as_its_journal_closed_it() -> None:
    path = Path(os.environ["COPYTRADE_HOME"]) / "state.sqlite"
    state = write_journal(path, losing_run(), CONFIG)
    rows = export()
    assert list(rows[0]) == list(COLUMNS)
    assert {row["entry"] for row in rows} >= {"deposit", "buy", "settlement"}
    assert rows[-1]["running_realised"] == amount(state.portfolio.realised)
    by_position: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        by_position[row["position"]] += Decimal(row["realised"])
    told = CliRunner().invoke(build_app(["export"]), ["export", "copies", "--format", "csv"]).stdout
    [closed] = csv.DictReader(io.StringIO(told))
    assert by_position[closed["root_id"]] == Decimal(closed["pnl"]).quantize(Decimal("0.000001"))
    assert all(row["ts"].endswith("Z") for row in rows)


def test_negative_amounts_stay_numbers_and_names_never_become_formulas() -> None:
    path = Path(os.environ["COPYTRADE_HOME"]) / "state.sqlite"
    hostile = builders.market(outcomes=("=HYPERLINK(1)", "@no"))
    changed = [replace(one, market=hostile) if isinstance(one, LeaderFillObserved) else one for one in losing_run()]
    write_journal(path, changed, CONFIG)
    rows = export()
    [bought] = [row for row in rows if row["entry"] == "buy"][:1]
    assert bought["outcome"] == "'=HYPERLINK(1)"
    assert bought["cash"].startswith("-")


def test_a_span_of_time_begins_with_what_stood_before() -> None:
    path = Path(os.environ["COPYTRADE_HOME"]) / "state.sqlite"
    write_journal(path, losing_run(), CONFIG)
    whole = export()
    middle = whole[1]["ts"]
    late = export("--from", middle)
    assert late[0]["entry"] == "opening"
    assert late[0]["running_cash"] == export("--to", middle)[-1]["running_cash"]
    assert late[-1] == whole[-1]
    [nothing] = export("--from", "2030-01-01")
    assert (nothing["entry"], nothing["ts"]) == ("opening", to_iso(1_893_456_000_000))
    assert nothing["running_cash"] == whole[-1]["running_cash"]


@pytest.mark.parametrize(("micro", "text"), [(0, "0.000000"), (-1, "-0.000001"), (-12_345_678, "-12.345678")])
def test_amounts_are_exact(micro: int, text: str) -> None:
    assert amount(micro) == text
