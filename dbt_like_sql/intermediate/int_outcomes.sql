-- The outcomes of every market, one token each, and what each pays once the market resolved.
-- grain: one row per condition and token
-- as of: known_at
-- checks: blocking
-- unique: condition_id, token_id
-- column: condition_id varchar not_null -- the market
-- column: token_id varchar not_null -- the outcome token
-- column: outcome varchar not_null -- the outcome's name
-- column: position bigint not_null -- the outcome's place in the market, from 1
-- column: payout double -- collateral per share; null until the market resolved
-- column: is_resolved boolean not_null -- whether the market paid out
-- column: resolved_at timestamp -- when it was decided; null until then
-- column: known_at timestamp -- when the payout could be known; null until then
{{ config(materialized='table', tags=['resolutions']) }}

with markets as (
    select * from {{ ref('stg_markets') }}
),

resolutions as (
    select * from {{ ref('stg_resolutions') }} where has_payout
),

positions as (
    select
        markets.condition_id,
        markets.token_ids,
        markets.outcomes,
        unnest(range(1, len(markets.token_ids) + 1)) as position,
    from markets
)

select
    positions.condition_id,
    positions.token_ids[positions.position] as token_id,
    positions.outcomes[positions.position] as outcome,
    positions.position,
    resolutions.payouts[positions.position] as payout,
    resolutions.condition_id is not null as is_resolved,
    resolutions.resolved_at,
    resolutions.known_at,
from positions
left join resolutions on positions.condition_id = resolutions.condition_id
