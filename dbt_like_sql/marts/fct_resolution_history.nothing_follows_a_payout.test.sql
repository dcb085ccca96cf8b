-- A payout is final: no other status becomes known after it.
select *
from {{ ref('fct_resolution_history') }}
where has_payout and known_until is not null
