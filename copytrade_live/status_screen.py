"""The status as one screen for a terminal: what fits on 80 columns and 24 lines, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from copytrade_live.decision_text import Line, decision_text
from copytrade_live.headline import Copying, Level
from copytrade_live.output import cell_text, span_text
from copytrade_live.visible import visible

Facts = Mapping[str, object]
_GOOD, _BAD, _ODD, _DIM = "green", "bold red", "yellow", "dim"
_LEVELS = {Level.GOOD: f"bold {_GOOD}", Level.WARN: f"bold {_ODD}", Level.BAD: _BAD}
_BAR_CELLS = 14
# What is left of 24 lines for decisions.
LINES_ABOVE = 18
_NEAR = 0.8


def screen(facts: Facts, decisions: Sequence[Line], *, width: int, height: int) -> RenderableType:
    """Everything at once. facts: as status knows them; decisions: newest last."""
    shown = max(0, height - LINES_ABOVE)
    lines = [_decision(line, width) for line in decisions[-shown:]] if shown else []
    return Group(
        _head(facts, width),
        _entries(facts, width),
        Rule(style=_DIM),
        _money(facts),
        Rule(style=_DIM),
        _sources(facts, width),
        Rule(style=_DIM),
        *(lines or [Text("nothing was decided yet", style=_DIM)]),
        _cut("Ctrl-C leaves this screen · copytrade halt --reason … stops entries", width, _DIM),
    )


def trouble(message: str, width: int) -> RenderableType:
    """There is nothing to look at yet, and why."""
    head = Text("NO RUNNER", style=_BAD)
    return Group(
        head, _cut(visible(message), width), Text("looking again every few seconds · Ctrl-C leaves", style=_DIM)
    )


def _head(facts: Facts, width: int) -> RenderableType:
    is_running = str(facts["runner"]).startswith("running")
    state = Text(f"{facts['mode']}".upper() or "-", style="bold")
    state.append(" · ")
    if not is_running:
        state.append(f"NO RUNNER RUNS, last event {str(facts['last_seen'])[:19]}Z", style=_BAD)
    elif facts["ready"]:
        state.append(str(facts["runner"]), style=_GOOD)
        state.append(" · ready", style=_GOOD)
    else:
        state.append(f"{facts['runner']} · NOT READY: {cell_text(facts['not_ready'])}", style=_BAD)
    state.append(f" · {str(facts['last_seen'])[:19]}Z" if is_running else "", style=_DIM)
    state.truncate(width, overflow="ellipsis")
    return state


def _entries(facts: Facts, width: int) -> RenderableType:
    copying = Copying[str(facts["copying"]).upper()]
    why = [*_list(facts["entries_stopped_by"]), *_list(facts["concerns"])]
    entries = _cut(copying.label.upper() + (f": {cell_text(why)}" if why else ""), width, _LEVELS[copying.level])
    gate = Text("gate ")
    gate.append(str(facts["gate"]), style=_GOOD if facts["gate"] == "open" else _ODD)
    gate.append(f" until {str(facts['gate_valid_until'] or '-')[:19]}")
    gate.append(f" · scores {_span(facts['snapshot_age_seconds'])} old · following {cell_text(facts['leaders'])}")
    gate.append(f", {len(_list(facts['cut_off']))} cut off")
    gate.truncate(width, overflow="ellipsis")
    return Group(entries, gate)


def _money(facts: Facts) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for _ in range(4):
        table.add_column(no_wrap=True)
    table.add_row("equity", _amount(facts["equity"]), "today", _change(facts["day_pnl"]))
    table.add_row("cash", _amount(facts["cash"]), "this week", _change(facts["week_pnl"]))
    table.add_row("realised", _change(facts["realised_pnl"]), "positions", cell_text(facts["positions"]))
    table.add_row("unrealised", _change(facts["unrealised_pnl"]), "orders", _orders(facts))
    return Group(table, _exposure(facts))


def _orders(facts: Facts) -> Text:
    line = Text(cell_text(facts["working_orders"]))
    if facts["unknown_orders"]:
        line.append(f", {cell_text(facts['unknown_orders'])} of unknown fate", style=_BAD)
    return line


def _exposure(facts: Facts) -> Text:
    used, limit = _float(facts["exposure"]), _float(facts["exposure_limit"])
    share = used / limit if limit else 0.0
    full = min(_BAR_CELLS, round(_BAR_CELLS * share))
    line = Text("exposure  ")
    line.append("█" * full + "░" * (_BAR_CELLS - full), style=_BAD if share >= _NEAR else _GOOD)
    line.append(f"  {used:,.2f} of {limit:,.2f} ({share:.0%})")
    return line


def _sources(facts: Facts, width: int) -> RenderableType:
    lags = facts["lags"] if isinstance(facts["lags"], Mapping) else {}
    lines = [_lag(str(name), lag, width) for name, lag in list(lags.items())[:3]]
    failing = facts["failing"] if isinstance(facts["failing"], Mapping) else {}
    for part, why in list(failing.items())[:2]:
        lines.append(_cut(f"{part} fails: {visible(str(why))}", width, _ODD))
    return Group(*(lines or [Text("no source told of a fill yet", style=_DIM)]))


def _lag(name: str, lag: object, width: int) -> Text:
    if not isinstance(lag, Mapping) or lag.get("p50") is None:
        return Text(f"{name:<8}nothing told yet", style=_DIM)
    told = f"{name:<8}half within {cell_text(lag['p50'])} s, 9 of 10 within {cell_text(lag['p90'])} s"
    return _cut(f"{told}, {cell_text(lag['told'])} fills", width)


def _decision(line: Line, width: int) -> Text:
    said = " ".join(visible(decision_text(line))[11:].split())
    kind = str(line["event"])
    return _cut(said, width, _GOOD if kind in ("copied", "filled") else _DIM if kind == "rejected" else "")


def _cut(text: str, width: int, style: str = "") -> Text:
    line = Text(text, style=style)
    line.truncate(width, overflow="ellipsis")
    return line


def _amount(value: object) -> str:
    return f"{_float(value):,.2f}" if value is not None else "-"


def _change(value: object) -> Text:
    if value is None:
        return Text("-")
    number = _float(value)
    return Text(f"{number:+,.2f}", style=_GOOD if number > 0 else "red" if number < 0 else "")


def _span(seconds: object) -> str:
    return "-" if seconds is None else span_text(_float(seconds))


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()
