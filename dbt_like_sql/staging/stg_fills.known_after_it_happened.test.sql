-- Nothing is known before it happened.
-- checks: blocking
select *
from {{ ref('stg_fills') }}
where observed_at < event_at
