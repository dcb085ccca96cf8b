"""Asset checks that no SQL model carries: the suites that guard publishing, and the runner's pulse."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.errors import VenueError
from copytrade_pipelines.ingest.journal import Heartbeat, read_heartbeat
from copytrade_pipelines.quality.expectations import Severity, Suite
from copytrade_pipelines.quality.suites import RAW_BOOKS, RAW_FILLS, RAW_MARKETS, RAW_RESOLUTIONS, TRADER_SCORES
from copytrade_pipelines.quality.validate import Failure, read, validate
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.sql_assets import failing_rows
from copytrade_pipelines.warehouse import WAREHOUSE_POOL, Warehouse

CONTRACT = "contract"

GUARDED: tuple[tuple[dg.AssetKey, Suite], ...] = (
    (dg.AssetKey(["raw", "fills"]), RAW_FILLS),
    (dg.AssetKey(["raw", "markets"]), RAW_MARKETS),
    (dg.AssetKey(["raw", "resolutions"]), RAW_RESOLUTIONS),
    (dg.AssetKey(["raw", "books"]), RAW_BOOKS),
    (dg.AssetKey(["trader_scores"]), TRADER_SCORES),
)


def contract_check(key: dg.AssetKey, suite: Suite) -> dg.AssetChecksDefinition:
    """A blocking check that a table meets its suite."""

    @dg.asset_check(
        asset=key,
        name=CONTRACT,
        description=f"{suite.table} meets the {len(suite.expectations)} demands of suite {suite.name}.",
        blocking=True,
        pool=WAREHOUSE_POOL,
    )
    def contract(warehouse: Warehouse) -> dg.AssetCheckResult:
        with warehouse.connect() as con:
            frame = read(suite, con)
        return judge(suite, len(frame), validate(suite, frame))

    return contract


def judge(suite: Suite, rows: int, failures: Sequence[Failure]) -> dg.AssetCheckResult:
    """What failures mean for publishing: a critical one stops it, warnings alone do not."""
    is_critical = any(failure.severity is Severity.CRITICAL for failure in failures)
    broken = [f"- **{failure.severity.value}**: {failure.expectation}: {failure.found}" for failure in failures]
    return dg.AssetCheckResult(
        passed=not failures,
        severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{failure.expectation}: {failure.found}" for failure in failures) or None,
        metadata={
            "rows_checked": rows,
            "demands": len(suite.expectations),
            **({"broken": dg.MetadataValue.md("\n".join(broken))} if broken else {}),
            **failing_rows([{"broken": failure.expectation, **row} for failure in failures for row in failure.rows]),
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What the runner's heartbeat says. silence_seconds is None when there is no readable heartbeat."""

    is_alive: bool
    said: str
    silence_seconds: float | None = None


def feel_pulse(heartbeat: Heartbeat | None, now: Instant, max_silence_seconds: float) -> Pulse:
    """Judge the age of the runner's heartbeat."""
    if heartbeat is None:
        return Pulse(is_alive=False, said="no heartbeat can be read; no runner has run on this folder yet")
    silence = (now - heartbeat.written_at) / SECOND
    run = f"{heartbeat.mode} run {heartbeat.run_id}"
    if silence > max_silence_seconds:
        said = f"{run} has been silent for {silence:.0f} s, allowed are {max_silence_seconds:.0f} s; is it still up?"
        return Pulse(is_alive=False, said=said, silence_seconds=silence)
    return Pulse(is_alive=True, said=f"{run} was heard {silence:.0f} s ago", silence_seconds=silence)


@dg.asset_check(
    asset=["live_journal"],
    description="The live runner exported a heartbeat lately. A silent runner copies nothing and reports nothing.",
)
def runner_is_heard(settings: Settings, venue: VenueResource) -> dg.AssetCheckResult:
    """Warn when the live runner has been silent for too long."""
    try:
        limit = settings.config().pipelines.max_runner_silence_seconds
        pulse = feel_pulse(read_heartbeat(settings.home().export), venue.now(), limit)
    except VenueError as error:  # a sandbox whose clock counts may be gone before its runner
        pulse = Pulse(is_alive=False, said=f"the venue's clock cannot be read: {error}")
    silence = {} if pulse.silence_seconds is None else {"silence_seconds": pulse.silence_seconds}
    return dg.AssetCheckResult(
        passed=pulse.is_alive, severity=dg.AssetCheckSeverity.WARN, description=pulse.said, metadata=silence
    )


CHECKS = [*(contract_check(key, suite) for key, suite in GUARDED), runner_is_heard]
