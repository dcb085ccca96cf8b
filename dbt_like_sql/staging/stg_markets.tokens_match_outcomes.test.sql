-- A market has one token for each outcome.
-- checks: blocking
select *
from {{ ref('stg_markets') }}
where len(token_ids) != len(outcomes)
