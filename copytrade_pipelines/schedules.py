"""What runs by the clock. Times are UTC; the UI can start and stop each."""

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from copytrade_live.core.market import DAY, SECOND
from copytrade_live.errors import VenueError
from copytrade_pipelines import jobs
from copytrade_pipelines.partitions import BUCKET_KEYS, DAYS
from copytrade_pipelines.resources import VenueResource
from copytrade_pipelines.retention import prune_old_runs


def _by_the_clock(
    name: str, job: jobs.AnyJob, cron: str, description: str, *, is_running: bool = True
) -> dg.ScheduleDefinition:
    """A schedule that lets a tick pass while the last run of its job is not over."""

    @dg.schedule(
        name=name,
        job=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING if is_running else dg.DefaultScheduleStatus.STOPPED,
        description=description,
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        wanted = dg.RunsFilter(job_name=job.name, statuses=NOT_FINISHED_STATUSES)
        going = context.instance.get_runs(wanted, limit=1)
        if going:
            return dg.SkipReason(
                f"run {going[0].run_id} of {job.name} is not over yet ({going[0].status.value.lower()})"
            )
        return dg.RunRequest()

    return tick


@dg.schedule(
    name="score_days_nightly",
    job=jobs.score_days,
    cron_schedule="20 0 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Keeps the scores of each day that is over at the venue, for backtests and the report card.",
)
def score_days_nightly(venue: VenueResource) -> dg.RunRequest | dg.SkipReason:
    """Score the last day that is over; a day is asked for once."""
    try:
        day = DAYS.get_partition_key_for_timestamp((venue.hasty().now() - DAY) / SECOND)
    except VenueError as error:
        return dg.SkipReason(f"which day is over cannot be told: {error}")
    if not DAYS.has_partition_key(day):
        return dg.SkipReason(f"{day} is no day of this machine's calendar yet")
    return dg.RunRequest(run_key=day, partition_key=day)


@dg.schedule(
    name="audit_bucket_daily",
    job=jobs.audit_histories,
    cron_schedule="30 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="One of 32 buckets of wallets a day, each about once a month.",
)
def audit_bucket_daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Audit the next bucket."""
    return dg.RunRequest(partition_key=BUCKET_KEYS[context.scheduled_execution_time.toordinal() % len(BUCKET_KEYS)])


SCHEDULES = [
    score_days_nightly,
    audit_bucket_daily,
    _by_the_clock(
        "score_refresh_hourly",
        jobs.refresh_scores,
        "0 * * * *",
        "Scores grow stale within hours, and the gate closes on stale scores.",
    ),
    _by_the_clock(
        "backtest_nightly",
        jobs.nightly_backtest,
        "10 3 * * *",
        "A quiet hour, and off the full hour of the score refresh.",
    ),
    _by_the_clock(
        "walk_forward_weekly",
        jobs.weekly_walk_forward,
        "30 2 * * 0",
        "One more test week has passed since the last; a quiet hour before the nightly backtest.",
    ),
    _by_the_clock(
        "report_card_weekly",
        jobs.weekly_report_card,
        "50 4 * * 1",
        "Scores are judged a week apart: sooner, little more has been paid out.",
    ),
    _by_the_clock(
        "book_capture_every_5_minutes",
        jobs.book_capture,
        "*/5 * * * *",
        "Builds a record of books for backtests. Stopped at first: it asks the venue a lot.",
        is_running=False,
    ),
    _by_the_clock(
        "prune_nightly",
        prune_old_runs,
        "40 4 * * *",
        "Dagster keeps every run for ever unless somebody forgets the old ones.",
    ),
]
