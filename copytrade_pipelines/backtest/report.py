"""One self-contained HTML page a run: numbers, figures, copies and what the data lacked. Works offline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from copytrade_live.core.reasons import ExitReason, RejectReason
from copytrade_live.provenance import code_version
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.book_figure import Bought
from copytrade_pipelines.backtest.breakdown import by_count
from copytrade_pipelines.backtest.inputs import flat
from copytrade_pipelines.backtest.page import page_of, pictures
from copytrade_pipelines.backtest.rejected_signals import Fate
from copytrade_pipelines.backtest.report_numbers import headline, moment
from copytrade_pipelines.backtest.report_plots import Part, plots
from copytrade_pipelines.backtest.rule_value import EVERYBODY, ExitValue, RuleValue
from copytrade_pipelines.backtest.run import BacktestResult
from copytrade_pipelines.backtest.run_log import COPIED, FILLS_FILE
from copytrade_pipelines.backtest.tape import WarehouseTape, days_without_fills

# Copies and leaders shown on the page; the tables beside it have all of them.
SHOWN_TRADES = 200
SHOWN_LEADERS = 12
# Where the program runs and what it watches is none of a backtest's settings.
_SETTINGS = ("filter", "score", "sizing", "risk", "execution", "exit", "bankroll", "leaders", "backtest", "tracker",
             "scoring", "pipelines")  # fmt: skip


def write_report(
    path: Path, result: BacktestResult, tape: WarehouseTape, config: CopytradeConfig, *, has_figures: bool = True
) -> None:
    """Write the page of a run beside its tables."""
    page = render(result, tape, config, bought_in(path.parent, result), has_figures=has_figures)
    path.write_text(page, encoding="utf-8")


def render(
    result: BacktestResult,
    tape: WarehouseTape,
    config: CopytradeConfig,
    bought: Mapping[str, list[Bought]] | None = None,
    *,
    has_figures: bool = True,
) -> str:
    """The page of a run as text."""
    trades = sorted(result.trades, key=lambda trade: (-abs(trade.pnl), trade.root_id))
    drawn = plots(result, bought)
    if not has_figures:
        drawn = [replace(plot, draw=None, wide=None) for plot in drawn]
    found = result.follow_up
    return page_of(
        "report.html.j2",
        result=result,
        numbers=headline(result.summary),
        parts={part.value: pictures(plot for plot in drawn if plot.part is part) for part in Part},
        rules=rule_rows(result),
        copied=next((rule for rule in (found.rules if found else ()) if rule.reason == COPIED), None),
        stake=found.stake if found else None,
        fates=[fate.value for fate in (Fate.UNFILLED, Fate.UNRESOLVED, Fate.UNKNOWN_MARKET)],
        exits=_explained(result.exits),
        policies=_leaders(found.exits if found else ()),
        pace=found.pace / 60_000 if found else None,
        trades=trades[:SHOWN_TRADES],
        hidden_trades=max(0, len(trades) - SHOWN_TRADES),
        still_open=[trade for trade in trades if trade.is_open],
        facts=_facts(result, tape, config),
        settings=changed_settings(config),
        problems=_problems(tape),
        books=book_shares(result.books),
        model=tape.model,
        shapes=by_count(tape.notes.shapes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One reason: how many signals it refused, what it means, and what it was worth where it refused buys."""

    reason: str
    signals: int
    meaning: str
    value: RuleValue | None


def rule_rows(result: BacktestResult) -> list[RuleRow]:
    """Every reason that was counted, the most frequent first."""
    values = {value.reason: value for value in (result.follow_up.rules if result.follow_up else ())}
    refused = {name: count for name, count in result.decisions.items() if name != COPIED}
    return [
        RuleRow(reason=name, signals=count, meaning=meaning, value=values.get(name))
        for name, count, meaning in _explained(refused)
    ]


def changed_settings(config: CopytradeConfig) -> list[tuple[str, object, object]]:
    """The settings of a backtest that are not the default: key, value, default."""
    ours, default = flat(config.model_dump(mode="json")), flat(CopytradeConfig().model_dump(mode="json"))
    keys = [key for key in {**default, **ours} if key.partition(".")[0] in _SETTINGS]
    return [(key, ours.get(key), default.get(key)) for key in keys if ours.get(key) != default.get(key)]


