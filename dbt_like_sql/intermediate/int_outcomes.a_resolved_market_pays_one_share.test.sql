-- The outcomes of a resolved market pay one unit of collateral together.
-- checks: blocking
select
    condition_id,
    sum(payout) as paid,
from {{ ref('int_outcomes') }}
where is_resolved
group by condition_id
having sum(payout) is null or abs(sum(payout) - 1.0) > 1e-6
