"""What the scores said at each time: a backtest sees a score only from the moment it was known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Set
from dataclasses import fields
from itertools import groupby

from copytrade_live.clock import to_name
from copytrade_live.core.codec import dumps
from copytrade_live.core.events import ScoresPublished
from copytrade_live.core.market import Instant
from copytrade_live.core.score import ScoreSnapshot, TraderScore
from copytrade_pipelines.backtest.notes import TapeNotes
from copytrade_pipelines.backtest.rows import Source, read_scores

_NAMES = tuple(field.name for field in fields(TraderScore))


def scores_as_of(
    source: Source, start: Instant, wallets: Set[str], notes: TapeNotes, *, are_named: bool = True
) -> Iterator[ScoresPublished]:
    """Each set of scores as one observation when it was known, the one standing at start at start.

    Only the wallets that matter are kept: a decision looks at no other row. Names, of a digest of every score, are for
    who shows them.
    """
    for known_at, snapshot in snapshots(source, notes, are_named=are_named):
        rows = {wallet: row for wallet, row in snapshot.rows.items() if wallet in wallets}
        kept = ScoreSnapshot(snapshot_id=snapshot.snapshot_id, as_of=snapshot.as_of, rows=rows)
        yield ScoresPublished(event_at=snapshot.as_of, observed_at=max(known_at, start), snapshot=kept)


def snapshots(source: Source, notes: TapeNotes, *, are_named: bool = True) -> Iterator[tuple[Instant, ScoreSnapshot]]:
    """The sets of scores in a file with the time each was known, oldest first; none goes back in as_of."""
    newest = 0
    for (known_at, as_of), rows in groupby(read_scores(source, notes), key=lambda row: (row[0], row[1].as_of)):
        if as_of >= newest:
            newest = as_of
            yield known_at, _snapshot(as_of, [score for _, score in rows], is_named=are_named)


def _snapshot(as_of: Instant, scores: Iterable[TraderScore], *, is_named: bool) -> ScoreSnapshot:
    by_wallet: dict[str, dict[str, TraderScore]] = {}
    digest = hashlib.sha256()
    for score in scores:
        by_wallet.setdefault(score.wallet, {})[score.category] = score
        if is_named:
            # As asdict has it, without a copy of every value.
            digest.update(dumps({name: getattr(score, name) for name in _NAMES}).encode())
    name = f"{to_name(as_of)}-{digest.hexdigest()[:8]}"
    return ScoreSnapshot(snapshot_id=name, as_of=as_of, rows=by_wallet)
