-- Every market we know, and where it stands.
-- grain: one row per condition
-- as of: observed_at
-- checks: blocking
-- column: condition_id varchar not_null unique -- the market
-- column: market_id varchar -- the venue's own number for it
-- column: event_id varchar -- groups the markets of one event
-- column: question varchar -- what is bet on
-- column: slug varchar -- the venue's name for it
-- column: event_slug varchar -- the venue's name for the event
-- column: category varchar -- what the market is about
-- column: status varchar -- latest status of its resolution; null before any
-- column: winning_outcome varchar -- outcome that won; null for a void and before the payout
-- column: outcomes varchar[] not_null -- outcome names
-- column: token_ids varchar[] not_null -- outcome tokens, parallel to outcomes
-- column: tick_size double -- dollars per share
-- column: min_order_size double -- shares
-- column: fee_rate double -- see core/pricing.py
-- column: fee_exponent double -- see core/pricing.py
-- column: is_neg_risk boolean -- whether the event's markets exclude each other
-- column: is_closed boolean -- whether trading ended
-- column: is_accepting_orders boolean -- whether the book takes orders
-- column: is_resolved boolean not_null -- whether it paid out
-- column: was_disputed boolean not_null -- whether a proposed resolution was disputed
-- column: start_at timestamp -- when it opened
-- column: end_at timestamp -- when it is scheduled to end
-- column: closed_at timestamp -- when it closed
-- column: resolved_at timestamp -- when it was decided
-- column: observed_at timestamp not_null -- when the market's row could be known
{{ config(materialized='table', tags=['markets']) }}

with markets as (
    select * from {{ ref('stg_markets') }}
),

resolutions as (
    select * from {{ ref('stg_resolutions') }}
)

select
    markets.condition_id,
    markets.market_id,
    markets.event_id,
    markets.question,
    markets.slug,
    markets.event_slug,
    markets.category,
    resolutions.status,
    resolutions.winning_outcome,
    markets.outcomes,
    markets.token_ids,
    markets.tick_size,
    markets.min_order_size,
    markets.fee_rate,
    markets.fee_exponent,
    markets.is_neg_risk,
    markets.is_closed,
    markets.is_accepting_orders,
    coalesce(resolutions.has_payout, false) as is_resolved,
    coalesce(resolutions.was_disputed, false) as was_disputed,
    markets.start_at,
    markets.end_at,
    markets.closed_at,
    resolutions.resolved_at,
    markets.observed_at,
from markets
left join resolutions on markets.condition_id = resolutions.condition_id
