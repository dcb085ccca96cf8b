"""What `audit lookahead` and `audit recursion` do with a backtest, and how they tell of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from copytrade_live.core.market import Instant
    from copytrade_pipelines.backtest.inputs import RunInputs
    from copytrade_pipelines.backtest.lookahead import LookaheadAudit
    from copytrade_pipelines.backtest.recursion import RecursionAudit
    from copytrade_pipelines.headless import Location
    from copytrade_pipelines.ingest.progress import Progress

SHOWN = 40


def lookahead_of(location: Location, run: str, cuts: Sequence[Instant], samples: int, as_json: bool) -> bool:
    """Audit a backtest for look-ahead and show it. Returns: whether nothing was found."""
    from copytrade_pipelines.backtest.inputs import find_run, load_rows
    from copytrade_pipelines.backtest.lookahead import audit_lookahead
    from copytrade_pipelines.backtest.steps import segment_of

    folder = find_run(location.home, run)
    inputs = load_rows(folder)
    with shown_progress() as progress:
        audit = audit_lookahead(
            inputs,
            cuts=cuts,
            samples=samples,
            journal=segment_of(folder / "journal"),
            scratch=folder.parent,
            progress=progress,
        )
    _show_lookahead(inputs, audit, as_json)
    return not audit.found


def recursion_of(
    location: Location, run: str, starts: Sequence[Instant], earlier_days: float, tolerance: float, as_json: bool
) -> bool:
    """Audit how a backtest depends on its start and show it. Returns: whether all is within the tolerance."""
    from copytrade_pipelines.backtest.inputs import find_run, load_rows
    from copytrade_pipelines.backtest.recursion import audit_recursion

    folder = find_run(location.home, run)
    inputs = load_rows(folder)
    with shown_progress() as progress, TemporaryDirectory(dir=folder.parent) as scratch:
        others = [_earlier(location, inputs, earlier_days, Path(scratch))] if earlier_days else []
        audit = audit_recursion(inputs, starts=starts, others=others, scratch=folder.parent, progress=progress)
    _show_recursion(inputs, audit, tolerance, as_json)
    return not audit.above(tolerance)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A bar with the time left on a terminal, nothing elsewhere; on the error stream."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def tell(done: int, total: int, label: str) -> None:
            bar.update(task, completed=done, total=total, description=label)

        yield tell


def _earlier(location: Location, inputs: RunInputs, days: float, folder: Path) -> RunInputs:
    from dataclasses import replace

    from copytrade_live.core.market import DAY
    from copytrade_pipelines.backtest.detection import extract_as_assumed
    from copytrade_pipelines.warehouse import Warehouse

    window = replace(inputs.window, start=inputs.window.start - round(days * DAY))
    with Warehouse(path=str(location.home.warehouse)).connect() as con:
        taken = extract_as_assumed(con, window, inputs.config, folder)
    return replace(inputs, window=window, extract=taken)


def _show_lookahead(inputs: RunInputs, audit: LookaheadAudit, as_json: bool) -> None:
    from copytrade_live.clock import to_iso
    from copytrade_live.output import counted, print_json, print_table, short_id
    from copytrade_live.provenance import code_version

    rows: list[dict[str, Any]] = [
        {**asdict(one), "cut_at": to_iso(one.cut_at), "at": to_iso(one.at)} for one in audit.found
    ]
    is_same_code = inputs.code == code_version()
    if as_json:
        print_json(
            {
                "run_id": inputs.run_id,
                "cuts": [to_iso(cut) for cut in audit.cuts],
                "steps": audit.steps,
                "differing": audit.differing,
                "is_reproduced": audit.is_reproduced,
                "is_same_code": is_same_code,
                "found": rows,
            }
        )
        return
    print(
        f"{inputs.run_id}: {audit.steps:,} steps compared, run again up to {counted(len(audit.cuts), 'moment')}, each "
        f"with the later rows cut off and falsified: {counted(audit.differing, 'step')} looked ahead"
    )
    if audit.is_reproduced is False:
        cause = "the same code: the run is not repeatable" if is_same_code else "the code has changed since it ran"
        print(f"note: run on its whole inputs, the journal came out otherwise than it is kept ({cause})")
    if rows:
        decisions = [row for row in rows if row["is_decision"]] or rows
        cells = [
            [row["cut_at"], row["change"], row["at"], short_id(row["subject"]), row["whole"], row["altered"]]
            for row in decisions[:SHOWN]
        ]
        columns = ["rows changed from", "how", "decided at", "about", "in the run", "then"]
        print_table("Decided otherwise", columns, cells)
        if len(rows) > len(cells):
            print(f"… and {len(rows) - len(cells):,} more; --json prints them")


def _show_recursion(inputs: RunInputs, audit: RecursionAudit, tolerance: float, as_json: bool) -> None:
    from copytrade_live.clock import to_iso
    from copytrade_live.output import counted, print_json, print_table

    above = audit.above(tolerance)
    if as_json:
        spreads = [
            {
                "number": one.name,
                "kind": one.kind.value,
                "start": to_iso(one.start),
                "compared": one.compared,
                "differing": one.differing,
                "mean": one.mean,
                "worst": one.worst,
                "example": one.example,
                "is_above": one in above,
            }
            for one in audit.spreads
        ]
        print_json({"run_id": inputs.run_id, "since": to_iso(audit.since), "tolerance": tolerance, "spreads": spreads})
        return
    starts = ", ".join(to_iso(start)[:16] for start in audit.starts)
    print(
        f"{inputs.run_id} from its own start against starts at {starts}: {counted(audit.signals, 'signal')} after "
        f"{to_iso(audit.since)[:16]} compared, {counted(len(above), 'number')} above {tolerance:.1%}"
    )
    rows = [
        [
            to_iso(one.start)[:16],
            one.name,
            one.kind.value,
            f"{one.differing:,} of {one.compared:,}",
            f"{one.mean:.2%}",
            f"{one.worst:.2%}",
            "above" if one in above else "",
            one.example[:70],
        ]
        for one in audit.spreads
        if one.differing
    ]
    print_table("Differs", ["start", "number", "kind", "differing", "mean", "worst", "", "worst example"], rows)
    if not rows:
        print("nothing: every number was the same from every start")
    print("data: must not depend on the start. decision, path: carry equity and holdings along, and settle with time.")
