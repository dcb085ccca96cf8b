-- What was said of each market on its way to a payout, and how long it stood.
-- grain: one row per condition and status
-- as of: known_at
-- checks: blocking
-- unique: condition_id, status
-- unique: condition_id, place
-- column: condition_id varchar not_null -- the market
-- column: place bigint not_null -- how many statuses were known by then, this one included
-- column: status varchar not_null -- proposed, disputed or resolved; a void is resolved with equal payouts
-- column: previous_status varchar -- status known before; null for the first
-- column: winning_outcome varchar -- outcome that won; null for a void and before the payout
-- column: payouts double[] -- collateral per share, parallel to the market's outcomes; null before the payout
-- column: has_payout boolean not_null -- whether it pays
-- column: was_disputed boolean -- whether a proposal was disputed
-- column: resolved_at timestamp -- when it was decided
-- column: known_at timestamp not_null -- when the status could be known
-- column: known_until timestamp -- when the next one could be known; null for the last
{{ config(materialized='table', tags=['resolutions']) }}

with statuses as (
    select * from {{ ref('stg_resolution_statuses') }}
)

select
    condition_id,
    row_number() over in_order as place,
    status,
    lag(status) over in_order as previous_status,
    winning_outcome,
    payouts,
    has_payout,
    was_disputed,
    resolved_at,
    known_at,
    lead(known_at) over in_order as known_until,
from statuses
-- a payout is final, so it comes last among statuses known at once
window in_order as (partition by condition_id order by known_at, has_payout, status)
