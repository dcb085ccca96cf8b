"""Rows of an extracted tape as typed values; what makes no sense is skipped and counted, never guessed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.core.market import Instant, Market, MarketStatus, Role, Side
from copytrade_live.core.score import TraderScore
from copytrade_live.core.signal import Signal
from copytrade_pipelines.backtest.markets import ListedMarket, StatusChange, Terms
from copytrade_pipelines.backtest.notes import TapeNotes

BATCH_ROWS = 8192
_SIDES = {side.value: side for side in Side}
_ROLES = {role.value: role for role in Role}
_SCORE_NUMBERS = (
    "edge_mean",
    "edge_sd",
    "p_pos",
    "lcb10",
    "n_eff",
    "coverage",
    "copy_cost_mean",
    "maker_share",
    "rank",
)
_SCORE_OPTIONS = ("breakeven_latency", "capacity", "q_value")

Row = Mapping[str, Any]
# Rows stand in a Parquet file, or in memory.
Source: TypeAlias = Path | pa.Table


def read_rows(source: Source) -> Iterator[Row]:
    """The rows of a source, as objects of a batch at a time."""
    if isinstance(source, pa.Table):
        for batch in source.to_batches(BATCH_ROWS):
            yield from batch.to_pylist()
        return
    with pq.ParquetFile(source, pre_buffer=False) as file:
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            yield from batch.to_pylist()


def read_signals(source: Source, notes: TapeNotes) -> Iterator[Signal]:
    """Leaders' fills, in the order of the file, without what each held before."""
    last_id = None
    for row in read_rows(source):
        problem = "fill listed twice" if row["fill_id"] == last_id else fill_problem(row)
        last_id = row["fill_id"]
        if problem is not None:
            notes.skip(problem)
            continue
        yield Signal(
            signal_id=row["fill_id"],
            wallet=row["wallet"],
            condition_id=row["condition_id"],
            token_id=row["token_id"],
            outcome=row["outcome"] or "",
            side=_SIDES[row["side"]],
            role=_ROLES.get(row["role"], Role.UNKNOWN),
            price=row["price"],
            size=row["size"],
            event_at=row["event_at"],
            observed_at=row["observed_at"],
            tx_hash=row["tx_hash"] or "",
        )


def read_markets(source: Source, notes: TapeNotes, lag: Instant) -> Iterator[ListedMarket]:
    """Markets with their static facts; that one closed counts as known lag later."""
    for row in read_rows(source):
        if not _is_market(row):
            notes.skip("market without tokens, tick size, minimum or fee")
            continue
        closed_at = row["closed_at"]
        market = Market(
            condition_id=row["condition_id"],
            token_ids=tuple(row["token_ids"]),
            outcomes=tuple(row["outcomes"]),
            event_id=row["event_id"] or "",
            category=row["category"] or "",
            tick_size=row["tick_size"],
            min_order_size=row["min_order_size"],
            fee_rate=row["fee_rate"],
            fee_exponent=row["fee_exponent"],
            neg_risk=bool(row["is_neg_risk"]),
            end_at=row["end_at"],
            status=MarketStatus.OPEN,
            accepting_orders=row["is_accepting_orders"] is not False,
            observed_at=0,
        )
        yield ListedMarket(
            market=market,
            closed_at=closed_at,
            closed_known_at=None if closed_at is None else closed_at + lag,
            opens_at=row["start_at"],
        )


def read_terms(source: Source, notes: TapeNotes) -> Iterator[Terms]:
    """What markets charged, and since when."""
    for row in read_rows(source):
        exponent = 1.0 if row["fee_exponent"] is None else row["fee_exponent"]
        if row["known_at"] is None or not (_is_number(row["fee_rate"]) and _is_number(exponent)):
            notes.skip("fee that is not a number")
            continue
        yield Terms(
            condition_id=row["condition_id"], since=row["known_at"], fee_rate=row["fee_rate"], fee_exponent=exponent
        )


def read_changes(source: Source) -> Iterator[StatusChange]:
    """How far conditions got, and when that could be known."""
    names = {status.value: status for status in MarketStatus}
    for row in read_rows(source):
        if row["status"] in names and row["known_at"] is not None:
            yield StatusChange(condition_id=row["condition_id"], status=names[row["status"]], known_at=row["known_at"])


def read_scores(source: Source, notes: TapeNotes) -> Iterator[tuple[Instant, TraderScore]]:
    """Score rows with the time each could be known, in the order of the file."""
    for row in read_rows(source):
        numbers: dict[str, Any] = {name: row[name] for name in _SCORE_NUMBERS}
        if row["known_at"] is None or row["as_of"] is None or not _are_numbers(numbers.values()):
            notes.skip("score that is not a number")
            continue
        options: dict[str, Any] = {name: row[name] if _is_number(row[name]) else None for name in _SCORE_OPTIONS}
        yield (
            row["known_at"],
            TraderScore(
                wallet=row["wallet"],
                category=row["category"],
                as_of=row["as_of"],
                score_version=row["score_version"],
                n_events=row["n_events"],
                flags=tuple(row["flags"] or ()),
                reasons=tuple(row["reasons"] or ()),
                **numbers,
                **options,
            ),
        )


def fill_problem(row: Row) -> str | None:
    """What is wrong with a fill, None for one that makes sense."""
    if row["event_at"] is None or row["observed_at"] is None:
        return "fill without a time"
    if row["observed_at"] < row["event_at"]:
        return "fill known before it happened"
    if row["side"] not in _SIDES:
        return "fill that is neither a BUY nor a SELL"
    if not _is_probability(row["price"]):
        return "fill with a price outside 0 to 1"
    if not _is_number(row["size"]) or row["size"] <= 0.0:
        return "fill with a size that is not positive"
    return None


def _is_market(row: Row) -> bool:
    numbers = (row["tick_size"], row["min_order_size"], row["fee_rate"], row["fee_exponent"])
    return bool(row["token_ids"]) and all(_is_number(number) for number in numbers) and row["tick_size"] > 0.0


def _are_numbers(values: Iterable[object]) -> bool:
    # Floats, as nearly all are, are looked at once: what is not finite makes a sum that is not.
    found = [value for value in values if type(value) is float]
    return (len(found) == len(_SCORE_NUMBERS) and math.isfinite(sum(found))) or all(map(_is_number, values))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _is_probability(value: object) -> bool:
    return isinstance(value, float) and 0.0 < value < 1.0
