-- A winning outcome pays 1; only a void, which has no winner, pays less.
-- checks: blocking
select *
from {{ ref('fct_resolutions') }}
where winning_outcome is not null and payout < 1 - 1e-6
