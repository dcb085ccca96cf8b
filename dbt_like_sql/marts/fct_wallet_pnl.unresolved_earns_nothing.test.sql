-- A market that has not paid out realises nothing.
-- checks: blocking
select *
from {{ ref('fct_wallet_pnl') }}
where not is_resolved and realised_pnl != 0
