-- What each wallet traded on each day.
-- grain: one row per wallet and day
-- as of: known_at
-- changes: loaded_seq
-- checks: blocking
-- unique: wallet, day
-- column: wallet varchar not_null -- who traded
-- column: day date not_null -- UTC day of the fills
-- column: fills bigint not_null -- how many fills
-- column: markets bigint not_null -- how many markets
-- column: bought double not_null -- collateral paid for shares
-- column: sold double not_null -- collateral received for shares
-- column: maker_notional double not_null -- price times size of fills that rested
-- column: taker_notional double not_null -- price times size of fills that crossed
-- column: first_fill_at timestamp not_null -- first fill of the day
-- column: last_fill_at timestamp not_null -- last fill of the day
-- column: known_at timestamp not_null -- when the last of these fills could be known
-- column: loaded_seq bigint -- number of the last write to one of these fills
{{
    config(
        materialized='incremental',
        unique_key=['wallet', 'day'],
        incremental_strategy='delete+insert',
        tags=['fills'],
    )
}}

with fills as (
    select
        wallet,
        cast(event_at as date) as day,
        condition_id,
        side,
        role,
        -- decimals add up to the same sum in any order
        cast(notional as decimal(38, 9)) as notional,
        event_at,
        observed_at,
        loaded_seq,
    from {{ ref('fct_fills') }}
    {% if is_incremental() %}
    where (wallet, cast(event_at as date)) in (
        select
            wallet,
            cast(event_at as date),
        from {{ ref('fct_fills') }}
        where loaded_seq > (select coalesce(max(loaded_seq), -1) from {{ this }})
    )
    {% endif %}
)

select
    wallet,
    day,
    count(*) as fills,
    count(distinct condition_id) as markets,
    cast(coalesce(sum(notional) filter (where side = 'BUY'), 0) as double) as bought,
    cast(coalesce(sum(notional) filter (where side = 'SELL'), 0) as double) as sold,
    cast(coalesce(sum(notional) filter (where role = 'maker'), 0) as double) as maker_notional,
    cast(coalesce(sum(notional) filter (where role = 'taker'), 0) as double) as taker_notional,
    min(event_at) as first_fill_at,
    max(event_at) as last_fill_at,
    max(observed_at) as known_at,
    max(loaded_seq) as loaded_seq,
from fills
group by wallet, day
