-- A price is within 0 and 1 and a size is above 0.
-- checks: blocking
select *
from {{ ref('stg_fills') }}
where not (price between 0 and 1) or not (size > 0) or isnan(price) or isinf(size)
