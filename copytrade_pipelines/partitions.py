"""What is made by the day, what by the bucket of wallets, and what by the shard of a grid."""

import dagster as dg

from copytrade_pipelines.ingest.wallets import BUCKETS

# A day's scores are those that could be known when it ended. Days before this one are of no use to a backtest.
FIRST_DAY = "2025-01-01"
DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, timezone="UTC")
# Static hash buckets, however many wallets there are: raw.wallets.bucket.
BUCKET_KEYS = tuple(f"bucket-{number:02d}" for number in range(BUCKETS))
WALLET_BUCKETS = dg.StaticPartitionsDefinition(BUCKET_KEYS)
# Every eighth point of a sweep's grid: a backfill of all shards is one sweep.
SHARD_KEYS = tuple(f"shard-{number}" for number in range(8))
SWEEP_SHARDS = dg.StaticPartitionsDefinition(SHARD_KEYS)
