-- Captured order books: the top of each and how deep it goes.
-- grain: one row per captured book
-- as of: observed_at
-- changes: loaded_seq
-- checks: blocking
-- column: book_id varchar not_null unique -- identity of the capture
-- column: token_id varchar not_null -- the outcome token
-- column: condition_id varchar -- the market
-- column: source varchar not_null -- where it was captured
-- column: best_bid double -- highest bid, dollars per share; null when nobody bids
-- column: best_ask double -- lowest offer, dollars per share; null when nobody offers
-- column: best_bid_size double -- shares at the best bid
-- column: best_ask_size double -- shares at the best offer
-- column: bid_levels bigint not_null -- prices bid
-- column: ask_levels bigint not_null -- prices offered
-- column: event_at timestamp not_null -- the venue's time of the book
-- column: observed_at timestamp not_null -- when it could be known
-- column: loaded_seq bigint -- number of the write that made the row what it is
{{ config(materialized='view', tags=['books']) }}

select
    book_id,
    token_id,
    condition_id,
    source,
    bids[1].price as best_bid,
    asks[1].price as best_ask,
    bids[1].size as best_bid_size,
    asks[1].size as best_ask_size,
    coalesce(len(bids), 0) as bid_levels,
    coalesce(len(asks), 0) as ask_levels,
    event_at,
    observed_at,
    loaded_seq,
from {{ source('raw', 'books') }}
