-- The days hold every fill once. A fill that moved to another day needs: copytrade sql run fct_wallet_days --full-refresh
select
    counted.fills as counted_fills,
    known.fills as known_fills,
from (select coalesce(sum(fills), 0) as fills from {{ ref('fct_wallet_days') }}) as counted
cross join (select count(*) as fills from {{ ref('fct_fills') }}) as known
where counted.fills != known.fills
