"""The jobs a person can launch from the UI, each with defaults that need no typing."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from copytrade_pipelines.assets.backtest_config import BacktestConfig, GridConfig, WalkConfig
from copytrade_pipelines.assets.report_card import CardConfig
from copytrade_pipelines.assets.scores import ScoreConfig
from copytrade_pipelines.assets.wallets import WalletsRun
from copytrade_pipelines.retention import prune_old_runs
from copytrade_pipelines.run_tags import KIND_TAG
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.watch_checks import WATCHES

AnyJob = UnresolvedAssetJobDefinition | dg.JobDefinition

# Books are captured as they stand now, so an ingest that runs twice would not leave the same tables.
_FETCHED = [
    ["raw", name]
    for name in (
        "wallets",
        "chain_fills",
        "fills",
        "markets",
        "events",
        "resolutions",
        "positions",
        "coverage",
        "prices",
    )
]
_BOOKS = ["raw", "books"]
_ALL_MODELS = {(model.relation.schema, model.name): model.rendered.tags for model in load_project().models.values()}
# What is made from scores is built with them.
_SQL_MODELS = [list(key) for key, tags in _ALL_MODELS.items() if "scores" not in tags]
_SCORE_MODELS = [list(key) for key, tags in _ALL_MODELS.items() if "scores" in tags]
_JOURNAL_MODELS = [list(key) for key, tags in _ALL_MODELS.items() if "journal" in tags]

MODELS = dg.AssetSelection.assets(*_SQL_MODELS, ["intermediate", "int_fill_values"], ["published_marts"])
TO_MARTS = dg.AssetSelection.assets(*_FETCHED) | MODELS
JOURNAL = dg.AssetSelection.assets(["live_journal"], *_JOURNAL_MODELS, ["published_marts"])
PUBLISHED = dg.AssetSelection.assets(["trader_scores"], ["published_scores"], *_SCORE_MODELS)
SCORES = dg.AssetSelection.assets(["intermediate", "int_episodes"], ["intermediate", "int_clusters"]) | PUBLISHED


def _job(
    name: str, selection: dg.AssetSelection, *, kind: str, description: str, config: dg.RunConfig | None = None
) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        name, selection=selection - WATCHES, config=config, description=description, tags={KIND_TAG: kind}
    )


ingest_to_marts = _job(
    "ingest_to_marts",
    TO_MARTS,
    kind="ingest",
    config=dg.RunConfig(ops={"raw__wallets": WalletsRun()}),
    description="Fetch wallets, fills, markets, resolutions and mids, and build every SQL model.",
)

refresh_scores = _job(
    "refresh_scores",
    TO_MARTS | dg.AssetSelection.assets(_BOOKS) | SCORES,
    kind="refresh",
    config=dg.RunConfig(ops={"raw__wallets": WalletsRun(), "trader_scores": ScoreConfig()}),
    description="Ingest, marts, scores, checks and the published snapshot; a failed check stops it.",
)

book_capture = _job(
    "book_capture",
    dg.AssetSelection.assets(_BOOKS, ["staging", "stg_books"]),
    kind="books",
    description="Capture the order books of markets that watched wallets trade: the venue keeps no past ones.",
)

ingest_live_journal = _job(
    "ingest_live_journal",
    JOURNAL,
    kind="journal",
    description="Read what the live runner journaled, and build its decisions and copies.",
)

rescore_after_copies = _job(
    "rescore_after_copies",
    JOURNAL | PUBLISHED,
    kind="journal",
    config=dg.RunConfig(ops={"trader_scores": ScoreConfig()}),
    description="Read new copies of the live runner, score again at what they really cost, check and publish.",
)

build_models = _job(
    "build_models",
    MODELS,
    kind="models",
    description="Build every SQL model from the raw tables as they are, fetching nothing.",
)

score_and_publish = _job(
    "score_and_publish",
    SCORES,
    kind="scores",
    config=dg.RunConfig(ops={"trader_scores": ScoreConfig()}),
    description="Score what is in the marts, check it and publish the snapshot, fetching nothing.",
)

nightly_backtest = _job(
    "nightly_backtest",
    dg.AssetSelection.assets(["backtest_runs"]),
    kind="backtest",
    config=dg.RunConfig(ops={"backtest_runs": BacktestConfig()}),
    description="Replay recorded fills through the live engine with point-in-time scores, and write the report.",
)

sweep = _job(
    "sweep",
    dg.AssetSelection.assets(["sweep_points"]),
    kind="sweep",
    config=dg.RunConfig(ops={"sweep_points": GridConfig()}),
    description="Test a grid of settings on one window, in eight shards: launch a backfill of all of them.",
)

weekly_walk_forward = _job(
    "weekly_walk_forward",
    dg.AssetSelection.assets(["walk_forward"]),
    kind="sweep",
    config=dg.RunConfig(ops={"walk_forward": WalkConfig()}),
    description="Choose settings on past weeks and test each choice on the week after, with a gap between.",
)

score_days = _job(
    "score_days",
    dg.AssetSelection.assets(["daily_scores"]),
    kind="scores",
    description="Score as of the end of a day, or of any days in one run: what a backtest or a report card may see.",
)

audit_histories = _job(
    "audit_histories",
    dg.AssetSelection.assets(["raw", "history_audit"]),
    kind="audit",
    description="Read the whole histories of a bucket of wallets again, and repair what we held of them.",
)

weekly_report_card = _job(
    "weekly_report_card",
    dg.AssetSelection.assets(["report_card"]),
    kind="report_card",
    config=dg.RunConfig(ops={"report_card": CardConfig()}),
    description="Judge scores frozen 7, 14 and 30 days ago by what a copier earned since; can close the gate.",
)

JOBS: list[AnyJob] = [
    ingest_to_marts,
    refresh_scores,
    build_models,
    score_and_publish,
    book_capture,
    ingest_live_journal,
    rescore_after_copies,
    nightly_backtest,
    sweep,
    weekly_walk_forward,
    score_days,
    audit_histories,
    weekly_report_card,
    prune_old_runs,
]
