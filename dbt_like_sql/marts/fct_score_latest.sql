-- The newest scores of every formula: what a person asks for first.
-- grain: one row per wallet, category and score version, at the version's newest as_of
-- as of: as_of
-- unique: wallet, category, score_version
-- column: wallet varchar not_null -- the leader
-- column: category varchar not_null -- what it was scored on; overall for everything
-- column: score_version varchar not_null -- the formula
-- column: as_of timestamp not_null -- what was known by then went into it
-- column: rank double -- place among the scored, 100 is best
-- column: p_pos double -- belief that copying it earns
-- column: edge_mean double -- expected edge of a copier, collateral per unit staked
-- column: edge_sd double -- spread of that belief
-- column: lcb10 double -- lower bound of the edge
-- column: n_events bigint -- events it rests on
-- column: n_eff double -- the same after decay and caps
-- column: coverage double -- share of the wallet's holdings that its fills explain
-- column: flags varchar[] -- what speaks against copying
-- column: known_at timestamp not_null -- when the score could be known
{{ config(materialized='table', tags=['scores']) }}

with scores as (
    select * from {{ source('marts', 'fct_trader_scores') }}
),

newest as (
    select
        score_version,
        max(as_of) as as_of,
    from scores
    group by score_version
)

select
    scores.wallet,
    scores.category,
    scores.score_version,
    scores.as_of,
    scores.rank,
    scores.p_pos,
    scores.edge_mean,
    scores.edge_sd,
    scores.lcb10,
    scores.n_events,
    scores.n_eff,
    scores.coverage,
    scores.flags,
    scores.known_at,
from scores
join newest on scores.score_version = newest.score_version and scores.as_of = newest.as_of
