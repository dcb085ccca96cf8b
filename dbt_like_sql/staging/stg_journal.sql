-- Events of the runner's journal; the payload is one event of core/events.py as JSON text.
-- grain: one row per journaled event
-- as of: observed_at
-- changes: loaded_seq
-- checks: blocking
-- unique: run_id, seq
-- column: run_id varchar not_null -- the run that journaled it
-- column: seq bigint not_null -- its place in the run
-- column: caused_by bigint -- seq of the observation a fact answers
-- column: mode varchar not_null -- which shell ran: paper, live, backtest or replay
-- column: type varchar not_null -- name of the event
-- column: payload varchar not_null -- the event as JSON text
-- column: event_at timestamp not_null -- when it happened
-- column: observed_at timestamp not_null -- when the runner could know it
-- column: loaded_seq bigint -- number of the write that made the row what it is
{{ config(materialized='view', tags=['journal']) }}

select
    run_id,
    seq,
    caused_by,
    mode,
    type,
    payload,
    event_at,
    observed_at,
    loaded_seq,
from {{ source('raw', 'journal') }}
