"""The verb that ranks leaders: traders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_live.commands.options import ConfigOption, JsonOption, LiveOption, chosen_home
from copytrade_live.output import print_json, print_table, short_id, time_text

if TYPE_CHECKING:
    from copytrade_live.core.score import TraderScore
    from copytrade_live.core.state import State
    from copytrade_live.settings import CopytradeConfig

app = typer.Typer()


@app.command(rich_help_panel="Looking")
def traders(
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 20,
    config: ConfigOption = None,
    live: LiveOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the published scores, best first: would each be copied, and if not, why."""
    from copytrade_live.core.engine import initial_state
    from copytrade_live.core.score import OVERALL, best_wallets
    from copytrade_live.errors import SnapshotError
    from copytrade_live.published import load_snapshot, read_pointer
    from copytrade_live.settings import load_config
    from copytrade_live.store.views import read_view

    home = chosen_home(live)
    loaded = load_config(config, home)
    pointer = read_pointer(home)
    if pointer is None:
        raise SnapshotError(f"nothing is published in {home.published} yet; make scores first: copytrade score")
    snapshot = load_snapshot(home, pointer)
    state = read_view(home.state).state if home.state.exists() else initial_state()
    followed = {*loaded.tracker.leaders, *best_wallets(snapshot, loaded.tracker.follow_top)}
    best = [snapshot.score_of(wallet, OVERALL) for wallet in best_wallets(snapshot, limit)]
    found = [trader_facts(score, loaded, state, score.wallet in followed) for score in best if score is not None]
    if as_json:
        print_json({"snapshot_id": snapshot.snapshot_id, "as_of": time_text(snapshot.as_of), "traders": found})
        return
    columns = ["rank", "wallet", "copied", "p_pos", "lcb10", "edge_mean", "n_events", "copies", "loss_streak", "why"]
    rows = [[_cell(fact, name) for name in columns] for fact in found]
    print_table(f"snapshot {snapshot.snapshot_id}, as of {time_text(snapshot.as_of)}", columns, rows)


def trader_facts(score: TraderScore, config: CopytradeConfig, state: State, is_followed: bool) -> dict[str, object]:
    """The facts of one leader, by name: its score, what refuses it, and how its copies went."""
    from copytrade_live.core.portfolio import LeaderRecord
    from copytrade_live.situation import leader_refusals

    names = (
        "rank wallet category p_pos lcb10 edge_mean edge_sd n_events n_eff coverage copy_cost_mean breakeven_latency "
        "capacity maker_share q_value flags reasons"
    )
    record = state.portfolio.records.get(score.wallet, LeaderRecord())
    refused = leader_refusals(score, config, state)
    return {
        **{name: getattr(score, name) for name in names.split()},
        "followed": is_followed,
        "copied": "no" if refused else "probation" if score.n_events < config.score.min_events else "yes",
        "refused_by": [one.text() for one in refused],
        "copies": record.copies,
        "loss_streak": record.streak,
        "shortfall": record.shortfall,
    }


def _cell(fact: dict[str, object], name: str) -> object:
    if name == "why":
        return fact["refused_by"] or fact["reasons"] or fact["flags"]
    return short_id(str(fact[name])) if name == "wallet" else fact.get(name)
