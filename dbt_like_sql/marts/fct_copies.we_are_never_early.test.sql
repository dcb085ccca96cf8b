-- A copy fills after the leader's fill it copies.
select *
from {{ ref('fct_copies') }}
where latency < 0
