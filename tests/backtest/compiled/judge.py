"""What the driver and the compiled sweep must agree on, taken from both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import JournalEvent, Observation, OrderFilled, RunStarted
from copytrade_live.core.market import SECOND
from copytrade_live.core.pricing import to_micro
from copytrade_live.core.state import State
from copytrade_pipelines.backtest.assumptions import assumed
from copytrade_pipelines.backtest.books import TapedBooks
from copytrade_pipelines.backtest.compiled.arrays import arrays_of
from copytrade_pipelines.backtest.compiled.layout import Happened
from copytrade_pipelines.backtest.compiled.passes import pass_over
from copytrade_pipelines.backtest.compiled.results import event_of, ledgers_of
from copytrade_pipelines.backtest.compiled.tables import Tables, tables_of
from copytrade_pipelines.backtest.compiled.tape import TapeArrays
from copytrade_pipelines.backtest.driver import Driver, Follow
from copytrade_pipelines.backtest.ledger import Ledger
from tests.builders import at


@dataclass
class Account:
    """Everything of a run that both engines tell."""

    fills: list[tuple[Any, ...]]
    ledger: Ledger
    cash: int
    equity: float

    def told(self) -> dict[str, Any]:
        """Plain values to compare; equality is of every digit."""
        return {
            "fills": self.fills,
            "rejections": dict(sorted(self.ledger.rejections.items())),
            "exits": dict(sorted(self.ledger.exits.items())),
            "books": dict(sorted(self.ledger.books.items())),
            "signals": self.ledger.signals,
            "voided": self.ledger.voided,
            "cash": self.cash,
            "equity": self.equity,
            "trades": list(self.ledger.trades.values()),
            "curve": self.ledger.equity,
        }


def fill_row(event: OrderFilled) -> tuple[Any, ...]:
    fill = event.fill
    return event.observed_at, fill.fill_id, fill.side.value, fill.size, fill.price, fill.cash, fill.fee, fill.is_final


def driven(
    tape: Sequence[Observation], settings: DecisionConfig, own: BacktestConfig, follow: Follow | None = None
) -> Account:
    """The driver's account."""
    ledger, fills = Ledger(sample=round(own.equity_seconds * SECOND)), []

    def record(events: Sequence[JournalEvent], state: State) -> None:
        ledger.fold(events, state)
        fills.extend(fill_row(event) for event in events if isinstance(event, OrderFilled))

    driver = Driver(settings, assumed(own), TapedBooks(), record, follow=follow)
    first, last = tape[0].observed_at, tape[-1].observed_at
    driver.take(_opening(settings, first))
    for observation in tape:
        driver.take(observation)
    driver.advance(last)
    ledger.finish(last, driver.state)
    portfolio = driver.state.portfolio
    return Account(fills, ledger, portfolio.cash, portfolio.equity)


def _opening(settings: DecisionConfig, first: int) -> RunStarted:
    cash = to_micro(settings.bankroll.starting_cash)
    names = {"run_id": "test", "mode": "backtest", "code_version": "", "config_digest": ""}
    return RunStarted(**at(first), **names, starting_cash=cash)


def swept(arrays: TapeArrays, settings: Sequence[DecisionConfig], own: Sequence[BacktestConfig]) -> list[Account]:
    """The sweep's accounts of configurations that pass together."""
    return swept_as(arrays, settings, tables_of(arrays, settings, own))


def swept_as(arrays: TapeArrays, settings: Sequence[DecisionConfig], tables: Tables) -> list[Account]:
    """The sweep's accounts by what stands in the kernel's own tables."""
    assert arrays.first is not None
    assert arrays.last is not None
    passed = pass_over(arrays, tables, arrays.first, arrays.last)
    names = passed.log.dtype.names or ()
    accounts = []
    for place, ledger in enumerate(ledgers_of(arrays, passed, settings)):
        rows = [dict(zip(names, row, strict=True)) for row in passed.log[passed.log["config"] == place].tolist()]
        fills = [event_of(arrays, row) for row in rows if row["happened"] == Happened.FILLED]
        account = passed.accounts[place]
        told = [fill_row(event) for event in fills if isinstance(event, OrderFilled)]
        accounts.append(Account(told, ledger, int(account["cash"]), float(account["sampled"])))
    return accounts


def difference(one: Account, other: Account) -> str:
    """The first thing in which two accounts differ, empty when there is none."""
    first, second = one.told(), other.told()
    for name, value in first.items():
        if value == second[name]:
            continue
        if isinstance(value, list):
            pairs = zip([*value, None], [*second[name], None], strict=False)
            place, (left, right) = next((n, pair) for n, pair in enumerate(pairs) if pair[0] != pair[1])
            return f"{name}[{place}]: {left} is not {right}"
        return f"{name}: {value} is not {second[name]}"
    return ""


__all__ = ["Account", "arrays_of", "difference", "driven", "swept", "swept_as"]
