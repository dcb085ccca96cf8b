"""What every run says of itself, whoever launched it, and the executor that says it."""

from collections.abc import Iterator, Mapping

import dagster as dg
from dagster._core.events import DagsterEvent
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.storage.tags import BACKFILL_ID_TAG, PARENT_RUN_ID_TAG, SCHEDULE_NAME_TAG, SENSOR_NAME_TAG

from copytrade_live.provenance import code_version
from copytrade_pipelines.liveness import process_tags

KIND_TAG = "copytrade/kind"  # set by each job
TRIGGER_TAG = "copytrade/trigger"
CODE_TAG = "copytrade/code"
CONFIG_TAG = "copytrade/config"
COMMAND_LINE = "command line"
_LAUNCHED_BY = (
    (PARENT_RUN_ID_TAG, "rerun of"),
    (BACKFILL_ID_TAG, "backfill"),
    (SCHEDULE_NAME_TAG, "schedule"),
    (SENSOR_NAME_TAG, "sensor"),
)


def trigger_of(tags: Mapping[str, str]) -> str:
    """What launched a run: a rerun, a backfill, a schedule, a sensor, or a person in the UI."""
    return next((f"{word} {tags[tag]}" for tag, word in _LAUNCHED_BY if tag in tags), "person")


def tags_of_run(
    instance: dg.DagsterInstance, run_id: str, config_digest: str, tags: Mapping[str, str]
) -> dict[str, str]:
    """The tags of a run that this process executes."""
    own = {CODE_TAG: code_version(), CONFIG_TAG: config_digest, TRIGGER_TAG: trigger_of(tags)}
    return own | process_tags(instance, run_id)


def tagging_executor(config_digest: str) -> dg.ExecutorDefinition:
    """Dagster's in-process executor, which first tags the run."""

    inner = dg.in_process_executor

    def make(init: dg.InitExecutorContext) -> dg.Executor:
        if inner.executor_creation_fn is None:
            raise dg.DagsterInvariantViolationError(f"executor {inner.name} has no way to be made")
        return _Tagging(inner.executor_creation_fn(init), config_digest)

    return dg.ExecutorDefinition(
        name=inner.name,
        config_schema=inner.config_schema.as_field(),
        executor_creation_fn=make,
        description=inner.description,
    )


class _Tagging(dg.Executor):
    def __init__(self, inner: dg.Executor, config_digest: str) -> None:
        self._inner = inner
        self._config_digest = config_digest

    @property
    def retries(self) -> RetryMode:
        return self._inner.retries

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        run, instance = plan_context.dagster_run, plan_context.instance
        instance.add_run_tags(run.run_id, tags_of_run(instance, run.run_id, self._config_digest, run.tags))
        yield from self._inner.execute(plan_context, execution_plan)
