"""Writes down now and then what the journal folded to, and starts from it: a start takes seconds, however long it is.

The text is made in small pieces with pauses between them, from values that nobody changes, so decisions never wait.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copytrade_live import core
from copytrade_live.clock import Clock, stopwatch
from copytrade_live.core.codec import CodecError, dumps, read_as
from copytrade_live.core.engine import State
from copytrade_live.core.market import Instant
from copytrade_live.core.pieces import pieces, shape
from copytrade_live.errors import CopytradeError
from copytrade_live.logs import logger
from copytrade_live.provenance import code_version
from copytrade_live.runner.execution import Execution
from copytrade_live.runner.tracking.memory import SignalMemory, SignalNotes
from copytrade_live.store.checkpoints import Checkpoint, Stamp, compress, digest_of
from copytrade_live.store.journal import Journal
from copytrade_live.store.recovery import STATE, usable_checkpoints

# After so many pieces, less than a millisecond of work, everything else gets its turn for so long.
_PIECES, _PAUSE_SECONDS = 4, 0.005
_TRACKER, _HANDS = "tracker", "hands"

_log = logger("runner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """Where folding goes on: after seq, whose event was observed then."""

    seq: int
    observed_at: Instant
    state: State


class Checkpointer:
    """Keeps the checkpoints of one journal. Everything a start folds besides the state has notes."""

    def __init__(self, journal: Journal, memory: SignalMemory, hands: Execution, clock: Clock, every: int) -> None:
        self._journal = journal
        self._memory = memory
        self._hands = hands
        self._clock = clock
        self._every = every
        self._written_seq = 0
        self._stamp = Stamp(
            code_version=code_version(),
            config_digest=memory.config_digest,
            shape_digest=_shape(State, SignalNotes, hands.notes_kind),
        )

    def recover(self) -> Recovered | None:
        """Take everything over from the newest checkpoint that fits; None when the whole journal must be folded."""
        began, last = stopwatch(), self._journal.last_seq
        for checkpoint in usable_checkpoints(self._journal, self._stamp):
            try:
                content = checkpoint.content()
                state = read_as(State, content[STATE])
                notes = read_as(SignalNotes, content[_TRACKER])
                hands: object = read_as(self._hands.notes_kind, content[_HANDS])
            except (CodecError, CopytradeError, KeyError, TypeError, ValueError) as error:
                _log.warning("checkpoint %d is not used: %s", checkpoint.seq, error)
                continue
            self._memory.recall(notes)
            self._hands.recall(hands)
            self._written_seq = checkpoint.seq
            _log.info(
                "checkpoint %d read in %.1f s, %d events follow",
                checkpoint.seq,
                stopwatch() - began,
                last - checkpoint.seq,
            )
            return Recovered(seq=checkpoint.seq, observed_at=checkpoint.observed_at, state=state)
        if last >= self._every:
            _log.warning("no checkpoint to start from: folding the whole journal, %d events", last)
        return None

    async def work(self, state: State) -> None:
        """Write one when enough happened since the last. state is what the journal folds to right now."""
        if self._journal.last_seq - self._written_seq < self._every:
            return
        taken = self._take(state)
        if taken is None:
            return
        body: list[bytes] = []
        for number, packed in enumerate(compress(taken.texts), start=1):
            body.append(packed)
            if number % _PIECES == 0:
                await self._clock.sleep(_PAUSE_SECONDS)
        self._keep(taken, b"".join(body))

    def write(self, state: State) -> None:
        """Write one at once, unless nothing happened since the last: for the end of a run."""
        taken = self._take(state)
        if taken is not None:
            self._keep(taken, b"".join(compress(taken.texts)))

    def _take(self, state: State) -> _Taken | None:
        row = self._journal.row(self._journal.last_seq)
        if row is None or row.seq == self._written_seq:
            return None
        parts = {
            STATE: state,
            _TRACKER: self._memory.notes(),
            _HANDS: self._hands.notes(state.portfolio.working.keys()),
        }
        return _Taken(seq=row.seq, observed_at=row.observed_at, row_digest=digest_of(row), texts=_texts(parts))

    def _keep(self, taken: _Taken, body: bytes) -> None:
        self._journal.keep_checkpoint(
            Checkpoint(
                seq=taken.seq,
                observed_at=taken.observed_at,
                stamp=self._stamp,
                row_digest=taken.row_digest,
                body=body,
            ),
            self._clock.now(),
        )
        self._written_seq = taken.seq


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A moment that is being written down."""

    seq: int
    observed_at: Instant
    row_digest: str
    texts: Iterator[str]


def _texts(parts: dict[str, Any]) -> Iterator[str]:
    mark = "{"
    for name, value in parts.items():
        yield f'{mark}"{name}":'
        yield from pieces(value)
        mark = ","
    yield "}"


def _shape(*kinds: type) -> str:
    """Names the types of what is kept, and the source of every fold among them that code_version does not name."""
    types = shape(*kinds)
    told = {f"{kind.__module__}.{kind.__qualname__}": text for kind, text in types.items()}
    modules = {kind.__module__ for kind in types if not kind.__module__.startswith(core.__name__)}
    sources = {name: Path(str(sys.modules[name].__file__)).read_text() for name in modules}
    return hashlib.sha256(dumps([told, sources]).encode()).hexdigest()[:12]
