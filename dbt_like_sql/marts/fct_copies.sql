-- Every fill of ours, beside the leader's price and how late we were.
-- grain: one row per run and fill of ours
-- as of: observed_at
-- checks: blocking
-- unique: run_id, seq
-- column: run_id varchar not_null -- the run that journaled it
-- column: seq bigint not_null -- its place in the run
-- column: mode varchar not_null -- which shell ran
-- column: fill_id varchar not_null -- identity of our fill
-- column: order_id varchar not_null -- the attempt that filled
-- column: signal_id varchar -- the leader's fill we copied; null for exits
-- column: wallet varchar not_null -- the leader
-- column: condition_id varchar not_null -- the market
-- column: token_id varchar not_null -- the outcome token
-- column: side varchar not_null accepted(BUY,SELL) -- which way we traded
-- column: size double not_null -- shares
-- column: price double not_null -- dollars per share
-- column: cash double not_null -- collateral paid or received, fee included
-- column: fee double not_null -- collateral, within cash
-- column: leader_price double not_null -- the leader's price for entries, the bid for exits
-- column: slippage double not_null -- dollars per share worse than that price
-- column: latency double -- seconds from the leader's fill to ours; null for exits
-- column: event_at timestamp not_null -- when it filled
-- column: observed_at timestamp not_null -- when the runner could know it
{{ config(materialized='table', tags=['journal']) }}

with journal as (
    select * from {{ ref('stg_journal') }}
),

orders as (
    select * from {{ ref('int_orders') }}
),

signals as (
    select * from {{ ref('int_signals') }}
),

-- the venue counts in millionths of a share and of collateral
fills as (
    select
        run_id,
        seq,
        mode,
        json_extract_string(payload, '$.fill.fill_id') as fill_id,
        json_extract_string(payload, '$.fill.order_id') as order_id,
        json_extract_string(payload, '$.fill.token_id') as token_id,
        json_extract_string(payload, '$.fill.side') as side,
        cast(json_extract_string(payload, '$.fill.size') as bigint) / 1000000.0 as size,
        cast(json_extract_string(payload, '$.fill.cash') as bigint) / 1000000.0 as cash,
        cast(json_extract_string(payload, '$.fill.fee') as bigint) / 1000000.0 as fee,
        cast(json_extract_string(payload, '$.fill.price') as double) as price,
        event_at,
        observed_at,
    from journal
    where type = 'OrderFilled'
),

-- the venue may take a match back before it is final: then it never was
voids as (
    select distinct mode, json_extract_string(payload, '$.fill_id') as fill_id
    from journal
    where type = 'FillVoided'
)

select
    fills.run_id,
    fills.seq,
    fills.mode,
    fills.fill_id,
    fills.order_id,
    orders.signal_id,
    orders.wallet,
    orders.condition_id,
    fills.token_id,
    fills.side,
    fills.size,
    fills.price,
    fills.cash,
    fills.fee,
    orders.anchor as leader_price,
    if(fills.side = 'BUY', fills.price - orders.anchor, orders.anchor - fills.price) as slippage,
    date_diff('millisecond', signals.event_at, fills.observed_at) / 1000.0 as latency,
    fills.event_at,
    fills.observed_at,
from fills
left join orders on fills.mode = orders.mode and fills.order_id = orders.order_id
left join signals on orders.mode = signals.mode and orders.signal_id = signals.signal_id
where not exists (
    select 1 from voids where voids.mode = fills.mode and voids.fill_id = fills.fill_id
)
