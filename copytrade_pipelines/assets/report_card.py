"""report_card: scores frozen some time ago, judged by what a copier would have earned since."""

import json
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from copytrade_live.clock import from_iso, to_iso
from copytrade_live.core.market import Instant
from copytrade_live.errors import ConfigError
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.assets.raw_tables import expected_failures
from copytrade_pipelines.plots import picture
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.scoring.names import REPORT_CARD
from copytrade_pipelines.scoring.parameters import parameters_of
from copytrade_pipelines.scoring.report_card.rules import Verdict, rules_of
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

if TYPE_CHECKING:
    import pandas as pd

KEY = dg.AssetKey(["report_card"])
VERDICTS = "verdicts"
_SHOWN = ["score_version", "horizon_days", "verdict", "ic", "ic_low", "ic_high", "top_roi", "top_roi_low"]
_SHOWN += ["top_roi_high", "random_roi", "calibration_error", "events", "wallets_judged", "settled_share"]


class CardConfig(dg.Config):
    """As of when to judge."""

    as_of: str = Field(default="", description="ISO 8601 time to judge as of; empty is the venue's time now.")


@dg.asset(
    key=KEY,
    deps=[["trader_scores"], ["intermediate", "int_outcomes"], ["marts", "fct_fills"], ["marts", "dim_markets"]],
    group_name="report_card",
    kinds={"python", "duckdb", "numpy"},
    owners=["team:copytrade"],
    code_version="1",
    metadata={"dagster/table_name": REPORT_CARD},
    pool=WAREHOUSE_POOL,
)
def report_card(
    config: CardConfig, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Whether scores frozen weeks ago told who would have been worth copying since; every version side by side."""
    from copytrade_pipelines.scoring.report_card.tables import write_card  # heavy, and definitions load often

    chosen = settings.config()
    with expected_failures():
        as_of = _as_of(config, venue)
        card = judge_versions(chosen, warehouse, as_of)
        with warehouse.connect() as con:
            rows = write_card(con, card, as_of)
    return dg.MaterializeResult(metadata={"dagster/row_count": rows, **metadata_of(card, as_of, chosen)})


@dg.asset_check(
    asset=report_card,
    description="The newest card of the champion passed: following its list paid, and its probabilities hold.",
    pool=WAREHOUSE_POOL,
)
def score_is_worth_following(warehouse: Warehouse) -> dg.AssetCheckResult:
    """A failed card is an error, one without enough evidence a warning; the gate reads the card itself."""
    from copytrade_pipelines.scoring.report_card.tables import read_card

    with warehouse.connect() as con:
        verdicts = verdicts_of(read_card(con))
    own = next((found for found in verdicts.values() if found["is_champion"]), None)
    if own is None:
        return dg.AssetCheckResult(
            passed=False, severity=dg.AssetCheckSeverity.WARN, description="there is no card of the champion yet"
        )
    has_failed = own["verdict"] == Verdict.FAILED
    return dg.AssetCheckResult(
        passed=own["verdict"] == Verdict.PASSED,
        severity=dg.AssetCheckSeverity.ERROR if has_failed else dg.AssetCheckSeverity.WARN,
        description="; ".join(own["reasons"]),
        metadata={"verdict": own["verdict"], "decided_by_days": own["days"] or 0, "as_of": own["as_of"]},
    )


def judge_versions(config: CopytradeConfig, warehouse: Warehouse, as_of: Instant) -> "pd.DataFrame":
    """The card of every version with rows, from what was known at as_of."""
    from copytrade_pipelines.scoring.report_card.card import Question, judge_scores
    from copytrade_pipelines.scoring.report_card.tables import read_frozen
    from copytrade_pipelines.scoring.scores import collect
    from copytrade_pipelines.scoring.tables import read_evidence, read_fills, score_versions

    parameters, rules = parameters_of(config), rules_of(config)
    with warehouse.connect() as con:
        champion = config.scoring.champion
        versions = (champion, *(version for version in score_versions(con) if version != champion))
        scores = read_frozen(con, as_of, rules.horizons_days, versions)
        fills, evidence = read_fills(con), read_evidence(con, parameters)
    question = Question(
        as_of=as_of,
        versions=versions,
        champion=champion,
        scores=scores,
        frame=collect(fills, evidence, as_of, parameters).built.frame,
        fills=fills,
        outcomes=evidence.outcomes,
    )
    return judge_scores(question, rules)


def verdicts_of(card: "pd.DataFrame") -> dict[str, Any]:
    """What a card says of each version in a few words: the verdict, by which horizon, and the reasons there."""
    import pandas as pd

    found: dict[str, Any] = {}
    for version, rows in card.groupby("score_version", sort=False):
        days = rows["decided_by_days"].iloc[0]
        shown = rows["horizon_days"].max() if pd.isna(days) else days
        last = rows[rows["horizon_days"] == shown].iloc[-1]
        found[str(version)] = {
            "verdict": str(last["card_verdict"]),
            "days": None if pd.isna(days) else int(days),
            "as_of": to_iso(int(last["as_of"].value) // 1_000_000),
            "is_champion": bool(last["is_champion"]),
            "reasons": [str(reason) for reason in last["reasons"]],
            "says": None if pd.isna(last["says"]) else str(last["says"]),
        }
    return found


def metadata_of(card: "pd.DataFrame", as_of: Instant, config: CopytradeConfig) -> dict[str, Any]:
    """What a card says in the UI: verdicts, the table, and pictures."""
    from copytrade_pipelines.scoring.report_card.columns import COLUMNS

    return {
        "dagster/table_name": REPORT_CARD,
        "dagster/column_schema": dg.TableSchema([dg.TableColumn(name, kind) for name, kind in COLUMNS.items()]),
        "as_of": dg.MetadataValue.timestamp(as_of / 1000),
        VERDICTS: dg.MetadataValue.json(verdicts_of(card)),
        "in_words": dg.MetadataValue.md(in_words(card)),
        "card": dg.MetadataValue.md(preview(card)),
        **_pictures(card, config),
    }


def in_words(card: "pd.DataFrame") -> str:
    """The verdict of each version with its reasons, as markdown."""
    lines: list[str] = []
    for version, found in verdicts_of(card).items():
        by = "" if found["days"] is None else f", by scores frozen {found['days']} days before"
        lines += [f"**{version}{' (champion)' if found['is_champion'] else ''}: {found['verdict']}**{by}", ""]
        lines += [f"- {reason}" for reason in found["reasons"]]
        lines += [f"- {found['says']}"] if found["says"] and not found["is_champion"] else []
        lines.append("")
    return "\n".join(lines)


def preview(card: "pd.DataFrame") -> str:
    """The main columns as a markdown table."""
    lines = ["| " + " | ".join(_SHOWN) + " |", "|" + " --- |" * len(_SHOWN)]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in card[_SHOWN].itertuples(index=False)]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    import pandas as pd

    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.3f}"
    return str(value)


def _pictures(card: "pd.DataFrame", config: CopytradeConfig) -> dict[str, Any]:
    judged = card[card["events"] > 0]
    if judged.empty:
        return {}
    from copytrade_pipelines.backtest.card_figures import earned_by_list, ic_by_horizon, reliability
    from copytrade_pipelines.backtest.figures import render_png  # matplotlib is heavy, definitions load often

    found = {"plot_rank_correlation": ic_by_horizon(judged.to_dict("records"), config.report_card.min_ic_low)}
    longest = judged[judged["horizon_days"] == judged["horizon_days"].max()]
    for row in longest.to_dict("records"):
        detail, version, days = json.loads(row["detail"]), row["score_version"], row["horizon_days"]
        named = f"{version}, {days} days"
        found[f"plot_earned_{version}"] = earned_by_list(
            detail["at"], detail["curves"], f"{named}, {row['top_events']:,} events copied"
        )
        if detail["reliability"]:
            found[f"plot_reliability_{version}"] = reliability(
                detail["reliability"], detail["pit"], f"{named}, grey: nine of ten by chance"
            )
    return {name: picture(render_png(draw), name) for name, draw in found.items()}


def _as_of(config: CardConfig, venue: VenueResource) -> Instant:
    if not config.as_of:
        return venue.now()
    try:
        return from_iso(config.as_of)
    except ValueError as error:
        raise ConfigError(
            f"as_of must be an ISO 8601 time such as 2026-01-31T12:00:00Z, was {config.as_of!r}"
        ) from error


ASSETS = [report_card]
CHECKS = [score_is_worth_following]
