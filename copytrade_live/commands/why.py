"""The verb that explains one decision: why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_live.commands.options import ConfigOption, JsonOption, LiveOption, chosen_home
from copytrade_live.output import print_json, print_table, time_text

if TYPE_CHECKING:
    from copytrade_live.explanation import Explanation

app = typer.Typer()
Rows = list[tuple[object, ...]]


@app.command(rich_help_panel="Looking")
def why(
    signal: Annotated[
        str, typer.Argument(metavar="SIGNAL", help="A signal's id, its first digits, or 'last' for the newest.")
    ],
    config: ConfigOption = None,
    live: LiveOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say why a signal was copied or refused: every gate with its measure and limit, and what the decision saw."""
    from copytrade_live.explanation import explain_signal
    from copytrade_live.settings import load_config

    home = chosen_home(live)
    found = explain_signal(home.state, signal, load_config(config, home).decision())
    if as_json:
        print_json(explanation_content(found))
    else:
        _print(found)


def explanation_content(found: Explanation) -> dict[str, object]:
    """An explanation as plain values. Units: as in the journal; instants as ISO 8601."""
    from dataclasses import asdict

    from copytrade_live.core.sizing import Sized

    context, standing = found.context, found.context.standing
    sized = found.size
    return {
        "signal": asdict(context.signal),
        "seq": found.seq,
        "decided_at": time_text(context.now),
        "run_id": found.run.run_id if found.run else None,
        "code_version": found.run.code_version if found.run else None,
        "config_digest": found.config_digest,
        "is_exact": found.is_exact,
        "recorded": found.recorded,
        "again": found.again,
        "answers": list(found.answers),
        "gates": [asdict(gate) for gate in found.gates],
        "caps": [{"cap": room.reason.value, "used": room.used, "limit": room.limit} for room in found.rooms],
        "sizing": asdict(sized.trace) if isinstance(sized, Sized) else None,
        "saw": {
            "book": asdict(context.book) if context.book else None,
            "market": asdict(context.market) if context.market else None,
            "score": asdict(context.score) if context.score else None,
            "snapshot_id": standing.snapshot.snapshot_id if standing.snapshot else None,
            "gate": asdict(standing.gate) if standing.gate else None,
            "equity": context.portfolio.equity,
            "gross_exposure": context.portfolio.gross_exposure,
            "positions": len(context.portfolio.positions),
        },
        "later": list(found.later),
    }


def _print(found: Explanation) -> None:
    from copytrade_live.decision_text import decision_text
    from copytrade_live.explanation_text import saw_rows, signal_rows, size_rows
    from copytrade_live.visible import visible

    print_table(f"signal {found.context.signal.signal_id}", ["", ""], signal_rows(found))
    print_table("It saw", ["", ""], saw_rows(found))
    if found.gates:
        holding = sum(gate.holds for gate in found.gates)
        _print_gates(
            found, f"Gates, in their order: {holding} of {len(found.gates)} hold; the first that does not decides"
        )
    if found.rooms:
        rows: Rows = [(room.reason.value, room.used, room.limit, room.left) for room in found.rooms]
        print_table("Caps", ["cap", "used", "limit", "room"], rows)
    if sizing := size_rows(found):
        print_table("Size", ["", ""], sizing)
    print("\nIt was answered with")
    for line in found.answers:
        print(f"  {visible(decision_text(line))}")
    if found.later:
        print("\nWhat became of it")
    for line in found.later:
        print(f"  {visible(decision_text(line))}")
    if found.again != found.recorded:
        print(f"\nToday's code would answer {found.again}; then it was {found.recorded}")


def _print_gates(found: Explanation, title: str) -> None:
    rows: Rows = []
    decided = False
    for gate in found.gates:
        verdict = "holds" if gate.holds else "refuses" if decided else "REFUSES"
        decided = decided or not gate.holds
        rows.append((verdict, gate.name.replace("_", " "), gate.measured, gate.limit, gate.reason or ""))
    print_table(title, ["", "demand", "measured", "limit", "reason"], rows)
