"""The columns of the tables beside a report. Units: dollars a share, shares, collateral, seconds, UTC."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

_MOMENT = pa.timestamp("ms")
_TEXT, _REAL = pa.string(), pa.float64()

TRADES = pa.schema(
    [
        ("root_id", _TEXT),
        ("wallet", _TEXT),
        ("condition_id", _TEXT),
        ("event_id", _TEXT),
        ("token_id", _TEXT),
        ("outcome", _TEXT),
        ("category", _TEXT),
        ("book", _TEXT),
        ("is_probation", pa.bool_()),
        ("leader_at", _MOMENT),
        ("decided_at", _MOMENT),
        ("opened_at", _MOMENT),
        ("closed_at", _MOMENT),
        ("exit_reason", _TEXT),
        ("is_open", pa.bool_()),
        ("leader_price", _REAL),
        ("entry_price", _REAL),
        ("slippage", _REAL),
        ("edge", _REAL),
        ("belief", _REAL),
        ("p_pos", _REAL),
        ("size", _REAL),
        ("paid", _REAL),
        ("received", _REAL),
        ("entry_fees", _REAL),
        ("exit_fees", _REAL),
        ("value", _REAL),
        ("pnl", _REAL),
    ]
)
EQUITY = pa.schema(
    [
        ("at", _MOMENT),
        ("equity", _REAL),
        ("cash", _REAL),
        ("exposure", _REAL),
        ("positions", pa.int64()),
        ("drawdown", _REAL),
    ]
)
# One row an answer to a leader's fill: copied, mirrored, or rejected for a reason with what was measured and its limit.
DECISIONS = pa.schema(
    [
        ("decided_at", _MOMENT),
        ("leader_at", _MOMENT),
        ("signal_id", _TEXT),
        ("wallet", _TEXT),
        ("condition_id", _TEXT),
        ("event_id", _TEXT),
        ("category", _TEXT),
        ("token_id", _TEXT),
        ("outcome", _TEXT),
        ("side", _TEXT),
        ("leader_price", _REAL),
        ("leader_size", _REAL),
        ("answer", _TEXT),
        ("reason", _TEXT),
        ("measured", _REAL),
        ("limit", _REAL),
        ("p_pos", _REAL),
        ("book", _TEXT),
        ("best_bid", _REAL),
        ("best_ask", _REAL),
        ("root_id", _TEXT),
    ]
)
# One row a fill of ours; reason is why a sell was decided, best prices are those shown before it, fate is final,
# voided, or provisional at the end of the run.
FILLS = pa.schema(
    [
        ("filled_at", _MOMENT),
        ("decided_at", _MOMENT),
        ("latency", _REAL),
        ("fill_id", _TEXT),
        ("order_id", _TEXT),
        ("root_id", _TEXT),
        ("wallet", _TEXT),
        ("condition_id", _TEXT),
        ("token_id", _TEXT),
        ("side", _TEXT),
        ("reason", _TEXT),
        ("attempt", pa.int64()),
        ("anchor", _REAL),
        ("limit", _REAL),
        ("price", _REAL),
        ("size", _REAL),
        ("cash", _REAL),
        ("fee", _REAL),
        ("book", _TEXT),
        ("best_bid", _REAL),
        ("best_ask", _REAL),
        ("fate", _TEXT),
    ]
)
# One row a buy that was answered, as a copy of one stake that was not made (or, where reason is copied, was).
SHADOWS = pa.schema(
    [
        ("decided_at", _MOMENT),
        ("signal_id", _TEXT),
        ("wallet", _TEXT),
        ("event_id", _TEXT),
        ("token_id", _TEXT),
        ("reason", _TEXT),
        ("fate", _TEXT),
        ("closed_at", _MOMENT),
        ("size", _REAL),
        ("paid", _REAL),
        ("received", _REAL),
        ("pnl", _REAL),
    ]
)
_COUNT = pa.int64()
# One row a reason: how many buys, what became of their shadows, what the rule saved, and profit a copy and a dollar.
RULES = pa.schema(
    [
        ("reason", _TEXT),
        ("buys", _COUNT),
        ("followed", _COUNT),
        ("events", _COUNT),
        ("mirrored", _COUNT),
        ("resolved", _COUNT),
        ("unresolved", _COUNT),
        ("unfilled", _COUNT),
        ("unknown_market", _COUNT),
        ("saved", _REAL),
        ("each", _REAL),
        ("each_low", _REAL),
        ("each_high", _REAL),
        ("a_dollar", _REAL),
        ("a_dollar_low", _REAL),
        ("a_dollar_high", _REAL),
    ]
)
# One row a policy, of all leaders (wallet is empty) and of each; difference is against the run itself.
EXITS = pa.schema(
    [
        ("wallet", _TEXT),
        ("policy", _TEXT),
        ("copies", _COUNT),
        ("open", _COUNT),
        ("profit", _REAL),
        ("difference", _REAL),
        ("difference_low", _REAL),
        ("difference_high", _REAL),
    ]
)


def write_table(folder: Path, name: str, table: pa.Table) -> None:
    """Write one table in both forms."""
    pq.write_table(table, folder / f"{name}.parquet")
    pa_csv.write_csv(table, folder / f"{name}.csv")
