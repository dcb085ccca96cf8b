-- What watched wallets traded in each market on each day.
-- grain: one row per condition and day
-- as of: known_at
-- changes: loaded_seq
-- checks: blocking
-- unique: condition_id, day
-- column: condition_id varchar not_null -- the market
-- column: day date not_null -- UTC day of the fills
-- column: fills bigint not_null -- how many fills
-- column: wallets bigint not_null -- how many watched wallets
-- column: size double not_null -- shares that changed hands
-- column: notional double not_null -- price times size, collateral
-- column: lowest_price double not_null -- dollars per share, over all outcomes
-- column: highest_price double not_null -- dollars per share, over all outcomes
-- column: first_fill_at timestamp not_null -- first fill of the day
-- column: last_fill_at timestamp not_null -- last fill of the day
-- column: known_at timestamp not_null -- when the last of these fills could be known
-- column: loaded_seq bigint -- number of the last write to one of these fills
{{
    config(
        materialized='incremental',
        unique_key=['condition_id', 'day'],
        incremental_strategy='delete+insert',
        tags=['fills'],
    )
}}

with fills as (
    select
        condition_id,
        cast(event_at as date) as day,
        wallet,
        price,
        -- decimals add up to the same sum in any order
        cast(size as decimal(38, 9)) as size,
        cast(notional as decimal(38, 9)) as notional,
        event_at,
        observed_at,
        loaded_seq,
    from {{ ref('fct_fills') }}
    {% if is_incremental() %}
    where (condition_id, cast(event_at as date)) in (
        select
            condition_id,
            cast(event_at as date),
        from {{ ref('fct_fills') }}
        where loaded_seq > (select coalesce(max(loaded_seq), -1) from {{ this }})
    )
    {% endif %}
)

select
    condition_id,
    day,
    count(*) as fills,
    count(distinct wallet) as wallets,
    cast(sum(size) as double) as size,
    cast(sum(notional) as double) as notional,
    min(price) as lowest_price,
    max(price) as highest_price,
    min(event_at) as first_fill_at,
    max(event_at) as last_fill_at,
    max(observed_at) as known_at,
    max(loaded_seq) as loaded_seq,
from fills
group by condition_id, day
