-- Every market that paid out, and what its winning outcome pays.
-- grain: one row per condition with a payout
-- as of: known_at
-- checks: blocking
-- column: condition_id varchar not_null unique -- the market
-- column: winning_outcome varchar -- outcome that won; null for a void
-- column: payout double not_null -- what a share of the winning outcome pays: 1, or 0.5 for a void
-- column: resolved_at timestamp -- when it was decided
-- column: known_at timestamp not_null -- when that could be known
-- column: status varchar not_null -- status it ended in
{{ config(materialized='table', tags=['resolutions']) }}

with resolutions as (
    select * from {{ ref('stg_resolutions') }}
)

select
    condition_id,
    winning_outcome,
    list_max(payouts) as payout,
    resolved_at,
    known_at,
    status,
from resolutions
where has_payout
