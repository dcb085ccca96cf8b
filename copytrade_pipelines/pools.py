"""Dagster pools: which steps wait for each other, in whatever run or process. Limits: dagster.yaml, default one."""

# Steps that build tables from tables. A step that fetches is in its API's pool instead and takes only the file's lock,
# for its short upserts, so that a slow venue never keeps models and scores waiting.
WAREHOUSE_POOL = "warehouse"
# One fetching step at a time is what the request budgets are for.
VENUE_POOL = "venue_api"
# A book that is not captured in time is lost, so books never queue behind histories.
BOOKS_POOL = "venue_books"
# Long, heavy on the processor, seldom in the file.
BACKTESTS_POOL = "backtests"
# A sweep uses every core by itself; give this pool more slots where runs go to other machines.
SWEEPS_POOL = "sweeps"
POOLS = (WAREHOUSE_POOL, VENUE_POOL, BOOKS_POOL, BACKTESTS_POOL, SWEEPS_POOL)
