"""The verb `score latency`: what copying a recorded wallet would have earned, by how late the copies come."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_pipelines.cli_options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrade_pipelines.scoring.latency import Repriced, Verdict

CENTS = 2


def latency(
    trades: Annotated[Path, typer.Option(metavar="FILE", help="Parquet: the wallet's fills.")],
    quotes: Annotated[Path, typer.Option(metavar="FILE", help="Parquet: best bid and ask of both outcomes over time.")],
    markets: Annotated[Path, typer.Option(metavar="FILE", help="Parquet: who won each market, and how that is known.")],
    delays: Annotated[
        str, typer.Option(metavar="SECONDS", help="How late the copies come, by comma.")
    ] = "0,1,2,5,10,30",
    basis: Annotated[
        str, typer.Option(metavar="TEXT", help="Count markets whose winner is known this way; any takes all.")
    ] = "last 1Hz quote >=0.98",
    fee_rate: Annotated[float, typer.Option(min=0, help="Fee of the copier: rate * (p(1-p))^exponent a share.")] = 0.0,
    fee_exponent: Annotated[float, typer.Option(min=0, help="Exponent of that fee.")] = 1.0,
    max_wait: Annotated[
        float, typer.Option(min=0, help="How long after its time a quote still counts, seconds.")
    ] = 5.0,
    our_latency: Annotated[
        float | None, typer.Option(min=0, help="Our delay, seconds; default: scoring.latency_p90_seconds.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw the curve, as PNG.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Buy a recorded wallet's fills again, some seconds later, and say up to which delay that pays."""
    from copytrade_pipelines.scoring.latency import judge, reprice
    from copytrade_pipelines.scoring.latency_files import read_recording

    asked = _delays(delays)
    ours = _our_latency(config) if our_latency is None else our_latency
    recording = read_recording(trades, quotes, markets, basis)
    curve = [
        reprice(
            recording.bought,
            recording.offers,
            delay,
            fee_rate=fee_rate,
            fee_exponent=fee_exponent,
            max_wait=max_wait,
        )
        for delay in asked
    ]
    verdict = judge(curve, ours)
    if plot is not None:
        _draw(curve, plot)
    said = {
        "fills": len(recording.bought.at),
        "markets": recording.markets,
        "left_out": recording.left_out,
        "our_latency": ours,
    }
    _show(curve, verdict, said, as_json)


def _delays(text: str) -> list[float]:
    try:
        found = sorted({float(part) for part in text.split(",")})
    except ValueError:
        raise typer.BadParameter(f"delays are seconds by comma such as 0,1,2.5, was {text!r}") from None
    if not all(0.0 <= delay <= 86_400.0 for delay in found):
        raise typer.BadParameter(f"delays must be between 0 and 86400 seconds, was {text!r}")
    return found


def _our_latency(config: Path | None) -> float:
    from copytrade_live.settings import home_from_environment, load_config

    return load_config(config, home_from_environment()).scoring.latency_p90_seconds


def _draw(curve: Sequence[Repriced], path: Path) -> None:
    from copytrade_pipelines.backtest.figures import delay_curve, render_png

    lines = {"leader": [point.leader_pnl for point in curve], "copier": [point.copy_pnl for point in curve]}
    path.write_bytes(render_png(delay_curve([point.delay for point in curve], lines, "PnL to resolution, $")))


def _show(curve: Sequence[Repriced], verdict: Verdict, said: dict[str, object], as_json: bool) -> None:
    from copytrade_live.output import print_table

    rows = [
        {name: round(value, CENTS) if isinstance(value, float) else value for name, value in asdict(point).items()}
        for point in curve
    ]
    if as_json:
        content = {"delays": rows, "break_even": verdict.break_even, "copyable": verdict.copyable}
        print(json.dumps(content | {"reason": verdict.reason} | said, sort_keys=True))
        return
    print_table(
        f"{said['fills']:,} fills in {said['markets']} markets", list(rows[0]), [list(row.values()) for row in rows]
    )
    reach = "never" if verdict.break_even is None else f"{verdict.break_even:g} s"
    print(f"break-even latency: {reach}")
    print(f"copyable: {'yes' if verdict.copyable else 'no'}. {verdict.reason}")
