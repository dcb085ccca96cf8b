-- Every fill is counted once: the counts add up to the fills of each wallet.
-- checks: blocking
with counted as (
    select
        wallet,
        sum(fills) as fills,
    from {{ ref('fct_wallet_pnl') }}
    group by wallet
),

known as (
    select
        wallet,
        count(*) as fills,
    from {{ source('intermediate', 'int_fill_values') }}
    group by wallet
)

select
    known.wallet,
    known.fills as known_fills,
    counted.fills as counted_fills,
from known
left join counted on known.wallet = counted.wallet
where counted.fills is distinct from known.fills
