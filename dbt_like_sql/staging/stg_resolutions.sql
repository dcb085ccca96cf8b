-- Where each condition stands: its payout once it has one, else the latest status on the way there.
-- grain: one row per condition
-- as of: known_at
-- checks: blocking
-- column: condition_id varchar not_null unique -- the market
-- column: status varchar not_null -- latest status
-- column: winning_outcome varchar -- outcome that won; null for a void and before the payout
-- column: payouts double[] -- collateral per share, parallel to the market's outcomes; null before the payout
-- column: has_payout boolean not_null -- whether the market paid out
-- column: was_disputed boolean -- whether a proposal was disputed
-- column: resolved_at timestamp -- when it was decided
-- column: known_at timestamp not_null -- when that could be known
-- column: loaded_seq bigint -- number of the last write to any status of the condition
{{ config(materialized='table', tags=['resolutions']) }}

with statuses as (
    select
        condition_id,
        status,
        winning_outcome,
        payouts,
        -- a market that has not paid out reports no payouts, or zeros
        coalesce(list_sum(payouts) > 0, false) as has_payout,
        was_disputed,
        resolved_at,
        known_at,
        max(loaded_seq) over (partition by condition_id) as loaded_seq,
    from {{ source('raw', 'resolutions') }}
),

-- a payout is final, so it outranks whatever status was learnt later
latest as (
    select *
    from statuses
    qualify row_number() over (
        partition by condition_id
        order by has_payout desc, known_at desc, status
    ) = 1
)

select
    condition_id,
    status,
    winning_outcome,
    if(has_payout, payouts, null) as payouts,
    has_payout,
    was_disputed,
    resolved_at,
    known_at,
    loaded_seq,
from latest
