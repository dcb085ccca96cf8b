-- Every attempt of ours to trade, with the decision it serves.
-- grain: one row per mode and order
-- as of: observed_at
-- checks: blocking
-- unique: mode, order_id
-- column: order_id varchar not_null -- one attempt
-- column: root_id varchar not_null -- the first attempt of the same intent
-- column: run_id varchar not_null -- the run that placed it
-- column: mode varchar not_null -- which shell ran
-- column: signal_id varchar -- the signal that is copied; null for exits
-- column: wallet varchar not_null -- the leader
-- column: condition_id varchar not_null -- the market
-- column: token_id varchar not_null -- the outcome token
-- column: side varchar not_null accepted(BUY,SELL) -- which way we trade
-- column: exit_reason varchar -- why a position is left; null for entries
-- column: attempt bigint not_null -- how many times the intent was placed before
-- column: anchor double not_null -- price that slippage is measured from, dollars per share
-- column: price_limit double not_null -- worst price allowed, dollars per share
-- column: observed_at timestamp not_null -- when it was placed
{{ config(materialized='table', tags=['journal']) }}

with journal as (
    select * from {{ ref('stg_journal') }}
),

placed as (
    select
        run_id,
        seq,
        mode,
        json_extract_string(payload, '$.signal_id') as signal_id,
        json_extract(payload, '$.order') as attempt,
        observed_at,
    from journal
    where type in ('SignalCopied', 'ExitDecided', 'OrderReposted')
),

-- a restarted runner may journal an attempt again under the same id
orders as (
    select
        json_extract_string(attempt, '$.order_id') as order_id,
        json_extract_string(attempt, '$.root_id') as root_id,
        run_id,
        mode,
        signal_id,
        attempt,
        observed_at,
    from placed
    qualify row_number() over (
        partition by mode, json_extract_string(attempt, '$.order_id')
        order by observed_at, run_id, seq
    ) = 1
)

select
    order_id,
    root_id,
    run_id,
    mode,
    -- a reposted attempt serves the signal of its first
    max(signal_id) over (partition by mode, root_id) as signal_id,
    json_extract_string(attempt, '$.wallet') as wallet,
    json_extract_string(attempt, '$.condition_id') as condition_id,
    json_extract_string(attempt, '$.token_id') as token_id,
    json_extract_string(attempt, '$.side') as side,
    json_extract_string(attempt, '$.exit_reason') as exit_reason,
    cast(json_extract_string(attempt, '$.attempt') as bigint) as attempt,
    cast(json_extract_string(attempt, '$.anchor') as double) as anchor,
    cast(json_extract_string(attempt, '$.limit') as double) as price_limit,
    observed_at,
from orders
