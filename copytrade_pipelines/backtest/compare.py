"""Two runs side by side: what was set differently, what came of it, and every signal that was decided differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_pipelines.backtest.breakdown import thinned
from copytrade_pipelines.backtest.figures import overlaid
from copytrade_pipelines.backtest.inputs import RunInputs, differences, load_inputs
from copytrade_pipelines.backtest.ledger import EquityPoint
from copytrade_pipelines.backtest.measured import MEASURED
from copytrade_pipelines.backtest.page import page_of, pictures
from copytrade_pipelines.backtest.past_runs import read_run
from copytrade_pipelines.backtest.report_numbers import moment
from copytrade_pipelines.backtest.report_plots import Part, Plot

# Signals listed one by one; the counts above them have all.
SHOWN_SIGNALS = 300
COMPARED = "compared"
_ANSWERS = """
    with answers as (
        select *, if(answer = 'rejected', reason, answer) as what,
            row_number() over (partition by signal_id order by decided_at) as place
        from read_parquet($path)
    )
    select decided_at, signal_id, place, wallet, outcome, side, leader_price, what, measured, "limit" from answers
"""
_DIFFERENT = """
    select epoch_ms(coalesce(one.decided_at, other.decided_at)) as decided_at,
        coalesce(one.signal_id, other.signal_id) as signal_id,
        coalesce(one.wallet, other.wallet) as wallet,
        coalesce(one.outcome, other.outcome) as outcome,
        coalesce(one.side, other.side) as side,
        coalesce(one.leader_price, other.leader_price) as leader_price,
        coalesce(one.what, 'not seen') as one, coalesce(other.what, 'not seen') as other,
        one.measured as one_measured, one."limit" as one_limit,
        other.measured as other_measured, other."limit" as other_limit
    from one full join other using (signal_id, place)
    where one.what is distinct from other.what
    order by 1, 2, one.place
    limit $most
"""
_COUNTS = """
    select coalesce(one.what, 'not seen') as one, coalesce(other.what, 'not seen') as other, count(*) as signals
    from one full join other using (signal_id, place)
    where one.what is distinct from other.what
    group by all
    order by signals desc, one, other
"""
_SAME = "select count(*) from one join other using (signal_id, place) where one.what = other.what"
_COPIES = """
    select if(other.root_id is null, 'one', if(one.root_id is null, 'other', 'both')) as copied_by,
        count(*) as copies, sum(one.pnl) as one_pnl, sum(other.pnl) as other_pnl
    from read_parquet($one) as one full join read_parquet($other) as other using (root_id)
    group by all
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs. Shape: settings by dotted key with both values; numbers by name with both and the difference; changes
    counts signals by both answers; signals are the first of them; copies by who copied with both profits."""

    one: str
    other: str
    settings: Mapping[str, tuple[Any, Any]]
    numbers: Sequence[Mapping[str, Any]]
    same: int
    changes: Sequence[Mapping[str, Any]]
    signals: Sequence[Mapping[str, Any]]
    copies: Mapping[str, Mapping[str, Any]]

    @property
    def different(self) -> int:
        """Signals decided differently."""
        return sum(int(row["signals"]) for row in self.changes)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        settings = {key: list(pair) for key, pair in self.settings.items()}
        return {**asdict(self), "settings": settings, "different": self.different}


def compare(one: Path, other: Path) -> Comparison:
    """Compare two runs by their folders. Raises: InputFileError when a folder's files cannot be read."""
    inputs, runs = (load_inputs(one), load_inputs(other)), (read_run(one), read_run(other))
    con = duckdb.connect()
    for name, folder in (("one", one), ("other", other)):
        con.execute(f"create temp table {name} as {_ANSWERS}", {"path": str(folder / "decisions.parquet")})
    copies = _rows(con, _COPIES, {"one": str(one / "trades.parquet"), "other": str(other / "trades.parquet")})
    [[same]] = con.execute(_SAME).fetchall()
    return Comparison(
        one=inputs[0].run_id,
        other=inputs[1].run_id,
        settings=differences(*inputs),
        numbers=numbers_of(runs[0].summary, runs[1].summary),
        same=same,
        changes=_rows(con, _COUNTS),
        signals=_rows(con, _DIFFERENT, {"most": SHOWN_SIGNALS}),
        copies={row.pop("copied_by"): row for row in copies},
    )


def page_beside(one: Path, other: Path) -> Path:
    """Where the page of two runs goes: compared/<one>-<other>.html beside their folders."""
    return one.parent / COMPARED / f"{one.name}-{other.name}.html"


def write_comparison(one: Path, other: Path, path: Path) -> Comparison:
    """Compare two runs and write the page. Raises: InputFileError."""
    found = compare(one, other)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_comparison(found, one, other), encoding="utf-8")
    return found


def render_comparison(found: Comparison, one: Path, other: Path) -> str:
    """The page of a comparison as text."""
    curves = {f"A: {found.one}": _curve(one), f"B: {found.other}": _curve(other)}
    equity = Plot(name="equity", title="Return over time", part=Part.RESULT, draw=overlaid(curves),
                  wide=overlaid(curves, is_wide=True))  # fmt: skip
    return page_of(
        "compare.html.j2",
        found=found,
        runs=[("A", found.one, _window(load_inputs(one))), ("B", found.other, _window(load_inputs(other)))],
        figures_of=pictures([equity]),
        hidden=max(0, found.different - len(found.signals)),
    )


def numbers_of(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Both runs' numbers and how the second differs, as numbers and as text."""
    return [
        {
            "name": number.name,
            "one": one.get(number.field),
            "other": other.get(number.field),
            "difference": _less(other.get(number.field), one.get(number.field)),
            "text": (
                number.text(one.get(number.field)),
                number.text(other.get(number.field)),
                number.change(_less(other.get(number.field), one.get(number.field))),
            ),
        }
        for number in MEASURED
    ]


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _window(inputs: RunInputs) -> str:
    return f"{moment(inputs.window.start)} to {moment(inputs.window.end)}"


def _curve(folder: Path) -> list[EquityPoint]:
    table = pq.read_table(folder / "equity.parquet", columns=["at", "equity", "cash", "exposure", "positions"])
    table = table.set_column(0, "at", table["at"].cast(pa.int64()))
    return thinned([EquityPoint(**row) for row in table.to_pylist()])


def _rows(con: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return list(con.sql(query, params=parameters or {}).to_arrow_table().to_pylist())
