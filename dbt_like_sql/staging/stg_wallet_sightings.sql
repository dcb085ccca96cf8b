-- Where and when wallets were seen: leaderboards by category and window, holders of markets, the watchlist.
-- grain: one row per sighting of a wallet
-- as of: observed_at
-- changes: loaded_seq
-- column: wallet varchar not_null -- lower case
-- column: source varchar not_null -- where it was seen
-- column: category varchar -- the leaderboard's category
-- column: time_window varchar -- the leaderboard's window
-- column: rank bigint -- its place there, from 1
-- column: observed_at timestamp not_null -- when it was seen
-- column: loaded_seq bigint -- number of the write that made the row what it is
{{ config(materialized='view', tags=['wallets']) }}

select
    wallet,
    source,
    category,
    time_window,
    rank,
    observed_at,
    loaded_seq,
from {{ source('raw', 'wallet_sightings') }}
