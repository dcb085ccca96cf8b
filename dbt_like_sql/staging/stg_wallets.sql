-- The registry of wallets: where each came from, and how much of its history we hold.
-- grain: one row per wallet
-- as of: first_seen_at
-- changes: loaded_seq
-- checks: blocking
-- column: wallet varchar not_null unique -- lower case
-- column: source varchar not_null -- where it was first found
-- column: coverage double -- share of its holdings that its fills explain
-- column: is_history_complete boolean -- whether all its fills are here; only such wallets are scored
-- column: is_excluded boolean -- whether it is kept out of scoring on purpose
-- column: first_seen_at timestamp not_null -- when it was found
-- column: fetched_through timestamp -- fills up to here are here
-- column: loaded_seq bigint -- number of the write that made the row what it is
{{ config(materialized='view', tags=['wallets']) }}

select
    wallet,
    source,
    coverage,
    history_complete as is_history_complete,
    coalesce(excluded, false) as is_excluded,
    first_seen_at,
    fetched_through,
    loaded_seq,
from {{ source('raw', 'wallets') }}
