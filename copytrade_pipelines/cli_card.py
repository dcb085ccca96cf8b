"""The verb `score card`: judges frozen scores by what a copier would have earned since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrade_pipelines.cli_options import ConfigOption, JsonOption, open_location

if TYPE_CHECKING:
    import pandas as pd

FAILED = 3
_SHOWN = ["score_version", "horizon_days", "verdict", "ic", "ic_low", "top_roi", "top_roi_low", "lifetime_pnl_roi"]
_SHOWN += ["win_rate_roi", "composite_roi", "random_roi", "calibration_error", "events", "settled_share"]


def card(
    as_of: Annotated[str, typer.Option(metavar="TIME", help="ISO 8601; default: the venue's time now.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge frozen scores by what a copier would have earned since; exit 3 where the champion failed."""
    import dagster as dg

    from copytrade_pipelines.assets.report_card import verdicts_of
    from copytrade_pipelines.scoring.report_card.rules import Verdict
    from copytrade_pipelines.scoring.report_card.tables import read_card
    from copytrade_pipelines.warehouse import Warehouse

    location = open_location(config)
    made = location.materialize([dg.AssetKey("report_card")], {"report_card": {"config": {"as_of": as_of}}})
    made_at = round(made.metadata["report_card"]["as_of"] * 1000)
    with Warehouse(path=str(location.home.warehouse)).connect() as con:
        rows = read_card(con, made_at)
    verdicts = verdicts_of(rows)
    if as_json:
        print(json.dumps({"verdicts": verdicts, "rows": _plain(rows)}, sort_keys=True))
    else:
        _show(rows, verdicts)
    if any(found["is_champion"] and found["verdict"] == Verdict.FAILED for found in verdicts.values()):
        raise typer.Exit(FAILED)


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(rows.to_json(orient="records", date_format="iso"))
    return [row | {"detail": json.loads(row["detail"])} for row in found]


def _show(rows: pd.DataFrame, verdicts: dict[str, Any]) -> None:
    from copytrade_live.output import print_table

    cells = rows[_SHOWN].astype(object).where(rows[_SHOWN].notna(), None)
    print_table("Report card", _SHOWN, cells.to_numpy().tolist())
    for version, found in verdicts.items():
        print(f"{version}{' (champion)' if found['is_champion'] else ''}: {found['verdict']}")
        for reason in found["reasons"]:
            print(f"  {reason}")
        if not found["is_champion"] and found["says"]:
            print(f"  {found['says']}")
