"""What runs by the clock. Times are UTC; the UI can start and stop each."""

import dagster as dg

from copytrade_pipelines.jobs import book_capture, nightly_backtest, refresh_scores

score_refresh_hourly = dg.ScheduleDefinition(
    name="score_refresh_hourly",
    job=refresh_scores,
    cron_schedule="0 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Scores grow stale within hours, and the gate closes on stale scores.",
)

nightly_backtest_schedule = dg.ScheduleDefinition(
    name="nightly_backtest_schedule",
    job=nightly_backtest,
    cron_schedule="10 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="A quiet hour, and off the full hour of the score refresh, which wants the warehouse too.",
)

book_capture_schedule = dg.ScheduleDefinition(
    name="book_capture_schedule",
    job=book_capture,
    cron_schedule="*/5 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Builds a record of books for backtests. Stopped at first: it asks the venue a lot.",
)

SCHEDULES = [score_refresh_hourly, nightly_backtest_schedule, book_capture_schedule]
