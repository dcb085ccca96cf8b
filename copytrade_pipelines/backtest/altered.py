"""A run's inputs had the world ended, or gone another way, at a moment: files that are cut or poisoned there."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import duckdb

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.errors import ConfigError
from copytrade_pipelines.backtest.extract import FILES
from copytrade_pipelines.backtest.inputs import RunInputs


class Change(StrEnum):
    """What happens to every row that could not be known yet."""

    CUT = "cut"
    POISON = "poison"


# By which column a file's rows become known; of None, rows are facts that stand all along, see _FACTS.
KNOWN_AT: dict[str, str | None] = {
    "scores": "known_at",
    "fills": "observed_at",
    "markets": None,
    "statuses": "known_at",
    "payouts": "known_at",
    "books": "observed_at",
    # The venue matches when a print happens, whoever hears of it later.
    "prints": "event_at",
    "terms": "known_at",
    # Fitted to books that were known before the window began.
    "fit": "0",
    # A mid is known the index lag after its time.
    "prices": '"at" + $lag',
}
# What a row becomes that was not known yet: plausible, and wrong. Columns not named keep their values.
POISON: dict[str, dict[str, str]] = {
    "scores": {
        "p_pos": "1 - p_pos",
        "lcb10": "-lcb10",
        "edge_mean": "-edge_mean",
        "rank": "100 - rank",
        "n_eff": "n_eff / 3",
    },
    "fills": {"price": "1 - price", "size": "size * 7 + 13", "side": "if(side = 'BUY', 'SELL', 'BUY')"},
    "statuses": {"status": "if(status = 'resolved', 'disputed', 'resolved')"},
    "payouts": {"payout": "1 - payout"},
    "books": {
        "bids": "list_transform(asks, lambda level: {'price': 1 - level.price, 'size': level.size * 5 + 1})",
        "asks": "list_transform(bids, lambda level: {'price': 1 - level.price, 'size': level.size * 5 + 1})",
    },
    "prices": {"mid": "1 - mid"},
    "prints": {"price": "1 - price", "size": "size * 7 + 13"},
    "terms": {"fee_rate": "fee_rate * 3 + 0.02"},
    "fit": {"half_spread": "half_spread"},
}
# That a market closed is the only fact of it that comes with time: it never happens, or a day late.
_CLOSED_LATER = {Change.CUT: "null", Change.POISON: "closed_at + 86400000"}


def alter(inputs: RunInputs, at: Instant, change: Change, folder: Path) -> RunInputs:
    """The same inputs, with whatever became known at or after a moment left out or falsified. Writes into folder.

    Raises: ConfigError for a file of which nobody has said when its rows become known.
    """
    lag = round(inputs.config.pipelines.index_lag_seconds * SECOND)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for name in FILES:
            query = _query(name, change, at, lag)
            source, target = inputs.extract.path(name), folder / f"{name}.parquet"
            con.execute(f"copy ({query} ) to '{target}' (format parquet)".replace("$file", f"'{source}'"))
    return replace(inputs, extract=replace(inputs.extract, folder=folder))


def _query(name: str, change: Change, at: Instant, lag: Instant) -> str:
    if name not in KNOWN_AT:
        raise ConfigError(f"{name}.parquet is read by backtests, and KNOWN_AT does not say when its rows become known")
    known_at = KNOWN_AT[name]
    if known_at is None:
        later = f"closed_at is not null and closed_at >= {at}"
        closed = f"case when {later} then {_CLOSED_LATER[change]} else closed_at end"
        return f"select * replace ({closed} as closed_at) from $file"  # noqa: S608 our own words
    known = f"({known_at.replace('$lag', str(lag))}) < {at}"
    if change is Change.CUT:
        return f"select * from $file where {known}"  # noqa: S608 our own words
    changed = ", ".join(f"if({known}, {column}, {wrong}) as {column}" for column, wrong in POISON[name].items())
    return f"select * replace ({changed}) from $file"  # noqa: S608 our own words