def book_shares(books: Mapping[str, int]) -> list[tuple[str, int, float]]:
    """Where the books of decisions came from: source, decisions, share of all."""
    total = sum(books.values())
    return [(name, books.get(name, 0), books.get(name, 0) / total) for name in ("recorded", "modelled", "none")
            if total]  # fmt: skip


def bought_in(folder: Path, result: BacktestResult) -> dict[str, list[Bought]]:
    """The buys of the copies that are drawn, from the run's own fills."""
    wanted = [picture.trade.root_id for picture in (result.follow_up.pictures if result.follow_up else ())]
    found: dict[str, list[Bought]] = defaultdict(list)
    if wanted and (folder / FILLS_FILE).is_file():
        chosen = pc.field("root_id").isin(wanted)
        for row in pq.read_table(folder / FILLS_FILE, filters=chosen).to_pylist():
            found[row["root_id"]].append(Bought(price=row["price"], size=row["size"], limit=row["limit"]))
    return dict(found)


def _explained(counts: Mapping[str, int]) -> list[tuple[str, int, str]]:
    meanings = {reason.value: reason.summary for reason in (*ExitReason, *RejectReason)}
    return [(name, int(count), meanings[name]) for name, count in by_count(counts).items()]


def _leaders(values: Any) -> list[tuple[str, dict[str, ExitValue]]]:
    by_wallet: dict[str, dict[str, ExitValue]] = defaultdict(dict)
    for value in values:
        by_wallet[value.wallet][value.policy] = value
    # Everybody's row first, then the leaders with most copies.
    everybody = [(EVERYBODY, by_wallet.pop(EVERYBODY))] if EVERYBODY in by_wallet else []
    return [*everybody, *list(by_wallet.items())[:SHOWN_LEADERS]]


def _facts(result: BacktestResult, tape: WarehouseTape, config: CopytradeConfig) -> dict[str, str]:
    window, assumed = tape.window, config.backtest
    named = f"{len(window.leaders)} named" if window.leaders else ""
    best = f"the {window.follow_top} best scored at each moment" if window.follow_top else ""
    lags = [*assumed.order_seconds]
    return {
        "Run": result.run_id,
        "Window": f"{moment(window.start)} to {moment(window.end)} UTC",
        "Leaders": " and ".join(part for part in (named, best) if part),
        "Config": config.decision().digest(),
        "Code": code_version(),
        "Tape": tape.source.digest,
        "Fills, queue, fees": f"{assumed.fills}, {assumed.queue}, {assumed.fees}",
        "Latency of an order": f"{lags[0]:g} to {lags[-1]:g} s ({_origin(tape, 'order_seconds')})",
        "Latency of detection": f"{_span(assumed.detection_seconds)} ({_origin(tape, 'detection_seconds')})",
        "Held by the venue": f"{assumed.taker_delay_seconds:g} s, an order that would trade at once",
        "Settlement": f"after {assumed.settlement_seconds:g} s; {assumed.settlement_failure_rate:.1%} of matches fail",
        "A fill counts as known after": f"{tape.lag / 1000:g} s",
    }


def _origin(tape: WarehouseTape, key: str) -> str:
    return tape.notes.origins.get(key, "set in the config")


def _span(seconds: Sequence[float]) -> str:
    return f"{seconds[0]:g} to {seconds[-1]:g} s" if seconds else "as on the tape"


def _problems(tape: WarehouseTape) -> list[tuple[str, int]]:
    notes = tape.notes
    quiet = days_without_fills(notes, tape.window)
    found = [(f"skipped: {name}", count) for name, count in sorted(notes.skipped.items())]
    found += sorted(notes.gaps.items())
    if notes.books["none"]:
        found.append(("leader fills without any book, recorded or modelled", notes.books["none"]))
    if quiet:
        found.append(("whole days without a fill of anybody followed", quiet))
    return found
