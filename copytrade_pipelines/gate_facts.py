"""Reads the facts of the gate from a Dagster instance and the published folder, and writes the gate."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg
from dagster._core.storage.asset_check_execution_record import COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES

from copytrade_live.core.market import Instant
from copytrade_live.errors import SnapshotError
from copytrade_live.published import read_pointer
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.assets.report_card import KEY as REPORT_CARD
from copytrade_pipelines.assets.report_card import VERDICTS
from copytrade_pipelines.failures import why_it_failed
from copytrade_pipelines.gating import CardFact, FailedCheck, GateDecision, GateFacts, PublishedFact, decide_gate
from copytrade_pipelines.publishing import publish_gate
from copytrade_pipelines.scoring.report_card.rules import Verdict

PUBLISHED = dg.AssetKey(["published_scores"])
# How many runs to look back for one that finished; more than may be queued or running at once.
RUNS_LOOKED_AT = 20
_FAILED = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def evaluate_gate(
    instance: dg.DagsterInstance,
    definitions: dg.Definitions | dg.RepositoryDefinition,
    config: CopytradeConfig,
    home: Home,
    now: Instant,
) -> GateDecision:
    """Decide the gate from what the instance recorded and the disk holds; nothing is written."""
    pointer, unreadable = _pointer(home)
    failed_run = _failed_run(instance)
    facts = GateFacts(
        now=now,
        valid_seconds=config.pipelines.gate_valid_seconds,
        max_age_seconds=config.score.max_age_seconds,
        pointer=pointer,
        unreadable=unreadable,
        materialized=_materialized_snapshot(instance),
        failed_checks=failed_checks(instance, blocking_checks(definitions)),
        failed_run=failed_run,
        failed_because="" if failed_run is None else why_it_failed(instance, failed_run),
        card=newest_card(instance, config.scoring.champion),
        card_closes_when=config.report_card.close_gate_when,
    )
    return GateDecision(gate=decide_gate(facts), facts=facts)


def tick_gate(
    instance: dg.DagsterInstance,
    definitions: dg.Definitions | dg.RepositoryDefinition,
    config: CopytradeConfig,
    home: Home,
    now: Instant,
) -> GateDecision:
    """Decide the gate and write it."""
    decision = evaluate_gate(instance, definitions, config, home, now)
    publish_gate(home, decision.gate)
    return decision


def blocking_checks(definitions: dg.Definitions | dg.RepositoryDefinition) -> list[dg.AssetCheckKey]:
    """Every blocking check on published_scores and on whatever it is made from."""
    repository = definitions.get_repository_def() if isinstance(definitions, dg.Definitions) else definitions
    graph = repository.asset_graph
    made_from = graph.get_ancestor_asset_keys(PUBLISHED, include_self=True)
    keys = graph.get_check_keys_for_assets(made_from)
    return sorted((key for key in keys if graph.get(key).blocking), key=lambda key: key.to_user_string())


def failed_checks(instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey]) -> tuple[FailedCheck, ...]:
    """The checks whose newest finished result is an error."""
    found: list[FailedCheck] = []
    for key in keys:
        records = instance.event_log_storage.get_asset_check_execution_history(
            key, limit=1, status=COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES
        )
        result = records[0].evaluation if records else None
        if result is not None and not result.passed and result.severity is dg.AssetCheckSeverity.ERROR:
            found.append(FailedCheck(asset=key.asset_key.to_user_string(), check=key.name))
    return tuple(found)


def newest_card(instance: dg.DagsterInstance, version: str) -> CardFact | None:
    """What the newest report card said of a version; None when it said nothing."""
    event = instance.get_latest_materialization_event(REPORT_CARD)
    materialization = None if event is None else event.asset_materialization
    said = None if materialization is None else materialization.metadata.get(VERDICTS)
    found = said.value.get(version) if isinstance(said, dg.JsonMetadataValue) and isinstance(said.value, dict) else None
    if found is None:
        return None
    return CardFact(
        version=version, verdict=Verdict(found["verdict"]), as_of=found["as_of"], said="; ".join(found["reasons"])
    )


def _pointer(home: Home) -> tuple[PublishedFact | None, str | None]:
    try:
        pointer = read_pointer(home)
    except SnapshotError as error:
        return None, str(error)
    return (None if pointer is None else PublishedFact(snapshot_id=pointer.snapshot_id, as_of=pointer.as_of)), None


def _materialized_snapshot(instance: dg.DagsterInstance) -> str | None:
    event = instance.get_latest_materialization_event(PUBLISHED)
    materialization = None if event is None else event.asset_materialization
    found = None if materialization is None else materialization.metadata.get("snapshot_id")
    return None if found is None else str(found.value)


def _failed_run(instance: dg.DagsterInstance) -> str | None:
    planned = instance.event_log_storage.get_event_records(
        dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED, asset_key=PUBLISHED),
        limit=RUNS_LOOKED_AT,
    )
    for record in planned:
        run = instance.get_run_by_id(record.run_id)
        if run is not None and run.is_finished:
            return run.run_id if run.status in _FAILED else None
    return None
