"""The questions an extract asks the warehouse. Times leave as milliseconds; every bound is a parameter."""

from __future__ import annotations

SCORES = """
    select wallet, category, score_version, edge_mean, edge_sd, p_pos, lcb10, rank, n_events, n_eff, coverage,
        copy_cost_mean, breakeven_latency, capacity, maker_share, q_value, flags, reasons,
        epoch_ms(as_of) as as_of, epoch_ms(known_at) as known_at
    from marts.fct_trader_scores
    where score_version = $version and known_at < epoch_ms(cast($end as bigint))
        and as_of >= coalesce(
            (select max(as_of) from marts.fct_trader_scores
                where score_version = $version and known_at <= epoch_ms(cast($start as bigint))),
            as_of)
    order by known_at, as_of, wallet, category
"""
FILLS = """
    select fill_id, wallet, condition_id, token_id, outcome, side, role, price, size, tx_hash,
        epoch_ms(event_at) as event_at, epoch_ms(observed_at) as observed_at
    from marts.fct_fills
    where wallet in (select unnest($leaders)) and observed_at < epoch_ms(cast($end as bigint))
    order by event_at, fill_id
"""
# A table of its own while rows are taken, which the queries below read: what the leaders touched in the window.
TOUCHED = """
    create or replace temp table touched as
    select row_number() over (order by token_id, condition_id) - 1 as code, condition_id, token_id
    from (
        select distinct condition_id, token_id from marts.fct_fills
        where wallet in (select unnest($leaders))
            and observed_at >= epoch_ms(cast($start as bigint)) and observed_at < epoch_ms(cast($end as bigint))
    )
"""
DONE = "drop table if exists temp.touched"
COUNT = "select count(*) from touched"
SPAN = "select epoch_ms(min(observed_at)), epoch_ms(max(observed_at)) from marts.fct_fills"
# What is closed by the end of the window was open before; what closes later is none of this tape's business.
MARKETS = """
    select condition_id, token_ids, outcomes, event_id, category, tick_size, min_order_size, fee_rate, fee_exponent,
        is_neg_risk, is_closed or is_accepting_orders as is_accepting_orders,
        epoch_ms(start_at) as start_at,
        epoch_ms(end_at) as end_at,
        if(is_closed and coalesce(closed_at, observed_at) < epoch_ms(cast($end as bigint)),
            epoch_ms(coalesce(closed_at, observed_at)), null) as closed_at
    from staging.stg_markets
    where condition_id in (select condition_id from touched)
    order by condition_id
"""
STATUSES = """
    select condition_id, status, epoch_ms(known_at) as known_at
    from raw.resolutions
    where condition_id in (select condition_id from touched) and known_at < epoch_ms(cast($end as bigint))
    order by condition_id, known_at, status
"""
PAYOUTS = """
    select resolutions.condition_id, outcomes.token_id, outcomes.payout,
        epoch_ms(coalesce(resolutions.resolved_at, resolutions.known_at)) as resolved_at,
        epoch_ms(resolutions.known_at) as known_at
    from marts.fct_resolutions as resolutions
    join intermediate.int_outcomes as outcomes on resolutions.condition_id = outcomes.condition_id
    where resolutions.condition_id in (select condition_id from touched)
        and resolutions.known_at < epoch_ms(cast($end as bigint))
    order by resolutions.known_at, resolutions.condition_id, outcomes.position
"""
BOOKS = """
    select book_id, token_id, bids, asks, epoch_ms(event_at) as event_at, epoch_ms(observed_at) as observed_at
    from raw.books
    where token_id in (select token_id from touched)
        and observed_at >= epoch_ms(cast($start as bigint) - $before) and observed_at < epoch_ms(cast($end as bigint))
    order by observed_at, book_id
"""
PRICES = """
    select token_id, epoch_ms("at") as "at", mid
    from raw.prices
    where token_id in (select token_id from touched)
        and "at" >= epoch_ms(cast($start as bigint) - $before) and "at" < epoch_ms(cast($end as bigint))
    order by "at", token_id
"""
# Everybody's trades in those tokens, once each: a maker's row counts only where no taker of the transaction is known.
PRINTS = """
    select token_id, epoch_ms(event_at) as event_at, price, size,
        if((side = 'BUY') = (role is distinct from 'maker'), 'BUY', 'SELL') as taker_side
    from marts.fct_fills
    where token_id in (select token_id from touched)
        and event_at >= epoch_ms(cast($start as bigint)) and observed_at < epoch_ms(cast($end as bigint))
    qualify role is distinct from 'maker'
        or count(*) filter (role is distinct from 'maker') over (partition by token_id, tx_hash, event_at) = 0
    order by event_at, token_id, fill_id
"""
TERMS = """
    select condition_id, rate as fee_rate, exponent as fee_exponent, epoch_ms(observed_at) as known_at
    from raw.fee_schedules
    where condition_id in (select condition_id from touched) and observed_at < epoch_ms(cast($end as bigint))
    order by condition_id, known_at, source
"""
OF_WINDOW = {"markets": MARKETS, "statuses": STATUSES, "payouts": PAYOUTS, "prints": PRINTS, "terms": TERMS}
# Also bounded by how far before the window they may begin.
OF_TOKENS = {"books": BOOKS, "prices": PRICES}
