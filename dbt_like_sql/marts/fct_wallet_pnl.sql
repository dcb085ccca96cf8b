-- What each wallet made of each token: its fills valued to resolution, no fees, in collateral.
-- grain: one row per wallet, condition and token
-- as of: none
-- checks: blocking
-- unique: wallet, condition_id, token_id
-- column: wallet varchar not_null -- who traded
-- column: condition_id varchar not_null -- the market
-- column: token_id varchar not_null -- the outcome token
-- column: realised_pnl double not_null -- value of the fills at the payout; 0 while unresolved
-- column: cost double not_null -- net collateral paid: bought less sold
-- column: fills bigint not_null -- how many fills
-- column: is_resolved boolean not_null -- whether the market paid out
{{ config(materialized='table', tags=['pnl']) }}

with fills as (
    select * from {{ ref('fct_fills') }}
),

valued as (
    select
        fill_id,
        value_to_resolution,
        is_resolved,
    from {{ source('intermediate', 'int_fill_values') }}
)

select
    fills.wallet,
    fills.condition_id,
    fills.token_id,
    coalesce(sum(valued.value_to_resolution), 0.0) as realised_pnl,
    sum(if(fills.side = 'BUY', fills.notional, -fills.notional)) as cost,
    count(*) as fills,
    coalesce(bool_or(valued.is_resolved), false) as is_resolved,
from fills
left join valued on fills.fill_id = valued.fill_id
group by fills.wallet, fills.condition_id, fills.token_id
