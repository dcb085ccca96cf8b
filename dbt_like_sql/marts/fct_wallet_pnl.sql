-- What each wallet made of each token: its fills valued to resolution, no fees, in collateral.
-- grain: one row per wallet, condition and token
-- as of: none
-- changes: changed_seq
-- checks: blocking
-- unique: wallet, condition_id, token_id
-- column: wallet varchar not_null -- who traded
-- column: condition_id varchar not_null -- the market
-- column: token_id varchar not_null -- the outcome token
-- column: realised_pnl double not_null -- value of the fills at the payout; 0 while unresolved
-- column: cost double not_null -- net collateral paid: bought less sold
-- column: fills bigint not_null -- how many fills
-- column: is_resolved boolean not_null -- whether the market paid out
-- column: changed_seq bigint -- number of the last write to one of its fills' values
{{
    config(
        materialized='incremental',
        unique_key=['wallet', 'condition_id', 'token_id'],
        incremental_strategy='delete+insert',
        tags=['pnl'],
    )
}}

with valued as (
    select * from {{ source('intermediate', 'int_fill_values') }}
    {% if is_incremental() %}
    -- a position is added up anew when one of its fills is new, changed, or was paid out
    where (wallet, token_id) in (
        select
            wallet,
            token_id,
        from {{ source('intermediate', 'int_fill_values') }}
        where changed_seq > (select coalesce(max(changed_seq), -1) from {{ this }})
    )
    {% endif %}
)

select
    wallet,
    condition_id,
    token_id,
    -- decimals add up to the same sum in any order, so that a step and a rebuild give the same table
    coalesce(cast(sum(cast(value_to_resolution as decimal(38, 9))) as double), 0.0) as realised_pnl,
    cast(sum(cast(paid as decimal(38, 9))) as double) as cost,
    count(*) as fills,
    bool_or(is_resolved) as is_resolved,
    max(changed_seq) as changed_seq,
from valued
group by wallet, condition_id, token_id
