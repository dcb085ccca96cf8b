"""Verbs that only look: status, positions, traders, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_live.commands.options import JsonOption
from copytrade_live.output import print_facts, print_json, print_table, short_id, time_text

if TYPE_CHECKING:
    from copytrade_live.core.portfolio import Position
    from copytrade_live.core.score import TraderScore
    from copytrade_live.store.views import View

app = typer.Typer()
PANEL = "Looking"


@app.command(rich_help_panel=PANEL)
def status(as_json: JsonOption = False) -> None:
    """Say how the runner stands: mode, gate, halt, equity, exposure, positions."""
    from copytrade_live.settings import home_from_environment
    from copytrade_live.store.views import read_view

    facts = status_facts(read_view(home_from_environment().state))
    if as_json:
        print_json(facts)
    else:
        print_facts("copytrade", facts)


def status_facts(view: View) -> dict[str, object]:
    """The facts of a status, by name. Units: money in collateral."""
    from copytrade_live.core.pricing import from_micro

    portfolio, standing = view.state.portfolio, view.state.standing
    gate, snapshot = standing.gate, standing.snapshot
    return {
        "mode": view.mode,
        "run": view.run_id,
        "last_event": view.last_seq,
        "last_seen": time_text(view.observed_at),
        "gate": "none" if gate is None else "open" if gate.is_open else "closed",
        "gate_reasons": list(gate.reasons) if gate else [],
        "gate_valid_until": time_text(gate.valid_until) if gate else None,
        "snapshot": snapshot.snapshot_id if snapshot else None,
        "kill_switch": standing.kill_switch,
        "halt": standing.halt.value if standing.halt else None,
        "cut_off": sorted(standing.cut_off),
        "cash": from_micro(portfolio.cash),
        "equity": portfolio.equity,
        "realised_pnl": from_micro(portfolio.realised),
        "gross_exposure": portfolio.gross_exposure,
        "positions": len(portfolio.positions),
        "working_orders": len(portfolio.working),
    }


@app.command(rich_help_panel=PANEL)
def positions(as_json: JsonOption = False) -> None:
    """List the open positions."""
    from copytrade_live.settings import home_from_environment
    from copytrade_live.store.views import read_view

    held = read_view(home_from_environment().state).state.portfolio.positions
    found = [position_facts(held[token_id]) for token_id in sorted(held)]
    if as_json:
        print_json(found)
        return
    columns = ["condition_id", "outcome", "leader", "size", "average_cost", "mark", "value", "unrealised_pnl"]
    ids = {"condition_id", "leader"}
    rows = [[short_id(str(fact[name])) if name in ids else fact[name] for name in columns] for fact in found]
    print_table(f"{len(found)} positions", columns, rows)


def position_facts(position: Position) -> dict[str, object]:
    """The facts of one position, by name. Units: size in shares, money in collateral."""
    from copytrade_live.core.pricing import from_micro

    market = position.market
    return {
        "token_id": position.token_id,
        "condition_id": market.condition_id,
        "outcome": dict(zip(market.token_ids, market.outcomes, strict=True)).get(position.token_id),
        "leader": position.wallet,
        "size": from_micro(position.size),
        "average_cost": position.average_cost,
        "mark": position.mark,
        "value": position.value,
        "unrealised_pnl": position.value - from_micro(position.cost),
        "realised_pnl": from_micro(position.realised),
        "opened_at": time_text(position.opened_at),
    }


@app.command(rich_help_panel=PANEL)
def traders(
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List the published scores, best first."""
    from copytrade_live.core.score import OVERALL, best_wallets
    from copytrade_live.errors import SnapshotError
    from copytrade_live.published import load_snapshot, read_pointer
    from copytrade_live.settings import home_from_environment

    home = home_from_environment()
    pointer = read_pointer(home)
    if pointer is None:
        raise SnapshotError(f"nothing is published in {home.published} yet; make scores first: copytrade score")
    snapshot = load_snapshot(home, pointer)
    best = [snapshot.score_of(wallet, OVERALL) for wallet in best_wallets(snapshot, limit)]
    found = [score_facts(score) for score in best if score is not None]
    if as_json:
        print_json({"snapshot_id": snapshot.snapshot_id, "as_of": time_text(snapshot.as_of), "traders": found})
        return
    columns = ["rank", "wallet", "p_pos", "lcb10", "edge_mean", "n_events", "coverage", "maker_share", "flags"]
    print_table(f"snapshot {snapshot.snapshot_id}", columns, [[fact[name] for name in columns] for fact in found])


def score_facts(score: TraderScore) -> dict[str, object]:
    """The facts of one score, by name."""
    names = (
        "rank wallet category p_pos lcb10 edge_mean edge_sd n_events n_eff coverage copy_cost_mean breakeven_latency "
        "capacity maker_share q_value flags reasons"
    )
    return {name: getattr(score, name) for name in names.split()}


@app.command(rich_help_panel=PANEL)
def decisions(
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest to list.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List what was copied, refused and left, and why; newest last."""
    import json

    from copytrade_live.decision_text import decision_text
    from copytrade_live.settings import home_from_environment
    from copytrade_live.store.views import read_decisions

    for line in read_decisions(home_from_environment().state, limit):
        print(json.dumps(line, sort_keys=True) if as_json else decision_text(line))
