"""The verb `score` and what hangs on it: `score study`, `score latency`, `score card`."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from copytrade_pipelines.cli_card import card
from copytrade_pipelines.cli_latency import latency
from copytrade_pipelines.cli_options import ConfigOption, JsonOption, open_location
from copytrade_pipelines.cli_output import show_published

app = typer.Typer()
app.command("card")(card)
app.command("latency")(latency)


@app.callback(invoke_without_command=True)
def score(
    context: typer.Context,
    as_of: Annotated[str, typer.Option(metavar="TIME", help="ISO 8601; default: the venue's time now.")] = "",
    backfill_days: Annotated[int, typer.Option(min=0, help="Also score each day this far back, for backtests.")] = 0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score every wallet, check the scores and publish them."""
    if context.invoked_subcommand is not None:
        return
    import dagster as dg

    keys = [
        dg.AssetKey(["intermediate", "int_episodes"]),
        dg.AssetKey(["intermediate", "int_clusters"]),
        dg.AssetKey("trader_scores"),
        dg.AssetKey("published_scores"),
    ]
    settings = {"as_of": as_of, "backfill_days": backfill_days, "backfill_step_days": 1}
    runs = {"intermediate__int_clusters": {"config": {"as_of": as_of}}, "trader_scores": {"config": settings}}
    show_published(open_location(config).materialize(keys, runs), as_json)


@app.command()
def study(
    seeds: Annotated[str, typer.Option(metavar="SEEDS", help="Such as 0-7 or 1,4,9.")] = "0-7",
    trades_per_wallet: Annotated[
        float, typer.Option(min=8, max=800, help="Median trades of a wallet in each of the two periods.")
    ] = 30,
    mid_share: Annotated[
        float, typer.Option(min=0, max=1, help="Part of a trader's edge that the later mid holds.")
    ] = 0.6,
    pump: Annotated[
        float, typer.Option(min=0, max=0.5, help="What a pump wallet leaves in the later mid, dollars per share.")
    ] = 0.0,
    pumps: Annotated[
        bool | None,
        typer.Option(
            "--pumps/--no-pumps", help="Add 1 % pump wallets; default: unless every setting is the base study's."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare our score with every peer's on synthetic wallets of known skill."""
    from rich.console import Console
    from rich.progress import track

    from copytrade_pipelines.scoring.study.population import Settings
    from copytrade_pipelines.scoring.study.run import judged_seeds, mean_rows

    chosen, is_base = _seeds(seeds), (trades_per_wallet, mid_share, pump) == (30, 0.6, 0.0)
    has_pumps = not is_base if pumps is None else pumps
    settings = Settings.of_median(trades_per_wallet, mid_share, pump, has_pumps=has_pumps)
    bar = track(
        judged_seeds(chosen, settings),
        "seeds",
        total=len(chosen),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    rows = mean_rows(bar)
    said: dict[str, object] = {
        "trades_per_wallet": trades_per_wallet,
        "mid_share": mid_share,
        "pump": pump,
        "pump_wallets": has_pumps,
        "wallets": settings.wallets,
    }
    _show_study(rows, chosen, said, as_json)


def _seeds(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not (first.isdigit() and (last.isdigit() or not last)):
            raise typer.BadParameter(f"seeds are numbers and ranges such as 0-7 or 1,4,9, was {text!r}")
        found += range(int(first), int(last or first) + 1)
    if not found:
        raise typer.BadParameter(f"no seed in {text!r}; a range goes up, such as 0-7")
    return found


def _show_study(rows: list[dict[str, object]], seeds: list[int], said: dict[str, object], as_json: bool) -> None:
    from copytrade_live.output import print_table

    if as_json:
        print(json.dumps({"seeds": seeds, "settings": said, "rows": rows}, sort_keys=True))
        return
    title = ", ".join(f"{name} {value}" for name, value in said.items())
    print_table(
        f"Study of seeds {', '.join(map(str, seeds))}; {title}", list(rows[0]), [list(row.values()) for row in rows]
    )
