-- Fills of watched wallets, with the columns models need and nothing derived.
-- grain: one row per fill
-- as of: observed_at
-- changes: loaded_seq
-- checks: blocking
-- column: fill_id varchar not_null unique -- identity of the fill (venue/identity.py)
-- column: wallet varchar not_null -- who traded, lower case
-- column: condition_id varchar not_null -- the market
-- column: token_id varchar not_null -- the outcome token
-- column: tx_hash varchar -- transaction; null in old recordings
-- column: outcome varchar -- the outcome's name
-- column: side varchar not_null accepted(BUY,SELL) -- which way the wallet traded
-- column: role varchar not_null accepted(maker,taker,unknown) -- whether it rested or crossed
-- column: source varchar not_null -- where the row came from
-- column: price double not_null -- dollars per share
-- column: size double not_null -- shares
-- column: event_at timestamp not_null -- when it happened
-- column: observed_at timestamp not_null -- when it could be known
-- column: loaded_seq bigint -- number of the write that made the row what it is
{{ config(materialized='view', tags=['fills']) }}

select
    fill_id,
    wallet,
    condition_id,
    token_id,
    tx_hash,
    outcome,
    side,
    role,
    source,
    price,
    size,
    event_at,
    observed_at,
    loaded_seq,
from {{ source('raw', 'fills') }}
