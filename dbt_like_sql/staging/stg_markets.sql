-- Markets as last seen, with the columns models need and nothing derived.
-- grain: one row per condition
-- as of: observed_at
-- changes: loaded_seq
-- checks: blocking
-- column: condition_id varchar not_null unique -- the market
-- column: market_id varchar -- the venue's own number for it
-- column: event_id varchar -- groups the markets of one event
-- column: question varchar -- what is bet on
-- column: slug varchar -- the venue's name for it
-- column: event_slug varchar -- the venue's name for the event
-- column: category varchar -- what the market is about
-- column: outcomes varchar[] not_null -- outcome names
-- column: token_ids varchar[] not_null -- outcome tokens, parallel to outcomes
-- column: tick_size double -- dollars per share
-- column: min_order_size double -- shares
-- column: fee_rate double -- see core/pricing.py
-- column: fee_exponent double -- see core/pricing.py
-- column: is_neg_risk boolean -- whether the event's markets exclude each other
-- column: is_closed boolean -- whether trading ended
-- column: is_accepting_orders boolean -- whether the book takes orders
-- column: start_at timestamp -- when it opened
-- column: end_at timestamp -- when it is scheduled to end
-- column: closed_at timestamp -- when it closed
-- column: observed_at timestamp not_null -- when this row could be known
-- column: loaded_seq bigint -- number of the write that made the row what it is
{{ config(materialized='view', tags=['markets']) }}

select
    condition_id,
    market_id,
    event_id,
    question,
    slug,
    event_slug,
    category,
    outcomes,
    token_ids,
    tick_size,
    min_order_size,
    fee_rate,
    fee_exponent,
    neg_risk as is_neg_risk,
    closed as is_closed,
    accepting_orders as is_accepting_orders,
    start_at,
    end_at,
    closed_at,
    observed_at,
    loaded_seq,
from {{ source('raw', 'markets') }}
