"""trader_scores: what copying each wallet earns, as of a time, from nothing that was known later."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from copytrade_live.clock import from_iso, to_iso
from copytrade_live.core.market import DAY, Instant
from copytrade_live.core.score import OVERALL
from copytrade_live.errors import ConfigError
from copytrade_live.output import short_id
from copytrade_pipelines.assets.raw_tables import expected_failures
from copytrade_pipelines.column_words import schema_of
from copytrade_pipelines.plots import delay_curves, histogram
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.scoring.names import SCORES
from copytrade_pipelines.scoring.parameters import SCORE_VERSION, parameters_of, versions_of
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

if TYPE_CHECKING:
    import pandas as pd

PREVIEW_ROWS = 20
CURVES = 5


class ScoreConfig(dg.Config):
    """As of when to score."""

    as_of: str = Field(default="", description="ISO 8601 time to score as of; empty is the venue's time now.")
    backfill_days: int = Field(default=0, ge=0, description="How far back earlier rows are written too, days.")
    backfill_step_days: int = Field(default=7, ge=1, description="Time between two of those rows, days.")


@dg.asset(
    key=["trader_scores"],
    deps=[
        ["intermediate", "int_episodes"],
        ["intermediate", "int_clusters"],
        ["intermediate", "int_outcomes"],
        ["marts", "fct_fills"],
        ["marts", "dim_markets"],
        ["marts", "fct_copies"],
        ["raw", "wallets"],
        ["raw", "coverage"],
        ["raw", "books"],
        ["raw", "prices"],
    ],
    group_name="scores",
    kinds={"python", "duckdb", "numpy"},
    owners=["team:copytrade"],
    code_version=SCORE_VERSION,
    metadata={"dagster/table_name": SCORES},
    pool=WAREHOUSE_POOL,
)
def trader_scores(
    config: ScoreConfig, settings: Settings, venue: VenueResource, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Belief about the copier's edge of every watched wallet, overall and by category; rows are kept by as_of."""
    with expected_failures():
        as_ofs = times_of(config, _as_of(config, venue))
        made, rows = score_times(warehouse, settings, as_ofs)
    return dg.MaterializeResult(metadata=metadata_of(made[0], as_ofs, rows, settings))


def score_times(
    warehouse: Warehouse, settings: Settings, as_ofs: Sequence[Instant]
) -> tuple[list["pd.DataFrame"], int]:
    """Score as of some times and keep the rows. Returns: the champion's rows of each, rows the table has now."""
    import pandas as pd  # heavy, as the compiled passes are; definitions load often

    from copytrade_pipelines.scoring.collecting import collect_newest
    from copytrade_pipelines.scoring.marks import newest_write, write_marks
    from copytrade_pipelines.scoring.scores import judge_versions, score_versions
    from copytrade_pipelines.scoring.tables import read_evidence, read_fills, write_scores

    parameters = parameters_of(settings.config())
    newest, earlier = as_ofs[0], as_ofs[1:]
    with warehouse.connect() as con:
        seq = newest_write(con)
        # What was kept says nothing of an earlier time, which is made of what was known then.
        collected, _ = collect_newest(con, settings.home().evidence, seq, newest, parameters)
        past = (read_fills(con), read_evidence(con, parameters)) if earlier else None
    made = [judge_versions(collected, newest, parameters)]
    made += [score_versions(*past, as_of, parameters) for as_of in earlier] if past else []
    with warehouse.connect() as con:
        every = pd.concat([rows for of_time in made for rows in of_time], ignore_index=True)
        rows = write_scores(con, every, as_ofs, versions_of(parameters))
        for version in versions_of(parameters):
            write_marks(con, as_ofs, version, seq)
    return [of_time[0] for of_time in made], rows


def times_of(config: ScoreConfig, newest: Instant) -> list[Instant]:
    """The times to score as of, newest first."""
    step = config.backfill_step_days * DAY
    return [newest - back for back in range(0, config.backfill_days * DAY + 1, step)]


def preview(rows: "pd.DataFrame") -> str:
    """The best overall rows as a markdown table."""
    names = ["wallet", "rank", "p_pos", "edge_mean", "lcb10", "n_events", "coverage", "maker_share", "flags"]
    best = rows[rows["category"] == OVERALL].sort_values(["rank", "wallet"], ascending=[False, True])
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in best[names].head(PREVIEW_ROWS).values]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return value if isinstance(value, str) else ", ".join(value) if hasattr(value, "__iter__") else str(value)


def _as_of(config: ScoreConfig, venue: VenueResource) -> Instant:
    if not config.as_of:
        return venue.now()
    try:
        return from_iso(config.as_of)
    except ValueError as error:
        raise ConfigError(
            f"as_of must be an ISO 8601 time such as 2026-01-31T12:00:00Z, was {config.as_of!r}"
        ) from error


def metadata_of(newest: "pd.DataFrame", as_ofs: Sequence[Instant], rows: int, settings: Settings) -> dict[str, Any]:
    """What a scoring says of itself: counts, the best wallets and how the scores are spread."""
    from copytrade_pipelines.scoring.scores import COLUMNS, MORE_COLUMNS

    limits = settings.config().score
    overall = newest[newest["category"] == OVERALL]
    return {
        "dagster/row_count": rows,
        "dagster/table_name": SCORES,
        "dagster/column_schema": schema_of(COLUMNS | MORE_COLUMNS),
        "as_of": dg.MetadataValue.timestamp(as_ofs[0] / 1000),
        "as_ofs": [to_iso(as_of) for as_of in as_ofs],
        "new_rows": len(newest),
        "wallets": len(overall),
        "on_probation": int((overall["n_events"] < limits.min_events).sum()),
        "above_min_p_pos": int((overall["p_pos"] >= limits.min_p_pos).sum()),
        "best": dg.MetadataValue.md(preview(newest)),
        **_pictures(overall),
        **_curves(overall, settings.config().scoring.latency_delays),
    }


def _curves(overall: "pd.DataFrame", delays: Sequence[float]) -> dict[str, Any]:
    best = overall[overall["edge_by_delay"].notna()].sort_values(["lcb10", "wallet"], ascending=[False, True])
    curves = {short_id(row["wallet"]): row["edge_by_delay"] for row in best.head(CURVES).to_dict("records")}
    return {"plot_edge_by_delay": delay_curves(delays, curves)} if curves else {}


def _pictures(overall: "pd.DataFrame") -> dict[str, Any]:
    if overall.empty:
        return {}
    sure, edge = overall["p_pos"].tolist(), (100 * overall["lcb10"]).tolist()
    return {
        "plot_p_pos": histogram(sure, "belief that copying pays (p_pos)", "wallets"),
        "plot_lcb10": histogram(edge, "lower bound of the edge, cents a dollar (lcb10)", "wallets"),
    }


ASSETS = [trader_scores]
