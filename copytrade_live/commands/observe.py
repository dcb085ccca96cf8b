"""Verbs that only look: positions, orders, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_live.commands.options import JsonOption, LiveOption, chosen_home
from copytrade_live.output import counted, print_json, print_table, short_id, time_text
from copytrade_live.visible import visible

if TYPE_CHECKING:
    from copytrade_live.core.portfolio import Position, WorkingOrder

app = typer.Typer()
PANEL = "Looking"


@app.command(rich_help_panel=PANEL)
def positions(live: LiveOption = False, as_json: JsonOption = False) -> None:
    """List the open positions."""
    from copytrade_live.store.views import read_view

    held = read_view(chosen_home(live).state).state.portfolio.positions
    found = [position_facts(held[token_id]) for token_id in sorted(held)]
    if as_json:
        print_json(found)
        return
    columns = ["condition_id", "outcome", "leader", "size", "average_cost", "mark", "value", "unrealised_pnl"]
    ids = {"condition_id", "leader"}
    rows = [[short_id(str(fact[name])) if name in ids else fact[name] for name in columns] for fact in found]
    print_table(counted(len(found), "position"), columns, rows)


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
def orders(live: LiveOption = False, as_json: JsonOption = False) -> None:
    """List the orders that may still fill."""
    from copytrade_live.store.views import read_view

    view = read_view(chosen_home(live).state)
    working = view.state.portfolio.working
    found = [order_facts(working[order_id]) for order_id in sorted(working)]
    if as_json:
        print_json(found)
        return
    columns = ["order_id", "side", "outcome", "leader", "limit", "size", "filled", "attempt", "for", "expires_at"]
    ids = {"order_id", "leader"}
    rows = [[short_id(str(fact[name])) if name in ids else fact[name] for name in columns] for fact in found]
    print_table(counted(len(found), "order"), columns, rows)


def order_facts(entry: WorkingOrder) -> dict[str, object]:
    """The facts of one order, by name. Units: sizes in shares, limit in dollars per share."""
    from copytrade_live.core.pricing import from_micro

    order, market = entry.order, entry.market
    return {
        "order_id": order.order_id,
        "side": order.side.value,
        "token_id": order.token_id,
        "condition_id": order.condition_id,
        "outcome": dict(zip(market.token_ids, market.outcomes, strict=True)).get(order.token_id),
        "leader": order.wallet,
        "limit": order.limit,
        "size": from_micro(order.size),
        "filled": from_micro(entry.filled),
        "attempt": order.attempt,
        "for": order.exit_reason.value if order.exit_reason else "entry",
        "submitted_at": time_text(order.submitted_at),
        "expires_at": time_text(order.expires_at),
    }


@app.command(rich_help_panel=PANEL)
def decisions(
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest to list.")] = 20,
    live: LiveOption = False,
    as_json: JsonOption = False,
) -> None:
    """List what was copied, refused and left, and why; newest last."""
    import json

    from copytrade_live.decision_text import decision_text
    from copytrade_live.store.views import read_decisions

    for line in read_decisions(chosen_home(live).state, limit):
        print(json.dumps(line, sort_keys=True) if as_json else visible(decision_text(line)))
