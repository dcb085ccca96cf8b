-- Mids of tokens over time.
-- grain: one row per token and time
-- as of: observed_at
-- checks: blocking
-- unique: token_id, observed_at
-- column: token_id varchar not_null -- the outcome token
-- column: mid double not_null -- middle of the book, dollars per share
-- column: observed_at timestamp not_null -- when it stood there
{{ config(materialized='table', tags=['prices']) }}

select
    token_id,
    mid,
    "at" as observed_at,
from {{ source('raw', 'prices') }}
