-- Mids of tokens over time.
-- grain: one row per token and time
-- as of: observed_at
-- changes: loaded_seq
-- checks: blocking
-- unique: token_id, observed_at
-- column: token_id varchar not_null -- the outcome token
-- column: mid double not_null -- middle of the book, dollars per share
-- column: observed_at timestamp not_null -- when it stood there
-- column: loaded_seq bigint -- number of the write that made the row what it is
{{ config(materialized='view', tags=['prices']) }}

select
    token_id,
    mid,
    "at" as observed_at,
    loaded_seq,
from {{ source('raw', 'prices') }}
