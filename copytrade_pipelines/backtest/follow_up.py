"""The second reading of a run's tape: what its rules were worth, what other exits had made of it, and books to draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import Observation
from copytrade_live.core.market import Instant, Side
from copytrade_live.core.pricing import from_micro
from copytrade_pipelines.backtest.afterwards import Afterwards
from copytrade_pipelines.backtest.assumptions import Assumptions
from copytrade_pipelines.backtest.book_pictures import BookPicture, BookPictures
from copytrade_pipelines.backtest.books import BookFeed
from copytrade_pipelines.backtest.exit_policies import CopiesUnderPolicies, PolicyOutcome, pace_for
from copytrade_pipelines.backtest.ledger import CopyTrade
from copytrade_pipelines.backtest.rejected_signals import Fate, Refused, RejectedSignals, Shadow
from copytrade_pipelines.backtest.row_parts import RowParts
from copytrade_pipelines.backtest.rule_value import ExitValue, RuleTally, RuleValue, exit_values
from copytrade_pipelines.backtest.run_log import COPIED, DECISIONS_FILE, REJECTED
from copytrade_pipelines.backtest.shadow_orders import ShadowTerms
from copytrade_pipelines.backtest.table_schemas import EXITS, RULES, SHADOWS, write_table
from copytrade_pipelines.ingest.progress import Progress, silent

SHADOWS_FILE = "shadows.parquet"
# The columns of an answer, in the order of Refused; the last two tell which reason it is, and which to follow.
_ANSWER = ("decided_at", "signal_id", "wallet", "condition_id", "event_id", "token_id", "leader_price")
_KIND = ("reason", "side", "answer")


class Tape(Protocol):
    """A tape that can be read again, with a feed of its books."""

    def __iter__(self) -> Iterator[Observation]:
        """Observations in order."""
        ...

    def books(self) -> BookFeed:
        """A feed with a place in time of its own."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What a second reading found. Shape: payouts by token id, of copied tokens. Units: stake in collateral, pace in
    milliseconds between two looks at a copy's book."""

    rules: Sequence[RuleValue]
    exits: Sequence[ExitValue]
    pictures: Sequence[BookPicture]
    payouts: Mapping[str, float]
    stake: float
    pace: Instant


def terms_of(config: DecisionConfig, assumptions: Assumptions) -> ShadowTerms:
    """How shadows of a run trade: at the smallest stake, so that no cap speaks and every reason is measured alike."""
    return ShadowTerms(config=config, assumed=assumptions, stake=config.sizing.min_notional)


def follow_up(
    tape: Tape,
    terms: ShadowTerms,
    folder: Path,
    trades: Sequence[CopyTrade],
    until: Instant,
    progress: Progress = silent,
) -> FollowUp:
    """Read a run's tape again, with its decisions from its folder, and write shadows, rules and exits there."""
    filled = [trade for trade in trades if trade.is_filled]
    after, tally = Afterwards(tape.books()), RuleTally()
    rows = RowParts(folder / SHADOWS_FILE, SHADOWS)

    def ended(refused: Refused, fate: Fate, shadow: Shadow | None) -> None:
        tally.ended(refused, fate, shadow)
        rows.append(_shadow_row(refused, fate, shadow))

    rejected = RejectedSignals(after, terms, read_answers(folder / DECISIONS_FILE), ended)
    pace = pace_for(filled, terms.held_pace, until)
    copies, books = CopiesUnderPolicies(after, terms, filled, pace), BookPictures(after, filled)
    try:
        after.read(tape, (rejected, copies, books), until, progress)
        rejected.finish(until)
    finally:
        rows.finish()
    found = FollowUp(
        rules=tally.values(),
        exits=exit_values(filled, _known(filled, copies.outcomes())),
        pictures=books.pictures,
        payouts=books.payouts,
        stake=terms.stake,
        pace=pace,
    )
    write_table(folder, "rules", pa.Table.from_pylist([_rule_row(rule) for rule in found.rules], schema=RULES))
    write_table(folder, "exits", pa.Table.from_pylist([_exit_row(value) for value in found.exits], schema=EXITS))
    return found


def read_answers(path: Path) -> Iterator[Refused]:
    """The answers to leaders' buys in the order in which they were given; the copied ones are there for comparison."""
    for batch in pq.ParquetFile(path).iter_batches(columns=[*_ANSWER, *_KIND]):
        columns = {name: batch.column(name) for name in (*_ANSWER, *_KIND)}
        columns["decided_at"] = columns["decided_at"].cast(pa.int64())
        answers = zip(*(columns[name].to_pylist() for name in _ANSWER), strict=True)
        kinds = zip(*(columns[name].to_pylist() for name in _KIND), strict=True)
        for answer, (reason, side, kind) in zip(answers, kinds, strict=True):
            if side == Side.BUY.value and kind in (COPIED, REJECTED):
                yield Refused(*answer, reason or kind)  # type: ignore[call-arg]


def _known(filled: Iterable[CopyTrade], outcomes: Iterable[PolicyOutcome]) -> Iterator[PolicyOutcome]:
    known = {trade.root_id for trade in filled}
    return (outcome for outcome in outcomes if outcome.root_id in known)


def _shadow_row(refused: Refused, fate: Fate, shadow: Shadow | None) -> tuple[object, ...]:
    known = shadow is not None and shadow.size > 0
    return (
        refused.decided_at,
        refused.signal_id,
        refused.wallet,
        refused.event_id,
        refused.token_id,
        refused.reason,
        fate.value,
        shadow.closed_at if shadow else None,
        from_micro(shadow.size) if shadow and known else None,
        from_micro(shadow.paid) if shadow and known else None,
        from_micro(shadow.received) if shadow and known else None,
        shadow.pnl if shadow and fate in (Fate.MIRRORED, Fate.RESOLVED) else None,
    )


def _rule_row(rule: RuleValue) -> dict[str, object]:
    each, dollar = rule.each, rule.a_dollar
    return {
        "reason": rule.reason,
        "buys": rule.buys,
        "followed": rule.followed,
        "events": each.events if each else 0,
        **{fate.value: rule.fates.get(fate.value, 0) for fate in Fate},
        "saved": rule.saved,
        "each": each.mean if each else None,
        "each_low": each.mean_low if each else None,
        "each_high": each.mean_high if each else None,
        "a_dollar": dollar.mean if dollar else None,
        "a_dollar_low": dollar.mean_low if dollar else None,
        "a_dollar_high": dollar.mean_high if dollar else None,
    }


def _exit_row(value: ExitValue) -> dict[str, object]:
    change = value.difference
    return {
        "wallet": value.wallet,
        "policy": value.policy,
        "copies": value.copies,
        "open": value.open,
        "profit": value.profit,
        "difference": change.total if change else None,
        "difference_low": change.total_low if change else None,
        "difference_high": change.total_high if change else None,
    }
