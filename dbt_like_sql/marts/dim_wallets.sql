-- Every wallet we know: where it was seen, how much of its history we hold, and when it traded.
-- grain: one row per wallet
-- as of: first_seen_at
-- checks: blocking
-- column: wallet varchar not_null unique -- lower case
-- column: sources varchar[] not_null -- where it was seen, in alphabetical order
-- column: sightings bigint not_null -- how often it was seen
-- column: best_rank bigint -- its best place on a leaderboard; null when on none
-- column: coverage double -- share of its holdings that its fills explain
-- column: is_history_complete boolean -- whether all its fills are here; only such wallets are scored
-- column: is_excluded boolean not_null -- whether it is kept out of scoring on purpose
-- column: fills bigint not_null -- how many fills are here
-- column: active_days bigint not_null -- days with a fill
-- column: notional double not_null -- price times size of its fills, collateral
-- column: first_seen_at timestamp not_null -- when it was found
-- column: last_seen_at timestamp not_null -- when it was last seen in some listing
-- column: first_fill_at timestamp -- its first fill here
-- column: last_fill_at timestamp -- its last fill here
-- column: fetched_through timestamp -- fills up to here are here
{{ config(materialized='table', tags=['wallets']) }}

with wallets as (
    select * from {{ ref('stg_wallets') }}
),

seen as (
    select
        wallet,
        list(distinct source) as sources,
        count(*) as sightings,
        min(rank) as best_rank,
        max(observed_at) as last_seen_at,
    from {{ ref('stg_wallet_sightings') }}
    group by wallet
),

traded as (
    select
        wallet,
        sum(fills) as fills,
        count(*) as active_days,
        cast(sum(cast(bought + sold as decimal(38, 9))) as double) as notional,
        min(first_fill_at) as first_fill_at,
        max(last_fill_at) as last_fill_at,
    from {{ ref('fct_wallet_days') }}
    group by wallet
)

select
    wallets.wallet,
    list_sort(list_distinct(list_append(coalesce(seen.sources, []), wallets.source))) as sources,
    coalesce(seen.sightings, 0) as sightings,
    seen.best_rank,
    wallets.coverage,
    wallets.is_history_complete,
    wallets.is_excluded,
    cast(coalesce(traded.fills, 0) as bigint) as fills,
    coalesce(traded.active_days, 0) as active_days,
    coalesce(traded.notional, 0.0) as notional,
    wallets.first_seen_at,
    greatest(wallets.first_seen_at, seen.last_seen_at) as last_seen_at,
    traded.first_fill_at,
    traded.last_fill_at,
    wallets.fetched_through,
from wallets
left join seen on wallets.wallet = seen.wallet
left join traded on wallets.wallet = traded.wallet
