-- Every decision of the runner: copied, rejected or left, with the number measured and the limit it met.
-- grain: one row per run and decision
-- as of: observed_at
-- changes: loaded_seq
-- checks: blocking
-- unique: run_id, seq
-- column: run_id varchar not_null -- the run that decided
-- column: seq bigint not_null -- its place in the run
-- column: mode varchar not_null -- which shell ran
-- column: signal_id varchar -- the leader's fill; null for exits
-- column: wallet varchar not_null -- the leader
-- column: token_id varchar not_null -- the outcome token
-- column: condition_id varchar not_null -- the market
-- column: decision varchar not_null accepted(copied,rejected,exit) -- what was decided
-- column: reason varchar accepted(kill_switch_file,halted,mode_paper,not_reconciled,venue_restricted,clock_skew,feed_silent,unwell,gate_closed,duplicate_signal,stale_signal,feed_lag,wallet_muted,rate_capped,market_denied,dust,no_market,market_closed,market_disputed,near_resolution,price_out_of_band,no_score,stale_score,low_coverage,maker_leader,flagged_leader,low_p_pos,low_score,maybe_luck,no_book,stale_book,thin_liquidity,wide_spread,price_moved,own_position,opposing_position,mirror_off,nothing_to_sell,unknown_order,order_in_flight,no_edge,no_cash,below_minimum,daily_soft_stop,max_positions,market_exposure,leader_exposure,event_exposure,gross_exposure,slippage,mirror,take_profit,stop_loss,time_exit,resolution,operator) -- why it was rejected or left (core/reasons.py); null for copies
-- column: measured double -- the number looked at, in the reason's own unit
-- column: limit double -- the limit it met, in the reason's own unit
-- column: snapshot_id varchar -- the score snapshot it rested on; null for exits
-- column: event_at timestamp not_null -- when it happened
-- column: observed_at timestamp not_null -- when the runner could know it
-- column: loaded_seq bigint -- number of the write that brought it
{{
    config(
        materialized='incremental',
        unique_key=['run_id', 'seq'],
        incremental_strategy='delete+insert',
        tags=['journal'],
    )
}}

with journal as (
    select * from {{ ref('stg_journal') }}
    {% if is_incremental() %}
    -- events are never changed once journaled
    where loaded_seq > (select coalesce(max(loaded_seq), -1) from {{ this }})
    {% endif %}
),

decisions as (
    select * from journal where type in ('SignalCopied', 'SignalRejected', 'ExitDecided')
)

select
    run_id,
    seq,
    mode,
    json_extract_string(payload, '$.signal_id') as signal_id,
    json_extract_string(payload, '$.wallet') as wallet,
    json_extract_string(payload, '$.token_id') as token_id,
    coalesce(
        json_extract_string(payload, '$.condition_id'),
        json_extract_string(payload, '$.order.condition_id')
    ) as condition_id,
    case type
        when 'SignalCopied' then 'copied'
        when 'SignalRejected' then 'rejected'
        else 'exit'
    end as decision,
    json_extract_string(payload, '$.reason') as reason,
    cast(json_extract_string(payload, '$.measured') as double) as measured,
    cast(json_extract_string(payload, '$.limit') as double) as "limit",
    json_extract_string(payload, '$.snapshot_id') as snapshot_id,
    event_at,
    observed_at,
    loaded_seq,
from decisions
