"""Whether a backtest used anything before it could be known: run again with the later rows cut off, or falsified.

The run itself is repeated, not a model of it: the same tape, books, fills and decisions, only from files that hold
less, or lies, about what was not known yet at a moment. Whatever differs before that moment had looked ahead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from copytrade_live.clock import to_iso
from copytrade_live.core.market import Instant
from copytrade_live.errors import ConfigError
from copytrade_pipelines.backtest.altered import Change, alter
from copytrade_pipelines.backtest.inputs import MakeTape, RunInputs, default_tape, drive
from copytrade_pipelines.backtest.steps import Step, read_steps
from copytrade_pipelines.ingest.progress import Progress, silent

# What tells most: an entry, an exit or a fill, rather than a refusal.
_ACTS = frozenset({"SignalCopied", "ExitDecided", "OrderFilled"})
_KEPT_PER_CUT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One step that came out otherwise though nothing it could know had changed. cut_at: from when on rows changed."""

    cut_at: Instant
    change: Change
    at: Instant
    subject: str
    is_decision: bool
    whole: str
    altered: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookaheadAudit:
    """What an audit found. steps counts the comparisons; is_reproduced: the whole run came out as its journal says."""

    cuts: tuple[Instant, ...]
    steps: int
    found: tuple[Ahead, ...]
    differing: int
    is_reproduced: bool | None


def audit_lookahead(
    inputs: RunInputs,
    *,
    cuts: Sequence[Instant] = (),
    samples: int = 5,
    make_tape: MakeTape = default_tape,
    journal: Path | None = None,
    scratch: Path | None = None,
    progress: Progress = silent,
) -> LookaheadAudit:
    """Run again up to each cut from altered inputs and compare with the run on the whole ones.

    cuts default to moments just after decisions, spread over the run. journal is what the run wrote, to see whether it
    can be repeated at all. Raises: ConfigError for a cut outside the window.
    """
    _require_inside(inputs, cuts)
    with TemporaryDirectory(dir=scratch) as folder:
        place = Path(folder)
        whole = _journal_of(inputs, make_tape, None, place / "whole")
        chosen = tuple(sorted(set(cuts))) or _moments(whole, samples)
        found: list[Ahead] = []
        compared = differing = 0
        turns = [(cut, change) for cut in chosen for change in Change]
        for turn, (cut, change) in enumerate(turns):
            progress(turn, len(turns), "re-runs")
            files = place / f"{turn}"
            files.mkdir()
            altered = _journal_of(alter(inputs, cut, change, files), make_tape, cut, files / "journal")
            steps, ahead, count = _compare(whole, altered, cut, change)
            compared, differing = compared + steps, differing + count
            found += ahead
        progress(len(turns), len(turns), "re-runs")
        is_reproduced = None if journal is None else _same(whole, journal)
    return LookaheadAudit(
        cuts=chosen, steps=compared, found=tuple(found), differing=differing, is_reproduced=is_reproduced
    )


def _require_inside(inputs: RunInputs, cuts: Sequence[Instant]) -> None:
    window = inputs.window
    for cut in cuts:
        if not window.start < cut < window.end:
            raise ConfigError(
                f"the run went from {to_iso(window.start)} to {to_iso(window.end)}; {to_iso(cut)} is not in it"
            )


def _journal_of(inputs: RunInputs, make_tape: MakeTape, until: Instant | None, folder: Path) -> Path:
    result = drive(inputs, make_tape(inputs), until=until, journal=folder)
    if result.journal_path is None:
        raise ConfigError(f"the run wrote no journal into {folder}")
    return result.journal_path


def _moments(journal: Path, samples: int) -> tuple[Instant, ...]:
    acts, others = [], []
    for step in read_steps(journal):
        if any(line["type"] in _ACTS for line in step.lines):
            acts.append(step.at + 1)
        elif step.is_decided:
            others.append(step.at + 1)
    known = sorted(set(acts)) or sorted(set(others))
    if len(known) <= samples:
        return tuple(known)
    return tuple(known[(2 * number + 1) * len(known) // (2 * samples)] for number in range(samples))


def _compare(whole: Path, altered: Path, cut: Instant, change: Change) -> tuple[int, list[Ahead], int]:
    compared = count = 0
    found: list[Ahead] = []
    for one, other in _side_by_side(_before(read_steps(whole), cut), _before(read_steps(altered), cut)):
        compared += 1
        if one is not None and other is not None and one.text == other.text:
            continue
        count += 1
        if len(found) < _KEPT_PER_CUT:
            found.append(_ahead(one, other, cut, change))
    return compared, found, count


def _side_by_side(ours: Iterator[Step], theirs: Iterator[Step]) -> Iterator[tuple[Step | None, Step | None]]:
    # A step that only one of them took must not shift all that follow it.
    one, other = next(ours, None), next(theirs, None)
    while one is not None or other is not None:
        is_ours = one is not None and (other is None or one.at <= other.at)
        is_theirs = other is not None and (one is None or other.at <= one.at)
        yield one if is_ours else None, other if is_theirs else None
        one = next(ours, None) if is_ours else one
        other = next(theirs, None) if is_theirs else other


def _ahead(one: Step | None, other: Step | None, cut: Instant, change: Change) -> Ahead:
    shown = one or other
    assert shown is not None  # noqa: S101 one of the two is there
    return Ahead(
        cut_at=cut,
        change=change,
        at=shown.at,
        subject=shown.subject,
        is_decision=any(step is not None and step.is_decided for step in (one, other)),
        whole=one.words if one else "nothing",
        altered=other.words if other else "nothing",
    )


def _before(steps: Iterator[Step], cut: Instant) -> Iterator[Step]:
    return (step for step in steps if step.at < cut)


def _same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()
