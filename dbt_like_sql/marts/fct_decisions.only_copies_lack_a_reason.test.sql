-- Whatever is not copied says why, and a copy needs no excuse.
-- checks: blocking
select *
from {{ ref('fct_decisions') }}
where (decision = 'copied') != (reason is null)
