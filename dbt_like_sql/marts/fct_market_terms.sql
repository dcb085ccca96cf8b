-- What a market charged, and from when to when: ask for the row whose span holds the time of a trade.
-- grain: one row per condition and change of its fees
-- as of: known_at
-- checks: blocking
-- unique: condition_id, known_at
-- column: condition_id varchar not_null -- the market
-- column: fee_rate double not_null -- see core/pricing.py
-- column: fee_exponent double -- see core/pricing.py
-- column: is_taker_only boolean -- whether makers pay nothing
-- column: rebate_rate double -- part of the fee that makers get back; null where nobody said
-- column: source varchar not_null -- who said it: gamma, or the runner that saw it
-- column: known_at timestamp not_null -- since when, and since when that could be known
-- column: known_until timestamp -- until when; null while it holds
{{ config(materialized='table', tags=['markets']) }}

select
    condition_id,
    rate as fee_rate,
    exponent as fee_exponent,
    taker_only as is_taker_only,
    rebate as rebate_rate,
    source,
    observed_at as known_at,
    lead(observed_at) over (partition by condition_id order by observed_at) as known_until,
from {{ source('raw', 'fee_schedules') }}
