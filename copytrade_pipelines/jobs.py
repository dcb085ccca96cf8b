"""The jobs a person can launch from the UI, each with defaults that need no typing."""

import dagster as dg

from copytrade_pipelines.assets.backtests import BacktestConfig
from copytrade_pipelines.assets.scores import ScoreConfig
from copytrade_pipelines.assets.wallets import WalletsRun
from copytrade_pipelines.sql_models import load_project

# Books are captured as they stand now, so an ingest that runs twice would not leave the same tables.
_FETCHED = [
    ["raw", name]
    for name in (
        "wallets",
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
_SQL_MODELS = [[model.relation.schema, model.name] for model in load_project().models.values()]
_JOURNAL_MODELS = [
    [model.relation.schema, model.name] for model in load_project().models.values() if "journal" in model.rendered.tags
]

TO_MARTS = dg.AssetSelection.assets(*_FETCHED, *_SQL_MODELS, ["intermediate", "int_fill_values"])
SCORES = dg.AssetSelection.assets(
    ["intermediate", "int_episodes"], ["intermediate", "int_clusters"], ["trader_scores"], ["published_scores"]
)

ingest_to_marts = dg.define_asset_job(
    "ingest_to_marts",
    selection=TO_MARTS,
    config=dg.RunConfig(ops={"raw__wallets": WalletsRun()}),
    description="Fetch wallets, fills, markets, resolutions and mids, and build every SQL model.",
)

refresh_scores = dg.define_asset_job(
    "refresh_scores",
    selection=TO_MARTS | dg.AssetSelection.assets(_BOOKS) | SCORES,
    config=dg.RunConfig(ops={"raw__wallets": WalletsRun(), "trader_scores": ScoreConfig()}),
    description="Ingest, marts, scores, checks and the published snapshot; a failed check stops it.",
)

book_capture = dg.define_asset_job(
    "book_capture",
    selection=dg.AssetSelection.assets(_BOOKS, ["staging", "stg_books"]),
    description="Capture the order books of markets that watched wallets trade: the venue keeps no past ones.",
)

ingest_live_journal = dg.define_asset_job(
    "ingest_live_journal",
    selection=dg.AssetSelection.assets(["live_journal"], *_JOURNAL_MODELS),
    description="Read what the live runner journaled, and build its decisions and copies.",
)

rescore_after_copies = dg.define_asset_job(
    "rescore_after_copies",
    selection=dg.AssetSelection.assets(["live_journal"], *_JOURNAL_MODELS, ["trader_scores"], ["published_scores"]),
    description="Read new copies of the live runner, score again at what they really cost, check and publish.",
)

build_models = dg.define_asset_job(
    "build_models",
    selection=dg.AssetSelection.assets(*_SQL_MODELS, ["intermediate", "int_fill_values"]),
    description="Build every SQL model from the raw tables as they are, fetching nothing.",
)

score_and_publish = dg.define_asset_job(
    "score_and_publish",
    selection=SCORES,
    description="Score what is in the marts, check it and publish the snapshot, fetching nothing.",
)

nightly_backtest = dg.define_asset_job(
    "nightly_backtest",
    selection=dg.AssetSelection.assets(["backtest_runs"]),
    config=dg.RunConfig(ops={"backtest_runs": BacktestConfig()}),
    description="Replay recorded fills through the live engine with point-in-time scores, and write the report.",
)

JOBS = [
    ingest_to_marts,
    refresh_scores,
    build_models,
    score_and_publish,
    book_capture,
    ingest_live_journal,
    rescore_after_copies,
    nightly_backtest,
]
