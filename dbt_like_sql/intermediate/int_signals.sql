-- Fills of leaders as the runner saw them.
-- grain: one row per mode and signal
-- as of: observed_at
-- checks: blocking
-- unique: mode, signal_id
-- column: signal_id varchar not_null -- identity of the leader's fill
-- column: mode varchar not_null -- which shell ran
-- column: wallet varchar not_null -- the leader
-- column: event_at timestamp not_null -- when the leader traded
-- column: observed_at timestamp not_null -- when the runner first saw it
{{ config(materialized='table', tags=['journal']) }}

with journal as (
    select * from {{ ref('stg_journal') }}
)

select
    json_extract_string(payload, '$.signal.signal_id') as signal_id,
    mode,
    json_extract_string(payload, '$.signal.wallet') as wallet,
    epoch_ms(cast(json_extract_string(payload, '$.signal.event_at') as bigint)) as event_at,
    observed_at,
from journal
where type = 'LeaderFillObserved'
qualify row_number() over (
    partition by mode, json_extract_string(payload, '$.signal.signal_id')
    order by observed_at, run_id, seq
) = 1
