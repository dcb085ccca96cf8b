-- Every status each condition went through on its way to a payout.
-- grain: one row per condition and status
-- as of: known_at
-- changes: loaded_seq
-- checks: blocking
-- unique: condition_id, status
-- column: condition_id varchar not_null -- the market
-- column: status varchar not_null -- what was said of it
-- column: winning_outcome varchar -- outcome that won; null for a void and before the payout
-- column: payouts double[] -- collateral per share, parallel to the market's outcomes; null before the payout
-- column: has_payout boolean not_null -- whether it pays
-- column: was_disputed boolean -- whether a proposal was disputed
-- column: resolved_at timestamp -- when it was decided
-- column: known_at timestamp not_null -- when that could be known
-- column: loaded_seq bigint -- number of the write that made the row what it is
{{ config(materialized='view', tags=['resolutions']) }}

select
    condition_id,
    status,
    winning_outcome,
    -- a market that has not paid out reports no payouts, or zeros
    if(list_sum(payouts) > 0, payouts, null) as payouts,
    coalesce(list_sum(payouts) > 0, false) as has_payout,
    was_disputed,
    resolved_at,
    known_at,
    loaded_seq,
from {{ source('raw', 'resolutions') }}
