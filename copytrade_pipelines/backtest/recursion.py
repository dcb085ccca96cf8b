"""How much of a backtest depends on when it began: the same window from other starts, compared where they overlap.

A number that is carried along (an equity, a peak, what a leader held, the last price seen) may not have settled when
decisions begin. Each start is a run of its own; signals that both saw are compared number by number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from copytrade_live.clock import to_iso
from copytrade_live.core.events import LeaderFillObserved, SignalCopied, SignalRejected
from copytrade_live.core.market import Instant
from copytrade_live.errors import ConfigError
from copytrade_pipelines.backtest.inputs import MakeTape, RunInputs, default_tape, drive
from copytrade_pipelines.backtest.ledger import EquityPoint
from copytrade_pipelines.backtest.run import BacktestResult
from copytrade_pipelines.backtest.steps import decoded, read_steps
from copytrade_pipelines.ingest.progress import Progress, silent

Number = float | str | None
_SHARES = (1 / 8, 1 / 4, 1 / 2)


class Kind(StrEnum):
    """What a number is: data must not depend on the start; decisions and paths may, a little."""

    DATA = "data"
    DECISION = "decision"
    PATH = "path"


KINDS: Mapping[str, Kind] = {
    "leader held before": Kind.DATA,
    "best bid": Kind.DATA,
    "best ask": Kind.DATA,
    "book from": Kind.DATA,
    "p_pos": Kind.DATA,
    "copied": Kind.DECISION,
    "refused for": Kind.PATH,
    "limit": Kind.DECISION,
    "stake of equity": Kind.DECISION,
    "equity": Kind.PATH,
    "growth since": Kind.PATH,
    "open positions": Kind.PATH,
}


@dataclass(slots=True, kw_only=True)
class Spread:
    """How one number differs between two starts. worst and the mean are relative, 1 for words that differ."""

    name: str
    start: Instant
    compared: int = 0
    differing: int = 0
    worst: float = 0.0
    example: str = ""
    _sum: float = field(default=0.0)

    @property
    def kind(self) -> Kind:
        """What the number is."""
        return KINDS[self.name]

    @property
    def mean(self) -> float:
        """The average relative difference over everything compared."""
        return self._sum / self.compared if self.compared else 0.0

    def add(self, ours: Number, theirs: Number, where: str) -> None:
        """Compare once more."""
        apart = _apart(ours, theirs)
        self.compared += 1
        self._sum += apart
        if apart > 0.0:
            self.differing += 1
        if apart > self.worst:
            self.worst = apart
            self.example = f"{where}: {_shown(ours)} against {_shown(theirs)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecursionAudit:
    """What an audit found, for signals from `since` on. Shape: one spread a start and number."""

    since: Instant
    starts: tuple[Instant, ...]
    signals: int
    spreads: tuple[Spread, ...]

    def above(self, tolerance: float) -> tuple[Spread, ...]:
        """The numbers whose average difference is above a tolerance, as a fraction."""
        return tuple(spread for spread in self.spreads if spread.mean > tolerance)


def audit_recursion(
    inputs: RunInputs,
    *,
    starts: Sequence[Instant] = (),
    others: Sequence[RunInputs] = (),
    make_tape: MakeTape = default_tape,
    scratch: Path | None = None,
    progress: Progress = silent,
) -> RecursionAudit:
    """Run the window from later starts too, and from whatever earlier ones `others` bring, and compare.

    starts default to an eighth, a quarter and a half of the window. What is compared lies after the latest of them.
    Raises: ConfigError for a start outside the window.
    """
    window = inputs.window
    chosen = tuple(sorted(set(starts))) or tuple(
        window.start + round(share * (window.end - window.start)) for share in _SHARES
    )
    for start in chosen:
        if not window.start < start < window.end:
            raise ConfigError(
                f"the run went from {to_iso(window.start)} to {to_iso(window.end)}; {to_iso(start)} is not in it"
            )
    later = [replace(inputs, window=replace(window, start=start)) for start in chosen]
    runs = [inputs, *others, *later]
    since = chosen[-1]
    seen: list[tuple[Instant, dict[str, dict[str, Number]]]] = []
    with TemporaryDirectory(dir=scratch) as folder:
        for place, one in enumerate(runs):
            progress(place, len(runs), "starts")
            result = drive(one, make_tape(one), journal=Path(folder) / str(place))
            seen.append((one.window.start, _numbers(result, since)))
    progress(len(runs), len(runs), "starts")
    ours = seen[0][1]
    spreads = [spread for start, theirs in seen[1:] for spread in _spreads(start, ours, theirs)]
    return RecursionAudit(
        since=since,
        starts=tuple(start for start, _ in seen[1:]),
        signals=sum(1 for key in ours if key != _WHOLE),
        spreads=tuple(spreads),
    )


_WHOLE = ""


def _numbers(result: BacktestResult, since: Instant) -> dict[str, dict[str, Number]]:
    """Every number by signal; under the empty name those of the run as a whole."""
    if result.journal_path is None:
        raise ConfigError("the run wrote no journal")
    found: dict[str, dict[str, Number]] = {}
    equity = _Walk(result.equity)
    for step in read_steps(result.journal_path):
        observation, *facts = decoded(step)
        if step.at < since or not isinstance(observation, LeaderFillObserved):
            continue
        book = observation.book
        row: dict[str, Number] = {
            "leader held before": observation.signal.leader_size_before,
            "best bid": book.best_bid if book else None,
            "best ask": book.best_ask if book else None,
            "book from": book.source.value if book else "none",
            "equity": equity.at(step.at),
        }
        for fact in facts:
            if isinstance(fact, SignalRejected):
                row |= {"copied": "no", "refused for": fact.reason.value}
            elif isinstance(fact, SignalCopied):
                order = fact.order
                row |= {
                    "copied": "yes",
                    "limit": order.limit,
                    "stake of equity": order.size / 1e6 * order.limit / (equity.at(step.at) or 1.0),
                    "p_pos": fact.score.p_pos if fact.score else None,
                }
        found[observation.signal.signal_id] = row
    begun = _Walk(result.equity).at(since)
    found[_WHOLE] = {
        "growth since": result.summary.final_equity / begun if begun else None,
        "open positions": float(result.summary.open_positions),
    }
    return found


class _Walk:
    """The equity as it last stood, asked in order of time."""

    def __init__(self, points: Sequence[EquityPoint]) -> None:
        self._points: Iterator[EquityPoint] = iter(points)
        self._next = next(self._points, None)
        self._last = 0.0

    def at(self, now: Instant) -> float:
        while self._next is not None and self._next.at <= now:
            self._last, self._next = self._next.equity, next(self._points, None)
        return self._last


def _spreads(
    start: Instant, ours: Mapping[str, Mapping[str, Number]], theirs: Mapping[str, Mapping[str, Number]]
) -> list[Spread]:
    spreads = {name: Spread(name=name, start=start) for name in KINDS}
    for key in sorted({*ours, *theirs}):
        one, other = ours.get(key), theirs.get(key)
        if one is None or other is None:
            # Followed from one start and not from the other.
            spreads["copied"].add("seen" if one else "not seen", "seen" if other else "not seen", key)
            continue
        for name in KINDS:
            if name in one and name in other:
                spreads[name].add(one[name], other[name], key or "at the end")
    return [spread for spread in spreads.values() if spread.compared]


def _apart(ours: Number, theirs: Number) -> float:
    if ours == theirs:
        return 0.0
    if isinstance(ours, str) or isinstance(theirs, str) or ours is None or theirs is None:
        return 1.0
    return abs(ours - theirs) / max(abs(ours), abs(theirs))


def _shown(value: Number) -> str:
    return "none" if value is None else value if isinstance(value, str) else f"{value:.6g}"
