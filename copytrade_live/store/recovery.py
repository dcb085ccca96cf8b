"""Which checkpoint of a journal may be used: the newest that nothing speaks against."""

from __future__ import annotations

from collections.abc import Iterator

from copytrade_live.core.codec import CodecError, read_as
from copytrade_live.core.state import State
from copytrade_live.errors import CopytradeError
from copytrade_live.logs import logger
from copytrade_live.provenance import code_version
from copytrade_live.store.checkpoints import Checkpoint, Stamp, checkpoints, digest_of
from copytrade_live.store.database import naming
from copytrade_live.store.journal import Journal

STATE = "state"

_log = logger("store")


def usable_checkpoints(journal: Journal, wanted: Stamp) -> Iterator[Checkpoint]:
    """Those that fit, newest first; why another does not is said in the log."""
    with naming(journal.path):
        found = list(checkpoints(journal.connection))
    for checkpoint, digest in found:
        why = _fault(journal, checkpoint, digest) or _difference(checkpoint.stamp, wanted)
        if why:
            _log.warning("checkpoint %d is not used: %s", checkpoint.seq, why)
        else:
            yield checkpoint


def newest_state(journal: Journal) -> tuple[int, State] | None:
    """The newest state that this code kept, and the seq it stands at; what else lies beside it is not looked at."""
    with naming(journal.path):
        found = list(checkpoints(journal.connection))
    for checkpoint, digest in found:
        if _fault(journal, checkpoint, digest) is None and checkpoint.stamp.code_version == code_version():
            try:
                return checkpoint.seq, read_as(State, checkpoint.content()[STATE])
            except (CodecError, CopytradeError, KeyError):
                continue
    return None


def _fault(journal: Journal, checkpoint: Checkpoint, digest: str) -> str | None:
    if checkpoint.digest != digest:
        return "it is damaged, its SHA-256 is another than the one it was written with"
    row = journal.row(checkpoint.seq)
    if row is None or digest_of(row) != checkpoint.row_digest:
        return f"it is of another journal, whose event {checkpoint.seq} is another than ours"
    return None


def _difference(found: Stamp, wanted: Stamp) -> str | None:
    for name, what in (
        ("code_version", "code"),
        ("config_digest", "tracker config"),
        ("shape_digest", "types"),
    ):
        if getattr(found, name) != getattr(wanted, name):
            return f"it was written with {what} {getattr(found, name)}, this is {getattr(wanted, name)}"
    return None
