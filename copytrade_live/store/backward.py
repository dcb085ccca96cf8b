"""The journal read from its newer end, for whoever wants what came last and not all that came before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from copytrade_live.store.database import naming
from copytrade_live.store.journal import Journal
from copytrade_live.store.rows import JournalRow


def read_back(journal: Journal, types: Sequence[str], until_seq: int) -> Iterator[JournalRow]:
    """Rows of some types up to and with a seq, newest first: only what is asked for is read."""
    marks = ", ".join("?" * len(types))
    with naming(journal.path):
        cursor = journal.connection.execute(
            f"SELECT * FROM journal WHERE seq <= ? AND type IN ({marks}) ORDER BY seq DESC",  # noqa: S608 - marks alone
            (until_seq, *types),
        )
        for found in cursor:
            yield JournalRow(**dict(found))
