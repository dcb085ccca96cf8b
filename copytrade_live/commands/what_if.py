"""The verb that tries another config on the past: what-if."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_live.commands.options import ConfigOption, JsonOption, LiveOption, chosen_home
from copytrade_live.output import cell_text, counted, print_json, print_table, short_id

if TYPE_CHECKING:
    from copytrade_live.what_if import WhatIf

app = typer.Typer()


@app.command("what-if", rich_help_panel="Looking")
def what_if(
    journal: Annotated[
        Path | None,
        typer.Argument(metavar="JOURNAL", help="State database, export folder or segment; default: this home's."),
    ] = None,
    config: ConfigOption = None,
    live: LiveOption = False,
    as_json: JsonOption = False,
) -> None:
    """Decide a past journal again by another config, and say what would have changed."""
    from copytrade_live.replay import read_rows
    from copytrade_live.settings import load_config
    from copytrade_live.what_if import what_if as try_config

    home = chosen_home(live)
    found = try_config(read_rows(journal or home.state), load_config(config, home).decision())
    if as_json:
        print_json(what_if_content(found))
    else:
        _print(found)


def what_if_content(found: WhatIf) -> dict[str, object]:
    """The findings as plain values."""
    from dataclasses import asdict

    return {
        "observations": found.observations,
        "decisions": found.decisions,
        "changed": found.changed,
        "before": dict(found.before.most_common()),
        "after": dict(found.after.most_common()),
        "changes": [{"recorded": one[0], "then": one[1], "count": count} for one, count in found.changes.most_common()],
        "first": [asdict(change) for change in found.first],
        "known_difference": found.known_difference,
        "known_copies": found.known_copies,
        "unknown_copies": found.unknown_copies,
        "new_copies": found.new_copies,
        "new_notional": found.new_notional,
    }


def _print(found: WhatIf) -> None:
    print(f"{counted(found.changed, 'decision')} of {found.decisions:,} would have been others")
    names = [name for name, _ in (found.before + found.after).most_common()]
    rows = [(name, found.before[name], found.after[name], found.after[name] - found.before[name]) for name in names]
    print_table("By outcome", ["outcome", "recorded", "with this config", "difference"], rows)
    if not found.changed:
        return
    print_table(
        "Changes", ["recorded", "with this config", "count"], [(*one, n) for one, n in found.changes.most_common()]
    )
    first = [
        (
            one.seq,
            *(short_id(one.signal_id or ""), short_id(one.wallet)),
            *(one.recorded, one.then, one.notional, one.notional_then, one.pnl),
        )
        for one in found.first
    ]
    columns = ["event", "signal", "leader", "recorded", "with this config", "notional", "instead", "pnl"]
    print_table("First of them", columns, first)
    known = cell_text(found.known_difference)
    print(f"worth, as far as the journal knows: {known}, from {found.known_copies:,} copies that ended in it")
    if found.unknown_copies:
        print(f"  {found.unknown_copies:,} other copies have not ended in it")
    if found.new_copies:
        said = f"{found.new_copies:,} new copies for {cell_text(found.new_notional)} would have been made"
        print(f"  {said}; what they earn is not in it")
    print("Each decision is judged as things stood then; what an earlier difference would have changed is not in it.")
